"""Keeping what a supervisor was told and said about a version, with the document that shows it."""

from datetime import date

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows.models import SupervisoryRecord
from audits.workflows.services.evidence import GATED
from audits.workflows.services.involvement import answers_for
from audits.workflows.states import ChangeState
from inventory.models import Document, ModelVersion
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, Shown, UnusableData, entry_behind
from mrm.pages.wording import day

LONGEST_REMARK = 4000


def why_not_record(version: ModelVersion, person) -> str:
    """Why this person may not say what the supervisor said about a version; empty if they may."""
    model = version.model
    if Permission.CLASSIFY_CHANGE not in person.permissions_in(model.workspace_id, model.slug):
        return "A person of the second line keeps what the supervisor said."
    if fact := answers_for(version, person):
        rule = "Who owns or develops a model, or made a version, does not say what the supervisor said of it"
    elif fact := _release_asked_for(version, person):
        rule = "Whoever asks for the release of a version does not say what the supervisor said of it"
    told = f"{rule}: you {fact}. Another of the second line does." if fact else ""
    return Shown(told, entry=entry_behind(fact)) if fact else ""


def why_not_ask(version: ModelVersion, kind: str, person) -> str:
    """Why this person may not ask for what the word of the supervisor opens; empty if they may."""
    said = version.supervision.filter(recorded_by=person).last() if kind in GATED else None
    if said is None:
        return ""
    return (
        f"Whoever kept what the supervisor said of a version does not ask for its release: you did on "
        f"{day(said.recorded_at)}. Somebody else asks."
    )


def _release_asked_for(version: ModelVersion, person) -> str:
    asked = version.changes.filter(kind__in=GATED, state=ChangeState.PENDING, requester=person).first()
    if asked is None:
        return ""
    asking = Entry.objects.about(asked).filter(action=Action.CHANGE_REQUESTED)
    return asking.showing(f"asked for it on {day(asked.requested_at)} ({asked.reference})")


@governed()
def record_supervision(
    version: ModelVersion, *, said: str, on: date, document: Document, remark: str = "", actor
) -> SupervisoryRecord:
    """By the second line; never by who answers for the version, nor by who asks for its release."""
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
