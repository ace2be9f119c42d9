"""Migration between rating grades: how far do ratings move, and in order?"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from audits.statistics.arrays import finite_matrix
from audits.statistics.control import holm
from audits.statistics.estimates import Estimate, could_not_compute


def migration_matrix_tests(migrations: ArrayLike) -> dict[str, Estimate]:
    """Width of a migration matrix and whether nearer grades are entered more often than farther ones.

    `migrations` counts obligors by grade at the start (rows) and the end (columns) of the period, from best to worst,
    defaults left out, shape (k, k). "upper_bandwidth" and "lower_bandwidth" are the matrix-weighted bandwidths of
    downgrades and upgrades: grades moved by those who move, over the grades to the farthest one; 0 when nobody moves.
    "monotonicity" is the largest excess of a farther grade's share over its nearer neighbour's, on either side of the
    diagonal; its p-value is the smallest of the one-sided z-tests, adjusted by Holm: small when a farther grade is
    truly entered more often. Raises ValueError on NaN, infinity, negative counts or a matrix that is not square.
    Source: ECB, Instructions for reporting the validation results, 2019, sections 2.5.5.1 and 2.5.5.2.
    """
    counts = finite_matrix(migrations, "migrations")
    grades = len(counts)
    if counts.shape != (grades, grades):
        raise ValueError(f"migrations must be square, not {counts.shape[0]} by {counts.shape[1]}")
    if counts.size and counts.min() < 0:
        raise ValueError("migrations must not be negative")
    sizes = {"obligors": round(counts.sum())}
    return {
        "upper_bandwidth": _bandwidth(counts, sizes, "downgrades", np.triu(np.ones((grades, grades)), 1)),
        "lower_bandwidth": _bandwidth(counts, sizes, "upgrades", np.tril(np.ones((grades, grades)), -1)),
        "monotonicity": _monotonicity(counts, sizes),
    }


def _bandwidth(counts: np.ndarray, sizes: dict[str, int], moves: str, side: np.ndarray) -> Estimate:
    """Moves on one side of the diagonal, weighted by distance, over the same obligors all moving as far as they can."""
    method = f"matrix-weighted bandwidth of {moves}"
    place = np.arange(len(counts))
    distance = np.abs(place[:, None] - place) * side
    # The ECB takes the farthest grade on either side, whichever way the obligor moved.
    farthest = np.maximum(place, len(counts) - 1 - place)
    possible = float(farthest @ (counts * side).sum(axis=1))
    if counts.sum() <= 0 or len(counts) < 2:
        reason = f"{method}: needs obligors in at least two grades"
        return could_not_compute(reason, method=method, sizes=sizes)
    detail = {"share_moved": float((counts * side).sum() / counts.sum())}
    value = float((distance * counts).sum()) / possible if possible > 0 else 0.0
    return Estimate(value=value, sizes=sizes, method=method, detail=detail)


def _monotonicity(counts: np.ndarray, sizes: dict[str, int]) -> Estimate:
    method = "largest excess of a farther grade over its nearer neighbour, z-tests adjusted by Holm"
    tests = []
    for start, row in enumerate(counts):
        rows = row.sum()
        for end in range(len(counts)):
            nearer = end - int(np.sign(end - start))
            if start in (end, nearer) or rows <= 0 or row[end] + row[nearer] <= 0:
                continue
            far, near = row[end] / rows, row[nearer] / rows
            variance = (far * (1 - far) + near * (1 - near) + 2 * far * near) / rows
            z = (near - far) / math.sqrt(variance) if variance > 0 else math.inf * np.sign(near - far)
            tests.append(
                {"from": start + 1, "to": end + 1, "excess": float(far - near), "p_value": float(special.ndtr(z))}
            )
    if not tests:
        reason = "monotonicity: nobody moved two grades or more, nor one where two were possible"
        return could_not_compute(reason, method=method, sizes=sizes)
    adjusted = holm([test["p_value"] for test in tests]).adjusted
    worst = max(tests, key=lambda test: test["excess"])
    detail = {"tests": len(tests), "from": worst["from"], "to": worst["to"]}
    return Estimate(value=worst["excess"], p_value=min(adjusted), sizes=sizes, method=method, detail=detail)
