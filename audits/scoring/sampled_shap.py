"""SHAP values of a model that is only known by its answers: shap's permutation explainer over a background sample.

Interventional: a feature that is "absent" takes the values it has in the background rows. Features missing from a
coalition are averaged over all of them, so the values add up to the score exactly; only their split between features
is sampled.
"""

from collections.abc import Callable

import numpy as np
import shap

from audits.scoring.models import Explained

# Each permutation is walked forwards and backwards, once per feature each way.
PERMUTATIONS = 10


def explain(
    score: Callable[[np.ndarray], np.ndarray],
    rows: np.ndarray,
    background: np.ndarray,
    *,
    seed: int,
    output_space: str,
) -> Explained:
    """Explain ``score(matrix)`` for each row against the background rows."""
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.PermutationExplainer(score, masker, seed=seed)
    evaluations = PERMUTATIONS * (2 * rows.shape[1] + 1)
    explanation = explainer(rows, max_evals=evaluations, silent=True)
    return Explained(
        explanation.values,
        np.broadcast_to(explanation.base_values, len(rows)),
        score(rows),
        {
            "algorithm": "permutation",
            "perturbation": "interventional",
            "output_space": output_space,
            "library": f"shap {shap.__version__}",
            "permutations": PERMUTATIONS,
            "background_rows": len(background),
            "seed": seed,
        },
    )
