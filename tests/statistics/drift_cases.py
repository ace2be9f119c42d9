"""What the tests of drift share: which functions take what, and counts to hand them."""

import numpy as np

from audits.statistics import drift
from audits.statistics.counts import Counts

ROW_FUNCTIONS = [getattr(drift, name) for name in drift.__all__ if name != "psi_critical_value"]
COUNT_FUNCTIONS = [f for f in ROW_FUNCTIONS if f not in (drift.anderson_darling, drift.cramer_von_mises)]
SHARE_FUNCTIONS = [
    drift.population_stability_index,
    drift.jensen_shannon_distance,
    drift.hellinger_distance,
    drift.l_infinity_distance,
    drift.chi_square_test,
    drift.g_test,
    drift.cramers_v,
]
ORDER_FUNCTIONS = [f for f in COUNT_FUNCTIONS if f not in (*SHARE_FUNCTIONS, drift.psi_tolerance_test)]


def categories(*cells, unseen=0):
    names = tuple("abcdefghijklmnop"[: len(cells)])
    return Counts(cells=np.array([*cells, unseen]), categories=names)


def on_grid(values, edges):
    values = np.asarray(values, dtype=float)
    return Counts(
        cells=np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1),
        edges=np.asarray(edges, dtype=float),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        second_moment=float(values.var()),
    )
