"""Exact SHAP values of a sum of functions of one feature each, such as a linear model behind column-wise preprocessing.

For f(x) = c + g1(x1) + g2(x2) + ... the interventional SHAP value of feature j is gj(xj) minus the mean of gj over
the background, whatever the dependence between the features. Each difference is had by exchanging one column, so
scaling, imputation and one-hot encoding need no special treatment. Whether the model is such a sum is checked on the
very rows explained.
"""

from collections.abc import Callable

import numpy as np

from audits.scoring.features import FeatureTable
from audits.scoring.models import Explained

TOLERANCE = 1e-6


def explain(
    function: Callable[[FeatureTable], np.ndarray],
    rows: FeatureTable,
    background: FeatureTable,
    *,
    output_space: str,
) -> Explained | None:
    """The SHAP values, or None when the model turns out not to be a sum of single features."""
    both = np.concatenate([rows.numbers, background.numbers])
    outputs = function(rows)
    values = np.empty_like(rows.numbers)
    for position in range(both.shape[1]):
        exchanged = np.repeat(background.numbers[:1], len(both), axis=0)
        exchanged[:, position] = both[:, position]
        terms = function(rows.with_numbers(exchanged))
        values[:, position] = terms[: rows.rows] - terms[rows.rows :].mean()
    base = float(function(background).mean())
    gap = np.abs(base + values.sum(axis=1) - outputs).max()
    if gap > TOLERANCE * max(1.0, np.abs(outputs).max()):
        return None
    method = {
        "algorithm": "exact, additive model",
        "perturbation": "interventional",
        "output_space": output_space,
        "library": "closed form",
        "background_rows": background.rows,
    }
    return Explained(values, np.full(rows.rows, base), outputs, method)
