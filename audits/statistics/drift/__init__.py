"""Drift: how far one column's current values lie from its reference, from rows or from counts over a frozen grid."""

from audits.statistics.drift.contingency import chi_square_test, cramers_v, g_test
from audits.statistics.drift.distributions import kolmogorov_smirnov, wasserstein_distance
from audits.statistics.drift.divergences import (
    hellinger_distance,
    jensen_shannon_distance,
    l_infinity_distance,
    population_stability_index,
    psi_critical_value,
    psi_tolerance_test,
)
from audits.statistics.drift.ranks import anderson_darling, cramer_von_mises, energy_distance, mann_whitney

__all__ = [
    "anderson_darling",
    "chi_square_test",
    "cramer_von_mises",
    "cramers_v",
    "energy_distance",
    "g_test",
    "hellinger_distance",
    "jensen_shannon_distance",
    "kolmogorov_smirnov",
    "l_infinity_distance",
    "mann_whitney",
    "population_stability_index",
    "psi_critical_value",
    "psi_tolerance_test",
    "wasserstein_distance",
]
