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

__all__ = [
    "ReliabilityPoint",
    "binomial_test",
    "binomial_test_by_grade",
    "calibration_intercept_slope",
    "expected_calibration_error",
    "hosmer_lemeshow",
    "jeffreys_test",
    "pd_traffic_light",
    "pluto_tasche",
    "reliability_curve",
    "spiegelhalter_z",
    "traffic_light",
    "vasicek_default_rate",
]
