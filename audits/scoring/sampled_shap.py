"""SHAP values of a model that is only known by its answers, against a sample of background rows.

Interventional: the worth of a coalition of features is the mean score when those come from the row explained and the
rest from each background row in turn. A Shapley value is a weighted sum of such worths (Shapley 1953; Štrumbelj and
Kononenko 2014). With few features every coalition is scored and the values are exact; with more, coalitions come from
random orders of the features, each walked forwards and backwards. Either way the values add up to the score exactly.

shap's own permutation explainer computes the same, but compiles itself for ten seconds in every new process.
"""

import math
from collections.abc import Callable
from itertools import product

import numpy as np

from audits.scoring.models import Explained

EXACT_UP_TO_FEATURES = 8
ORDERS = 10
# So many rows are scored at once, which bounds memory and makes up for slow calls.
ROWS_PER_CALL = 100_000


def explain(
    score: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    background: np.ndarray,
    *,
    seed: int,
    output_space: str,
) -> Explained:
    """Explain ``score(matrix)`` for each row against the background rows."""
    features = rows.shape[1]
    exact = features <= EXACT_UP_TO_FEATURES
    rng = np.random.default_rng(seed)
    every = every_coalition(features) if exact else None
    values = np.empty(rows.shape)
    for position, row in enumerate(rows):
        members, weights = every or drawn_coalitions(features, rng)
        values[position] = worths(score, row, background, members) @ weights
    method = {
        "algorithm": "exact Shapley values" if exact else "permutation sampling",
        "perturbation": "interventional",
        "output_space": output_space,
        "library": f"numpy {np.__version__}",
        "background_rows": len(background),
    }
    if not exact:
        method |= {"orders_per_row": 2 * ORDERS, "seed": seed}
    base = float(score(background).mean())
    return Explained(values, np.full(len(rows), base), score(rows), method)


def every_coalition(features: int) -> tuple[np.ndarray, np.ndarray]:
    """All coalitions as rows of truth values, and what each one's worth weighs in each feature's Shapley value."""
    members = np.array([*product([False, True], repeat=features)])
    size = members.sum(axis=1)
    joining = np.array([math.factorial(n) * math.factorial(features - n - 1) for n in range(features)])
    joining = joining / math.factorial(features)
    without = -np.append(joining, 0)[size]
    having = np.append(0, joining)[size]
    return members, np.where(members, having[:, None], without[:, None])


def drawn_coalitions(features: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The coalitions met when features join in random orders, each order also backwards, and their weights."""
    members, weights = [], []
    for _ in range(ORDERS):
        order = rng.permutation(features)
        for walked in (order, order[::-1]):
            joined_at = np.argsort(walked)
            members.append(joined_at[None, :] < np.arange(features + 1)[:, None])
            step = np.zeros((features + 1, features))
            step[joined_at + 1, np.arange(features)] += 1
            step[joined_at, np.arange(features)] -= 1
            weights.append(step / (2 * ORDERS))
    return np.concatenate(members), np.concatenate(weights)


def worths(
    score: Callable[[np.ndarray], np.ndarray], row: np.ndarray, background: np.ndarray, members: np.ndarray
) -> np.ndarray:
    """The worth of each coalition for one row."""
    together = max(1, ROWS_PER_CALL // len(background))
    parts = []
    for begin in range(0, len(members), together):
        some = members[begin : begin + together]
        mixed = np.where(some[:, None, :], row, background[None, :, :])
        parts.append(score(mixed.reshape(-1, len(row))).reshape(len(some), -1).mean(axis=1))
    return np.concatenate(parts)
