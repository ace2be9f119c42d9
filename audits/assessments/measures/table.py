"""Which function measures which kind of run."""

from collections.abc import Callable

from audits.assessments.measures.bias import measure_bias
from audits.assessments.measures.drift import measure_drift
from audits.assessments.measures.explainability import measure_explainability
from audits.assessments.measures.performance import measure_performance
from audits.assessments.measures.subject import Measured, Subject

MEASURED_BY: dict[str, Callable[[Subject], Measured]] = {
    "drift": measure_drift,
    "bias": measure_bias,
    "explainability": measure_explainability,
    "performance": measure_performance,
}
