"""Do predicted probabilities come true? Over rows, over groups, and over rating grades."""

from audits.statistics.calibration.curves import ReliabilityPoint, reliability_curve
from audits.statistics.calibration.grades import (
    binomial_test,
    binomial_test_by_grade,
    jeffreys_test,
    pd_traffic_light,
    pluto_tasche,
    traffic_light,
    vasicek_default_rate,
)
from audits.statistics.calibration.probabilities import (
    calibration_intercept_slope,
    expected_calibration_error,
    hosmer_lemeshow,
    spiegelhalter_z,
)
from audits.statistics.calibration.sequential import binary_pit, calibration_e_process, pit_e_process

__all__ = [
    "ReliabilityPoint",
    "binary_pit",
    "binomial_test",
    "binomial_test_by_grade",
    "calibration_e_process",
    "calibration_intercept_slope",
    "expected_calibration_error",
    "hosmer_lemeshow",
    "jeffreys_test",
    "pd_traffic_light",
    "pit_e_process",
    "pluto_tasche",
    "reliability_curve",
    "spiegelhalter_z",
    "traffic_light",
    "vasicek_default_rate",
]
