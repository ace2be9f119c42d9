"""Keeping what a supervisor was told and said about a version, with the document that shows it."""

from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import SupervisoryRecord
from inventory.contents.ownership import owned_model
from inventory.models import Document, ModelVersion
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, UnusableData
from mrm.pages.wording import day

LONGEST_REMARK = 4000


def why_not_record(version: ModelVersion, person) -> str:
    """Why this person may not say what the supervisor said about a version; empty if they may."""
    model = version.model
    if Permission.CLASSIFY_CHANGE not in person.permissions_in(model.workspace_id, model.slug):
        return "A person of the second line keeps what the supervisor said."
    if person.is_service or owned_model(model, person) or person.pk == version.registered_by_id:
        return (
            "Neither who owns the model, or did less than twelve months ago, nor who registered the version says what "
            "the supervisor said; another person of the second line does."
        )
    return ""


@governed()
def record_supervision(
    version: ModelVersion, *, said: str, on: date, document: Document, remark: str = "", actor
) -> SupervisoryRecord:
    """By the second line; never by who owns the model, or did until lately, nor by who registered the version."""
    version = ModelVersion.objects.select_related("model__workspace", "model__owner").get(pk=version.pk)
    model = version.model
    require(actor, Permission.CLASSIFY_CHANGE, model.workspace_id, model_slug=model.slug)
    if why := why_not_record(version, actor):
        raise NotPermitted(why)
    faults = _faults(version, said, on, document, remark.strip())
    if faults:
        raise UnusableData(*({"message": message, "field": field} for field, message in faults.items()))
    kept = SupervisoryRecord.objects.create(
        version=version, said=said, on=on, document=document, remark=remark.strip(), recorded_by=actor
    )
    told = {"said": str(said), "on": on.isoformat(), "document": str(document), "sha256": document.sha256}
    record(Action.SUPERVISION_RECORDED, actor=actor, subject=version, reason=kept.remark, **told)
    return kept


def _faults(version: ModelVersion, said: str, on: date, document: Document, remark: str) -> dict[str, str]:
    faults = {}
    if said not in SupervisoryRecord.Said.values:
        faults["said"] = f"It is one of {', '.join(SupervisoryRecord.Said.values)}."
    if on > timezone.now().date():
        faults["on"] = "That day has not come yet."
    elif on < (registered := version.registered_at.date()):
        faults["on"] = f"{version} was registered on {day(registered)}; before that nobody was told or spoke of it."
    if document.model_id != version.model_id or not Document.objects.standing().filter(pk=document.pk).exists():
        faults["document"] = f"It is no document that {version.model} has now; attach it to the model first."
    if len(remark) > LONGEST_REMARK or "\x00" in remark:
        faults["remark"] = f"At most {LONGEST_REMARK} characters fit."
    return faults
