"""A finished run measured once more, from the stored rows, to compare. Reads only; what it gives is not saved."""

from collections.abc import Iterator

from audits.assessments.measures import NotEnoughData, measure
from audits.assessments.models import Kind, Result, Run
from audits.assessments.services.execution import result_of, subject_of
from audits.scoring.errors import ArtifactRefused, ScoringFailed
from mrm.adapters import storage
from mrm.errors import UnusableData


class CannotMeasureAgain(Exception):
    """What the run read is no longer there, or cannot be measured any more; the message says what and why."""


def measure_again(run: Run) -> list[Result]:
    """The results that the run's data give today: the same window and seed, the same files, the same limits.

    Data that arrived since the run are left out. Stored counts of the window are not used, only its rows; but of a
    table in the user's own warehouse, which does not stand still, the counts that the run took.
    """
    read = _digests(run.inputs)
    for what, digest in _files_of(run):
        if not storage.is_intact(digest):
            raise CannotMeasureAgain(f"The {what} {digest}, which the run read, was deleted or changed in storage.")
    readings = {source["id"]: source for source in run.inputs.get("sources", [])}
    subject = subject_of(run, report_progress=_tell_nobody, files=frozenset(read), readings=readings)
    try:
        measured = measure(run.plan.kind, subject)
    except (NotEnoughData, ArtifactRefused, ScoringFailed, UnusableData) as failure:
        raise CannotMeasureAgain(str(failure)) from failure
    missing = read - _digests(measured.inputs)
    if missing:
        raise CannotMeasureAgain(f"The register no longer knows the data {min(missing)} that the run read.")
    return [result_of(run, position, one) for position, one in enumerate(measured.measurements)]


def _digests(inputs: dict) -> set[str]:
    """Of the batches of its window, of earlier ones and of a year ago, and of the outcomes."""
    return {file["sha256"] for name in ("batches", "earlier", "season", "outcomes") for file in inputs.get(name, [])}


def _files_of(run: Run) -> Iterator[tuple[str, str]]:
    yield "file of reference data", run.inputs["reference"]["sha256"]
    for name, what in (
        ("batches", "file of predictions"),
        ("season", "file of predictions of a year ago"),
        ("outcomes", "file of outcomes"),
    ):
        for batch in run.inputs.get(name, []):
            yield what, batch["sha256"]
    for source in run.inputs.get("sources", []):
        if "counts" in source:
            yield "file of counts", source["counts"]
    if run.plan.kind == Kind.EXPLAINABILITY:
        yield "artifact", run.version.artifact_sha256


def _tell_nobody(percent: int, step: str) -> None:
    """A second measuring has nobody who watches."""
