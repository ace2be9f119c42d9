"""The gate: everything that stands between a version and production. An empty list means yes."""

from audits.assessments.models import Result, Run
from audits.assessments.services.plans import kinds_for
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict
from audits.workflows.models.findings import Finding
from inventory.artifacts import output_column
from inventory.models import ModelVersion, Policy
from inventory.states import Stage, Status

MOST_NAMED = 5
SEVERE = (Finding.Severity.CRITICAL, Finding.Severity.HIGH)


def blockers_for_promotion(version: ModelVersion) -> list[str]:
    """Every reason why this version may not go into production now, in words."""
    return [
        *_blockers_in_register(version),
        *_blockers_in_assessments(version),
        *_blockers_in_findings(version),
    ]


def _blockers_in_register(version: ModelVersion) -> list[str]:
    model, blockers = version.model, []
    if version.stage not in (Stage.CANDIDATE, Stage.CHALLENGER):
        blockers.append(f"Only a candidate or a challenger can be promoted; {version} is {version.stage}.")
    if model.status == Status.RETIRED:
        blockers.append(f"{model} is retired.")
    if model.tier_is_provisional:
        blockers.append(f"The tier of {model} is provisional; a risk officer must confirm it.")
    if not hasattr(version, "reference"):
        blockers.append(f"{version} has no reference data, so nothing about it can be measured.")
    return blockers


def _blockers_in_assessments(version: ModelVersion) -> list[str]:
    """The latest assessment of every plan counts, never only the latest of all."""
    rules = Policy.objects.in_force().section("promotion")
    runs = Run.objects.filter(version=version).latest_per_plan().select_related("plan", "version")
    latest = {run.plan.kind: run for run in runs}
    blockers = []
    for kind in kinds_for(version):
        if kind not in rules["required_assessments"]:
            continue
        run = latest.get(kind)
        if run is None:
            blockers.append(f"No {kind.label.lower()} assessment of {version} is finished yet.")
        elif run.state != RunState.SUCCEEDED:
            blockers.append(f"The latest {kind.label.lower()} assessment gave no results: {run.reason}")
        else:
            blockers += _blockers_in_run(kind.label, run, rules["must_be_decided"])
    return blockers


def _blockers_in_run(kind: str, run: Run, must_be_decided: list[str]) -> list[str]:
    """What is red; and what the policy wants decided on the model as a whole and this sample could not decide."""
    blockers = [
        f"{kind} is red: {result} is {result.value:.3g}{_interval(result)}; the limit is {result.limit['red']:g}."
        for result in run.results.filter(verdict=Verdict.RED)[:MOST_NAMED]
    ]
    undecided = run.results.filter(
        segment="",
        measure__in=must_be_decided,
        column__in=["", output_column(run.version).name],
        verdict__in=(Verdict.UNKNOWN, Verdict.INSUFFICIENT),
    )
    return blockers + [
        f"{kind} is undecided: {result} is {result.verdict}. {_why_undecided(result)}" for result in undecided
    ]


def _blockers_in_findings(version: ModelVersion) -> list[str]:
    open_findings = version.model.findings.open().filter(severity__in=SEVERE)
    return [f"{finding.reference} ({finding.severity}) is open: {finding.title}." for finding in open_findings]


def _interval(result: Result) -> str:
    return f" ({result.low:.3g} to {result.high:.3g})" if result.low is not None and result.high is not None else ""


def _why_undecided(result: Result) -> str:
    return result.reason or "The sample does not allow a decision."
