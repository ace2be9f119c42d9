"""What came of a change, beside what was predicted when it was decided: part of a post-implementation review."""

import math

from audits.workflows.models import ChangeRequest, Classification, ValidationRequest
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ChangeState
from mrm.errors import UnusableData

Kind = ChangeRequest.Kind
MEASURED = ("output_percent", "cases_percent")
MOST_PERCENT = 10_000


def prediction_for(validation: ValidationRequest) -> dict | None:
    """What was predicted of the change that put this version into use; None where nothing in use was replaced by it."""
    if validation.kind != ValidationRequest.Kind.POST_IMPLEMENTATION:
        return None
    classified = Classification.objects.filter(
        change__version=validation.version_id,
        change__kind__in=(Kind.PROMOTION, Kind.BREAK_GLASS),
        change__state=ChangeState.COMPLETED,
    )
    found = classified.select_related("change").order_by("-change__completed_at").first()
    if found is None:
        return None
    effect = found.step.get("effect", {})
    told = {one["name"]: one["told"] for one in found.step["criteria"]}
    return {
        "change": found.change.reference,
        "told": f"{told['output']} {told['classes']}",
        "output_at_most_percent": _percent(effect.get("output")),
        "cases_at_most_percent": _percent(effect.get("classes")),
    }


def checked_realised(validation: ValidationRequest, said: dict | None) -> dict:
    """What the lead says came of it, with the prediction beside; asked for where something was predicted."""
    if validation.kind != ValidationRequest.Kind.POST_IMPLEMENTATION:
        if said:
            message = "Only a post-implementation review says what came of a change."
            raise UnusableData({"message": message, "field": "realised"})
        return {}
    predicted = prediction_for(validation)
    if not said and predicted is None:
        return {}
    said = said or {}
    kept = {"effect": written(realised_effect=said.get("effect", ""))["realised_effect"]}
    faults = []
    for name in MEASURED:
        kept[name] = said.get(name)
        if kept[name] is not None and not (math.isfinite(kept[name]) and abs(kept[name]) <= MOST_PERCENT):
            faults.append({"message": f"{name} is a number of percent, such as 4.5.", "field": f"realised.{name}"})
    if faults:
        raise UnusableData(*faults)
    return kept | {"predicted": predicted}


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)
