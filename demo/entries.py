"""What the register of the demo says about each model and its uses; told once, before anything is decided."""

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.utils import timezone

from demo.cast import Cast
from inventory import services
from inventory.models import Model

ENTRIES: dict[str, dict] = json.loads(Path(__file__).with_name("entries.json").read_text(encoding="utf-8"))
# Which model takes in what another gives: the consumer, the model upstream of it, and how.
DEPENDENCIES = (
    ("mortgage-approval", "credit-default", "input", "high", "The score of the applicant's other loans."),
    ("customer-churn", "review-sentiment", "input", "medium", "The tone of a customer's last review."),
    ("imaging-triage", "mortgage-approval", "shared_code", "low", "The same library of regressions."),
)
GUIDE = "{name}\n\nHow it was built, on which data, what it cannot do, and who reviewed it.\n"


def describe(cast: Cast, model: Model) -> None:
    """The entry in full, unless somebody described it before. What only a risk officer may say, the officer says."""
    entry = ENTRIES.get(model.slug)
    if entry is None or model.model_type:
        return
    people = {"developer": cast.engineer, "sponsor": cast.officer}
    said = entry["said"] | people | _exposure(entry.get("exposure"))
    services.edit_model(model, changes=said, actor=cast.owner)
    services.edit_model(model, changes={"validator": cast.validator} | entry["officer"], actor=cast.officer)
    for name, rows in entry["rows"].items():
        for values in rows:
            actor = cast.validator if name == "determinations" else cast.engineer
            services.add_particular(model, name, values=values, actor=actor)
    for values in entry["documents"]:
        _attach(cast, model, values)
    for use in entry["uses"]:
        services.propose_use(model, **use, actor=cast.owner)
    model.refresh_from_db()


def connect(cast: Cast) -> None:
    """The dependencies between the models, where they are not known yet."""
    models = Model.objects.in_bulk(field_name="slug")
    for consumer, upstream, kind, criticality, note in DEPENDENCIES:
        if not models[upstream].consumers.filter(model=models[consumer], kind=kind).exists():
            values = {"upstream": models[upstream], "kind": kind, "criticality": criticality, "note": note}
            services.add_particular(models[consumer], "upstream", values=values, actor=cast.engineer)


def _exposure(told: dict | None) -> dict:
    """What rests on a model, as an amount; measured at the end of the last quarter."""
    if told is None:
        return {}
    today = timezone.now().date()
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
    return {"exposure_amount": Decimal(told["amount"]), "exposure_measure": told["measure"], "exposure_on": quarter}


def _attach(cast: Cast, model: Model, values: dict) -> None:
    today = timezone.now().date()
    dated = {"written_on": today - timedelta(days=200), "review_by": today + timedelta(days=165)}
    services.attach_document(
        model,
        GUIDE.format(name=f"{values['title']}: {model.name}").encode(),
        filename=f"{model.slug}-{values['kind']}.txt",
        media_type="text/plain",
        values=values | dated,
        actor=cast.engineer,
    )
