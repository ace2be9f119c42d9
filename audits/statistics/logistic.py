"""Logistic regression by maximum likelihood, small and exact: for recalibration, not for modelling."""

import numpy as np
from scipy import special

CONVERGED = 1e-12
LARGEST_STEP = 5.0  # in logits


def fit_logistic(
    label: np.ndarray, design: np.ndarray, weights: np.ndarray, offset: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients, shape (k,), and their information matrix, shape (k, k), by Newton's method with step halving.

    `label` is bool, shape (n,), `design` float64, shape (n, k), of full rank, `weights` the rows each entry stands for,
    `offset` a known part of the logit. The outcomes must not be perfectly separated.
    """
    fitted = np.zeros(design.shape[1])
    likelihood = log_likelihood(label, offset + design @ fitted, weights)
    for _ in range(100):
        chance = special.expit(offset + design @ fitted)
        step = np.linalg.solve(_information(design, weights, chance), design.T @ (weights * (label - chance)))
        # A leap to where every chance is 0 or 1 would leave no information to step back with.
        factor = min(1.0, LARGEST_STEP / max(np.abs(design @ step).max(), LARGEST_STEP))
        while True:
            candidate = fitted + factor * step
            found = log_likelihood(label, offset + design @ candidate, weights)
            if found >= likelihood - CONVERGED * abs(likelihood) or factor < 1e-6:
                break
            factor /= 2
        fitted, likelihood = candidate, found
        if np.abs(factor * step).max() < CONVERGED * (1 + np.abs(fitted).max()):
            break
    return fitted, _information(design, weights, special.expit(offset + design @ fitted))


def log_likelihood(label: np.ndarray, logit: np.ndarray, weights: np.ndarray) -> float:
    """Sum over rows of ln(probability given to what happened)."""
    return float(weights @ special.log_expit(np.where(label, logit, -logit)))


def _information(design: np.ndarray, weights: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return design.T @ (design * (weights * chance * (1 - chance))[:, None])
