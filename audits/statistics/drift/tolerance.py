"""How often a PSI as large as the one found comes from shares whose true PSI is a tolerance, exactly at the tolerance.

The customary noncentral chi-squared knows only how many rows and cells there are. Where the shift thins out some cells
the PSI varies more than it allows for, so that with a few hundred rows it would reject too often. Here the moments are
those of the shares themselves: of the observed shift, shrunk until its PSI is the tolerance.
"""

import math

import numpy as np
import scipy
from scipy import special

NEARLY_NORMAL = 1e-6  # A gamma with less skewness has a shape beyond what double precision resolves.


def tolerance_p_value(p: np.ndarray, q: np.ndarray, *, reference: int, current: int, tolerance: float) -> float:
    """P(PSI ≥ the one of p and q) if the true PSI were `tolerance`, in the direction of the observed shift.

    p, q: shares above 0 of the reference and of the current side, shape (k,), whose PSI is above the tolerance;
    reference, current: rows of each side. The distribution is a shifted gamma (Pearson type III) with the PSI's mean,
    variance and skewness by the delta method, to second order in 1/rows.
    Raises ValueError for a PSI that is not above the tolerance, and for a tolerance that is not above 0.
    Source: our own definition; Pearson type III for quadratic forms, Imhof 1961.
    """
    value = _psi(p, q)
    if not 0.0 < tolerance < value:
        raise ValueError(f"The tolerance lies between 0 and the PSI of {value:g}, not at {tolerance:g}.")
    bias, variance, third = _moments(p / p.sum(), shares_at(p, q, tolerance), reference, current)
    skewness = third / variance**1.5
    z = (value - tolerance - bias) / math.sqrt(variance)
    if skewness < NEARLY_NORMAL:
        return float(special.ndtr(-z))
    shape = 4.0 / skewness**2
    return float(special.gammaincc(shape, max(0.0, shape + z * math.sqrt(shape))))


def shares_at(p: np.ndarray, q: np.ndarray, psi: float) -> np.ndarray:
    """The shares on the exponential path from p to q, p·(q/p)ᵗ rescaled, whose PSI against p is `psi`."""
    p, shift = p / p.sum(), np.log(q / p)

    def at(t: float) -> np.ndarray:
        tilted = p * np.exp(t * shift)
        return tilted / tilted.sum()

    if _psi(p, at(1.0)) <= psi:  # Counting empty cells as half a row moved the sum of the shares away from 1.
        return at(1.0)
    return at(scipy.optimize.brentq(lambda t: _psi(p, at(t)) - psi, 0.0, 1.0, xtol=1e-6))


def _psi(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.sum((q - p) * np.log(q / p)))


def _moments(p: np.ndarray, q: np.ndarray, reference: int, current: int) -> tuple[float, float, float]:
    """Bias, variance and third cumulant of the sample PSI of shares p and q.

    With f(p, q) = (q − p)·ln(q/p): the terms of f′ for the whole multinomial, those of f″ and f‴ cell by cell, which
    overstates the freedom by one cell and is scaled back.
    """
    by_q = _derivatives(p, q)
    by_p = _derivatives(q, p)
    cross = -1.0 / p - 1.0 / q
    cells_less_one = 1.0 - 1.0 / len(p)
    spread_q, spread_p = q / current, p / reference
    slope_q, slope_p = by_q[0] - np.sum(q * by_q[0]), by_p[0] - np.sum(p * by_p[0])

    bias = cells_less_one * 0.5 * np.sum(by_q[1] * spread_q + by_p[1] * spread_p)
    bias += np.sum(1.0 / q + 5.0 * p / q**2) / (12.0 * current**2)
    bias += np.sum(1.0 / p + 5.0 * q / p**2) / (12.0 * reference**2)

    # Per cell the matrix f″·Σ, two by two: its squares and cubes give the quadratic part's cumulants.
    a, b, c, d = by_q[1] * spread_q, cross * spread_p, cross * spread_q, by_p[1] * spread_p
    squared = a * a + 2.0 * b * c + d * d
    cubed = a**3 + d**3 + 3.0 * b * c * (a + d)
    variance = np.sum(spread_q * slope_q**2 + spread_p * slope_p**2)
    variance += cells_less_one * 0.5 * np.sum(squared)
    variance += np.sum(slope_q * (by_q[1] * q + by_q[2] * q**2)) / current**2
    variance += np.sum(slope_p * (by_p[1] * p + by_p[2] * p**2)) / reference**2

    moved_q, moved_p = spread_q * slope_q, spread_p * slope_p
    third = 3.0 * np.sum(by_q[1] * moved_q**2 + by_p[1] * moved_p**2 + 2.0 * cross * moved_q * moved_p)
    third += cells_less_one * np.sum(cubed)
    third += np.sum(q * slope_q**3) / current**2 + np.sum(p * slope_p**3) / reference**2
    return float(bias), float(variance), float(third)


def _derivatives(other: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First, second and third derivative of (x − other)·ln(x/other) in x."""
    first = np.log(x / other) + 1.0 - other / x
    return first, 1.0 / x + other / x**2, -1.0 / x**2 - 2.0 * other / x**3
