"""How models stand: what is kept of it for lists of a hundred thousand is computed here, and nowhere else."""

from collections import defaultdict
from datetime import datetime

from django.db.models import Min

from audits.assessments.models import Plan, Run
from audits.assessments.states import RunState
from audits.statistics.limits import SEVERITY, Verdict, worst
from audits.workflows.contents.hygiene import unapproved_versions
from audits.workflows.contents.validations import due_of
from audits.workflows.models import Finding, Standing
from audits.workflows.states import FindingState
from inventory.models import Model, ModelVersion
from inventory.states import Stage

NO_DATA = ""  # No finished run: nothing was measured, so there is no verdict to show.
NEVER_ASSESSED = len(SEVERITY)  # How bad that is: after everything with a verdict.
COPIED = ("workspace_id", "owner_id", "slug", "name", "tier", "tier_is_provisional", "status")  # Of the model.
WATCHED = (Stage.PRODUCTION, Stage.CHALLENGER, Stage.CANDIDATE)


def standings_of(ids: list, now: datetime) -> list[Standing]:
    """How those of these models that are there stand by what is in the database; the number of queries does not grow
    with them."""
    models = list(Model.objects.filter(pk__in=ids).order_by())
    versions = versions_that_count(ids)
    keys = [version.pk for version in versions.values()]
    verdicts, due, unapproved = _verdicts(keys), _next_due(keys), _in_use_without_approval(ids, now)
    awaited = Finding.objects.open().exclude(state=FindingState.RISK_ACCEPTED)
    findings = dict(awaited.filter(model__in=ids).values_list("model").annotate(Min("due_at")).order_by())
    validations = due_of(models)
    standings = []
    for model in models:
        version = versions[model.pk].pk if model.pk in versions else None
        verdict = verdicts.get(version, NO_DATA)
        validation = validations.get(model.pk)
        standings.append(
            Standing(
                model=model,
                **{name: getattr(model, name) for name in COPIED},
                verdict=verdict,
                badness=SEVERITY.index(verdict) if verdict else NEVER_ASSESSED,
                next_due_at=due.get(version),
                finding_due_on=findings.get(model.pk),
                validation_due_on=validation.next_on if validation else None,
                in_use_without_approval=model.pk in unapproved,
                counted_at=now,
            )
        )
    return standings


def versions_that_count(ids) -> dict:
    """Per model the version in production, else the challenger, else the newest candidate."""
    chosen = {}
    versions = ModelVersion.objects.filter(model__in=ids, stage__in=WATCHED).order_by("number")
    for version in versions.only("id", "model_id", "number", "stage"):
        other = chosen.get(version.model_id)
        if other is None or WATCHED.index(version.stage) <= WATCHED.index(other.stage):
            chosen[version.model_id] = version
    return chosen


def shown_verdict(verdict: str, state: str) -> str:
    """What a finished run counts as: one that failed measured nothing, which is never better than something."""
    if verdict:
        return verdict
    return Verdict.INSUFFICIENT if state == RunState.INSUFFICIENT_DATA else Verdict.UNKNOWN


def _verdicts(versions: list) -> dict:
    by_version = defaultdict(list)
    latest = Run.objects.filter(version__in=versions).latest_per_plan().values_list("version", "verdict", "state")
    for version, verdict, state in latest:
        by_version[version].append(shown_verdict(verdict, state))
    return {version: worst(verdicts) for version, verdicts in by_version.items()}


def _next_due(versions: list) -> dict:
    plans = Plan.objects.filter(version__in=versions, enabled=True).order_by()
    return dict(plans.values_list("version").annotate(Min("next_due_at")))


def _in_use_without_approval(ids, now: datetime) -> set:
    return set(unapproved_versions(now).filter(model__in=ids).values_list("model", flat=True))
