"""What one person has done to the subject of a request, each deed with its day, so that the page can say so."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from audits.trail.models import Action, Entry
from audits.workflows import policies
from audits.workflows.models import (
    Arrangement,
    ChangeRequest,
    Decision,
    Finding,
    ValidationRequest,
    ValidationReview,
    ValidatorAssignment,
)
from inventory.contents.making import made_version, twins_of
from inventory.contents.ownership import developed_model, held_lately, owned_model
from inventory.models import Model, ModelVersion, PolicyDraft
from inventory.services import set_what_tier_is_made_of
from mrm.errors import Shown, entry_behind
from mrm.pages.wording import day

Twins = list[ModelVersion] | None  # What `twins_of` gives of the version; None: not asked yet.


class Subject(NamedTuple):
    """A version of a model that is no request of its own."""

    model: Model
    version: ModelVersion


def answers_for(version: ModelVersion, person) -> str:
    """That somebody owns or develops the model, or did until lately, or made or trained this version; else empty."""
    about, twins = Subject(version.model, version), twins_of(version)
    return (
        owned(about, person, twins=twins)
        or developed(about, person, twins=twins)
        or made(about, person, twins=twins)
        or trained(about, person)
    )


def involvement_of(change: ChangeRequest, person) -> policies.Involvement:
    return replace(part_in(change, person), decided=_decided(change, person))


def part_in(change: ChangeRequest, person, *, twins: Twins = None) -> policies.Involvement:
    """The same but for what they decided about the request, for who asks because they did."""
    twins = twins_of(change.version) if twins is None else twins
    concerned = _concerned(change)
    return policies.Involvement(
        owns=owned(change, person, twins=twins) if change.model else "",
        developed=developed(change, person, twins=twins) if change.model else "",
        registered=_first(made(one, person, twins=twins if change.version else None) for one in concerned),
        trained=_first(trained(one, person) for one in concerned),
        requested=_requested(change, person),
        proposed=_proposed(change, person),
        validated=_validated(change, person),
    )


def owned(
    change: ChangeRequest | ValidationRequest | Subject, person, *, owns: str = "own", twins: Twins = None
) -> str:
    """That somebody owns the model, or did until lately; or another one that a version with the same artifact is of."""
    if told := owned_model(change.model, person, owns=f"{owns} it"):
        return told
    for model in _others_of(change, person, office="owner", twins=twins):
        if told := owned_model(model, person, owns=f"{owns} {model}"):
            same = str(told).replace("owned it", f"owned {model}")
            return Shown(f"{same}, where the same artifact is registered", entry=told.entry)
    return ""


def developed(
    about: ChangeRequest | ValidationRequest | Arrangement | Finding | Subject,
    person,
    *,
    is_named="are named",
    twins: Twins = None,
) -> str:
    """That the register names somebody as the developer, or did until lately; or of another with the same artifact."""
    if told := developed_model(about.model, person, is_named=is_named):
        return told
    for model in _others_of(about, person, office="developer", twins=twins):
        if told := developed_model(model, person, is_named=is_named):
            return Shown(f"{told}, where the same artifact is registered", entry=entry_behind(told))
    return ""


def _others_of(about, person, *, office: str, twins: Twins) -> list[Model]:
    """Other models with the same artifact in which somebody holds this office, or did less than twelve months ago."""
    twins = twins_of(about.version) if twins is None else twins
    others = {twin.model_id for twin in twins} - {about.model.pk}
    if not others:
        return []
    models = Model.objects.filter(pk__in=others)
    lately = held_lately(models, person, office=office)
    return [model for model in models if getattr(model, f"{office}_id") == person.pk or str(model.pk) in lately]


def _concerned(change: ChangeRequest) -> list[Subject]:
    """Its version; where it is about a model as a whole, what that has in production, and what its finding is about."""
    versions = [change.version]
    if change.model and not change.version:
        finding = Finding.objects.filter(reference=change.terms.get("finding")).select_related("version").first()
        versions = [change.model.production_version(), finding and finding.version]
    return [Subject(change.model, version) for version in dict.fromkeys(versions) if version]


def _first(told: Iterable[str]) -> str:
    return next(filter(None, told), "")


def made(change: ChangeRequest | ValidationRequest | Subject, person, *, twins: Twins = None) -> str:
    return made_version(change.version, person, twins=twins) if change.version else ""


def trained(change: ChangeRequest | ValidationRequest | Subject, person) -> str:
    """Who asked for the retraining that made a version is counted as having made it."""
    retraining = getattr(change.version, "retraining", None)
    if retraining is None or retraining.change.requester_id != person.pk:
        return ""
    asked = retraining.change
    told = f"asked on {day(asked.requested_at)} for the retraining that made version {change.version.number} "
    return _asking(asked).showing(f"{told}({asked.reference})")


def _requested(change: ChangeRequest, person) -> str:
    if change.requester_id != person.pk:
        return ""
    return _asking(change).showing(f"asked for it on {day(change.requested_at)}")


def _asking(change: ChangeRequest):
    return Entry.objects.about(change).filter(action=Action.CHANGE_REQUESTED)


def _proposed(change: ChangeRequest, person) -> str:
    """Whoever proposed, drafted or first asked for what it is about, when somebody else asks for it now."""
    if change.kind == ChangeRequest.Kind.POLICY_CHANGE:
        draft = PolicyDraft.objects.filter(pk=change.terms["draft"], proposed_by=person).first()
        return Entry.objects.about(draft).showing(f"drafted it on {day(draft.proposed_at)}") if draft else ""
    if change.kind == ChangeRequest.Kind.TIER_CHANGE:
        return set_what_tier_is_made_of(change.model, person)
    renewed = change.renews or _hold_of(change)
    if renewed is None or renewed.change.requester_id != person.pk:
        return ""
    return _asking(renewed.change).showing(f"proposed {renewed.reference} on {day(renewed.change.requested_at)}")


def _hold_of(change: ChangeRequest) -> Arrangement | None:
    """The legal hold whose release is asked for."""
    if change.kind != ChangeRequest.Kind.HOLD_RELEASE:
        return None
    return Arrangement.objects.filter(reference=change.terms["hold"], model=change.model).first()


def _validated(change: ChangeRequest, person) -> str:
    """Whoever validates a version, attested to it or approved its opinion; a review of the model counts for each.

    The same artifact under another number or name is the same work.
    """
    version = change.version
    if version is None:
        return ""
    taken_part = Q(ended_at__isnull=True) | Q(attested_at__isnull=False)
    assignments = ValidatorAssignment.objects.filter(
        _of_artifact(version, "request", "assigned_at"), taken_part, person=person
    )
    if found := assignments.select_related("request").first():
        since = found.attested_at or found.assigned_at
        told = f"validate it as {found.get_role_display().lower()} since {day(since)} ({found.request.reference})"
        named = Q(action=Action.VALIDATOR_ASSIGNED, details__person=str(person.pk))
        attested = Q(action=Action.INDEPENDENCE_ATTESTED, actor_id=str(person.pk))
        return Entry.objects.about(found.request).filter(named | attested).showing(told)
    return _approved_opinion(version, person)


def _approved_opinion(version: ModelVersion, person) -> str:
    """Who approved what a validation concluded took part in it, though they validated nothing themselves."""
    reviews = ValidationReview.objects.filter(
        _of_artifact(version, "opinion__request", "signed_at"),
        person=person,
        step=ValidationReview.Step.APPROVAL,
        agreed=True,
    )
    if found := reviews.select_related("opinion__request").first():
        validation = found.opinion.request
        told = f"approved the opinion of its validation on {day(found.signed_at)} ({validation.reference})"
        approving = Entry.objects.about(validation).filter(action=Action.OPINION_APPROVED, actor_id=str(person.pk))
        return approving.showing(told)
    return ""


def _of_artifact(version: ModelVersion, request: str, since: str) -> Q:
    """What was asked about a version, or one with the same artifact; or about the model since that was registered."""
    versions = ModelVersion.objects.of_artifact(version)
    of_model = versions.filter(model=OuterRef(f"{request}__model"), registered_at__lte=OuterRef(since))
    return Q(**{f"{request}__version__in": versions}) | Q(Exists(of_model), **{f"{request}__version": None})


def _decided(change: ChangeRequest, person) -> str:
    standing = Q(voided_at__isnull=True) | Q(meaning=Decision.Meaning.RECUSED)  # Who stepped aside stays aside.
    for decision in change.decisions.filter(standing).select_related("on_behalf_of", "person"):
        entries = Entry.objects.about(change).filter(details__decision=str(decision.pk))
        if person.pk == decision.person_id:
            aside = decision.meaning == Decision.Meaning.RECUSED
            return entries.showing(f"{'stepped aside' if aside else 'decided'} on {day(decision.decided_at)}")
        if person.pk == decision.on_behalf_of_id:
            return entries.showing(f"decided on {day(decision.decided_at)} through {decision.person}")
    return ""
