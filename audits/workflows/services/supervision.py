"""Keeping, by signature, what a supervisor was told and said about a version, with the document that shows it."""

from datetime import date
from functools import partial

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import record
from audits.workflows.models import SupervisoryRecord
from audits.workflows.services.evidence import GATED
from audits.workflows.services.involvement import answers_for
from audits.workflows.states import ChangeState
from inventory.models import Document, ModelVersion
from inventory.services import bound_in_force
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, role_with, statement_shown
from mrm.errors import NotPermitted, RuleBroken, Shown, UnusableData, entry_behind
from mrm.pages.wording import day


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


def supervisory_word(said: str, *, on: date, document: Document) -> Act:
    """Keeping that the supervisor was told, or said, this of a version; the comment is a remark on it.

    By the second line; never by who answers for the version, nor by who asks for its release.
    """
    terms = {"said": str(said), "on": on.isoformat(), "sha256": document.sha256}
    return Act(
        name="supervision_recorded",
        meaning=lambda version: f"{SupervisoryRecord.Said(said).label} on {day(on)}: {version}. “{document}” shows it.",
        refuse=partial(_refuse, said, on, document),
        facts=lambda version: {"version": str(version.pk), "artifact": version.artifact_sha256} | terms,
        role=lambda version, person: role_with(
            Permission.CLASSIFY_CHANGE, person, version.model.workspace_id, version.model_slug
        ),
        done=partial(_keep, said, on, document),
        bound=lambda version: bound_in_force("supervision", version.model),
        terms=lambda version: terms,
    )


def word_shown(version: ModelVersion, reference, *, signer) -> Act:
    """What the statement that was prepared for this person says of the supervisor."""
    said = statement_shown(reference, signer=signer).body.get("terms", {})
    document = Document.objects.standing().filter(model=version.model_id, sha256=said.get("sha256")).first()
    if document is None:
        raise RuleBroken(f"The document that shows it is none of {version.model} any more. Nothing was signed.")
    return supervisory_word(said["said"], on=date.fromisoformat(said["on"]), document=document)


def _refuse(said: str, on: date, document: Document, version: ModelVersion, *, actor) -> None:
    model = version.model
    require(actor, Permission.CLASSIFY_CHANGE, model.workspace_id, model_slug=model.slug)
    if why := why_not_record(version, actor):
        raise NotPermitted(why)
    if faults := _faults(version, said, on, document):
        raise UnusableData(*({"message": message, "field": field} for field, message in faults.items()))


def _keep(
    said: str, on: date, document: Document, version: ModelVersion, *, comment: str, signature: Signature, actor
) -> SupervisoryRecord:
    kept = SupervisoryRecord.objects.create(
        version=version, said=said, on=on, document=document, remark=comment, recorded_by=actor
    )
    told = {"said": str(said), "on": on.isoformat(), "document": str(document), "sha256": document.sha256}
    told |= {"reason": comment, "signature": signature.in_trail()}
    record(Action.SUPERVISION_RECORDED, actor=actor, subject=version, **told)
    return kept


def _faults(version: ModelVersion, said: str, on: date, document: Document) -> dict[str, str]:
    faults = {}
    if said not in SupervisoryRecord.Said.values:
        faults["said"] = f"It is one of {', '.join(SupervisoryRecord.Said.values)}."
    if on > timezone.now().date():
        faults["on"] = "That day has not come yet."
    elif on < (registered := version.registered_at.date()):
        faults["on"] = f"{version} was registered on {day(registered)}; before that nobody was told or spoke of it."
    if document.model_id != version.model_id or not Document.objects.standing().filter(pk=document.pk).exists():
        faults["document"] = f"It is no document that {version.model} has now; attach it to the model first."
    return faults
