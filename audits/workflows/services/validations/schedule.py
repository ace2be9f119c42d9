"""Periodic validation: what the policy's cadence makes due soon is asked for by itself, once per cycle."""

from datetime import datetime

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
    return one_by_one(soon.order_by("registered_at")[:AT_ONCE], lambda model: _open(model, document))


@governed()
def _open(model: Model, document: dict) -> bool:
    """One request, unless another process opened it meanwhile or this cycle's was cancelled."""
    model = Model.objects.select_for_update().get(pk=model.pk)
    due, version = due_of([model], document=document).get(model.pk), model.production_version()
    if due is None:
        return False
    kind = due.kind if version else Kind.ANNUAL_REVIEW
    due_on = due.full_on if kind == Kind.PERIODIC_FULL else due.review_on
    if (
        model.validations.filter(kind=kind, due_on=due_on).exists()
        or model.validations.open().filter(kind=kind).exists()
    ):
        return False
    request_validation(
        version if kind == Kind.PERIODIC_FULL else model,
        kind=kind,
        trigger=f"Due on {due_on:%d %B %Y} by the cadence of {model}, which is in tier {model.tier}.",
        due_on=due_on,
        actor=None,
    )
    return True
