"""Doing the test again after a submission: by a run, looked up and never typed, or elsewhere with its evidence."""

import re

from django.db.models import Q, QuerySet

from audits.assessments.models import Breach, Result, Run
from audits.assessments.services.execution import results_digest
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.gates.windows import over_the_whole
from audits.workflows.models import Finding, Reperformance, Submission
from audits.workflows.services.findings.access import for_the_second_line, refuse_blank
from audits.workflows.states import FindingState
from inventory.models import ModelVersion
from inventory.states import Stage
from mrm.errors import RuleBroken, UnusableData
from mrm.pages import wording

MOST_RUNS = 20
NOT_PUT_RIGHT = (Verdict.RED, Verdict.UNKNOWN, Verdict.INSUFFICIENT)


@governed()
def record_reperformance(
    finding: Finding, *, told: str, run: Run | None = None, evidence_digest: str = "", actor
) -> Reperformance:
    """That the validator did the test again: a run since the submission, or the digest of evidence kept elsewhere."""
    finding = for_the_second_line(finding, actor)
    refuse_blank(what_came_out=told)
    if finding.state != FindingState.SUBMITTED_FOR_CLOSURE:
        raise RuleBroken(f"{finding.reference} is not submitted for closure; there is nothing to do again yet.")
    submission = finding.submission()
    if run is not None and (reasons := why_not_by(run, finding=finding, submission=submission)):
        raise RuleBroken(*reasons)
    if run is None and not re.fullmatch("[0-9a-f]{64}", evidence_digest):
        message = "Name a run since the submission, or the SHA-256 of the evidence: 64 digits from 0 to f."
        raise UnusableData({"message": message, "field": "evidence_digest"})
    digest = results_digest(run.results.all()) if run else evidence_digest
    if submission.reperformances.filter(results_digest=digest).exists():
        raise RuleBroken("This re-performance is recorded already.")
    again = Reperformance.objects.create(
        submission=submission, run=run, results_digest=digest, told=told.strip(), performed_by=actor
    )
    record(
        Action.FINDING_REPERFORMED,
        actor=actor,
        subject=finding,
        run=str(run.pk) if run else "",
        results_digest=digest,
        told=again.told,
    )
    return again


def why_not_by(run: Run, *, finding: Finding, submission: Submission) -> list[str]:
    """Every reason why a run does not show that the finding is put right."""
    reasons = []
    if run.version.model_id != finding.model_id:
        return [f"The run is not one of {finding.model}."]
    if not versions_that_show(finding).filter(pk=run.version_id).exists():
        told = f"{finding.version}, which the finding is about, of " if finding.version else ""
        return [
            f"The run is of {run.version}; only one of {told}what is in production, or of a version registered since, "
            "shows a remedy."
        ]
    if run.state != RunState.SUCCEEDED:
        return [f"The run is {run.get_state_display().lower()}; only one that succeeded shows anything."]
    if run.started_at is None or run.started_at <= submission.submitted_at:
        reasons.append("The run began before the finding was submitted; measure again.")
    if not over_the_whole(run).filter(pk=run.pk).exists():
        reasons.append("The run is over a time of somebody's choice; measure again over a window of the schedule.")
    cases = tested(finding)
    if not cases:
        return [*reasons, "The finding cites no measurement, so no run repeats it; record the digest of your evidence."]
    for measure, column, segment in cases:
        name = wording.case(measure, column, segment)
        result = run.results.filter(measure=measure, column=column, segment=segment).first()
        if result is None:
            reasons.append(f"The run did not measure {name}.")
        elif result.value is None or result.verdict in NOT_PUT_RIGHT:
            reasons.append(f"The run says that {name} is {result.verdict or 'not known'}; that shows no remedy.")
    return reasons


def versions_that_show(finding: Finding) -> QuerySet[ModelVersion]:
    """The one that the finding is about, the one in production, and those registered since it was issued."""
    since = finding.issued_at or finding.raised_at
    of_it = Q(pk=finding.version_id) | Q(stage=Stage.PRODUCTION) | Q(registered_at__gte=since)
    if finding.version_id is None and finding.model.production_version() is None:
        return finding.model.versions.all()
    return finding.model.versions.filter(of_it)


def tested(finding: Finding) -> list[tuple[str, str, str]]:
    """What was measured when the finding was made: that of its breach, else of every result it cites."""
    if breach := finding.breach:
        return [(breach.measure, breach.column, breach.segment)]
    results, breaches = (
        [one["reference"] for one in finding.evidence if one["kind"] == kind] for kind in ("result", "breach")
    )
    rows = [*Result.objects.filter(pk__in=results), *Breach.objects.filter(pk__in=breaches)]
    return list(dict.fromkeys((row.measure, row.column, row.segment) for row in rows))


def runs_since(finding: Finding) -> list[Run]:
    """Runs that could show that the finding is put right, the newest first."""
    submission = finding.submission()
    if submission is None or not tested(finding):
        return []
    runs = Run.objects.filter(
        version__in=versions_that_show(finding), state=RunState.SUCCEEDED, started_at__gt=submission.submitted_at
    ).select_related("plan", "version__model")
    newest = runs.order_by("-finished_at")[:MOST_RUNS]
    return [run for run in newest if not why_not_by(run, finding=finding, submission=submission)]
