"""Measuring: what a run of each kind looks at. Reads data, writes nothing, gives no verdict."""

from audits.assessments.measures.subject import Measured, Measurement, NotEnoughData, Subject

__all__ = ["Measured", "Measurement", "NotEnoughData", "Subject", "measure"]


def measure(kind: str, subject: Subject) -> Measured:
    """What a run of this kind finds. Raises NotEnoughData, ArtifactRefused, ScoringFailed or UnusableData.

    Imported only here and now: scikit-learn and Fairlearn take seconds to load, which a worker pays once and the web
    process never.
    """
    from audits.assessments.measures.table import MEASURED_BY

    return MEASURED_BY[kind](subject)
