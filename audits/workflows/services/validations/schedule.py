"""Periodic validation: what the policy's cadence makes due soon is asked for by itself, once per cycle."""

from datetime import date, datetime

from django.db.models import QuerySet

from audits.trail.services import governed
from audits.workflows.contents.validations import Kind, due_before, due_of
from audits.workflows.models import ValidationRequest
from audits.workflows.services.validations.requests import request_validation
from inventory.models import Model, Policy
from inventory.policies import FULL_TYPES, validation_opens_before
from mrm.sweeps import one_by_one

AT_ONCE = 200


def open_due_validations(now: datetime) -> int:
    """Ask for what falls due within the policy's notice, once per model and cycle; how many were asked for."""
    document = Policy.objects.in_force().document
    last_day = now.date() + validation_opens_before(document)
    asked = ValidationRequest.objects.open().filter(kind__in=(*FULL_TYPES, Kind.ANNUAL_REVIEW))
    soon = Model.objects.counted().filter(due_before(last_day, document=document)).exclude(pk__in=asked.values("model"))
    return one_by_one(_first(soon.order_by("registered_at", "pk"), document), lambda model: _open(model, document))


def _first(soon: QuerySet, document: dict) -> list[Model]:
    """So many as are asked for at once; those whose cycle's was cancelled stand before no other."""
    found, seen = [], 0
    while len(found) < AT_ONCE and (page := soon[seen : seen + AT_ONCE]):
        found += [model for model in page if _cycle_of(model, document)]
        seen += AT_ONCE
    return found[:AT_ONCE]


def _cycle_of(model: Model, document: dict) -> tuple[str, date] | None:
    """What is asked of this cycle and for which day; None where it was asked for, cancelled or not."""
    due = due_of([model], document=document).get(model.pk)
    if due is None:
        return None
    kind = due.kind if model.production_version() else Kind.ANNUAL_REVIEW
    due_on = due.full_on if kind == Kind.PERIODIC_FULL else due.review_on
    asked = model.validations.filter(kind=kind)
    return None if asked.filter(due_on=due_on).exists() or asked.open().exists() else (kind, due_on)


@governed()
def _open(model: Model, document: dict) -> bool:
    """One request, unless another process opened it meanwhile."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    if (cycle := _cycle_of(model, document)) is None:
        return False
    kind, due_on = cycle
    request_validation(
        model.production_version() if kind == Kind.PERIODIC_FULL else model,
        kind=kind,
        trigger=f"Due on {due_on:%d %B %Y} by the cadence of {model}, which is in tier {model.tier}.",
        due_on=due_on,
        actor=None,
    )
    return True
