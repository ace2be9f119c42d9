"""What one person has done to the subject of a request, each deed with its day, so that the page can say so."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows import policies
from audits.workflows.models import ChangeRequest, Decision, ValidationRequest, ValidatorAssignment
from inventory.models import ModelVersion, PolicyDraft

MOST_TWINS = 100
OWNERSHIP_COUNTS_FOR = timedelta(days=365)  # governance.md, section 7, rule 1.
MADE = {
    Action.VERSION_REGISTERED: "registered",
    Action.ARTIFACT_RECEIVED: "sent the artifact of",
    Action.REFERENCE_RECEIVED: "sent the reference data of",
    Action.VERSION_DESCRIBED: "described the columns of",
}


def involvement_of(change: ChangeRequest, person) -> policies.Involvement:
    return policies.Involvement(
        owns=owned(change, person),
        registered=made(change, person),
        trained=trained(change, person),
        requested=f"asked for it on {day(change.requested_at)}" if change.requester_id == person.pk else "",
        proposed=_proposed(change, person),
        validated=_validated(change, person),
        decided=_decided(change, person),
    )


def owned(change: ChangeRequest | ValidationRequest, person) -> str:
    model = change.model
    if model is None:
        return ""
    if model.owner_id == person.pk:
        return "own it"
    since = timezone.now() - OWNERSHIP_COUNTS_FOR
    handed_over = (
        Entry.objects.about(model)
        .filter(action=Action.MODEL_EDITED, at__gt=since, details__changes__owner__before=str(person.pk))
        .first()
    )
    return f"owned it until {day(handed_over.at)}, less than twelve months ago" if handed_over else ""


def made(change: ChangeRequest | ValidationRequest, person) -> str:
    """Whoever registered a version, or sent what it consists of; by the row and by the trail.

    The same artifact under another number or name is the same work.
    """
    version = change.version
    if version is None:
        return ""
    if version.registered_by_id == person.pk:
        return f"registered version {version.number} on {day(version.registered_at)}"
    subjects = [version, *([version.reference] if hasattr(version, "reference") else [])]
    deed = Entry.objects.about(*subjects).filter(actor_id=str(person.pk), action__in=MADE).first()
    if deed:
        return f"{MADE[deed.action]} version {version.number} on {day(deed.at)}"
    return _made_before(version, person)


def _made_before(version: ModelVersion, person) -> str:
    """Whoever made a version with the same artifact, however it is called there."""
    if not version.artifact_sha256:
        return ""
    same = ModelVersion.objects.filter(artifact_sha256=version.artifact_sha256).exclude(pk=version.pk)
    twins = list(same.select_related("model").order_by("registered_at")[:MOST_TWINS])
    deeds = Entry.objects.about(*twins).filter(actor_id=str(person.pk), action__in=MADE)
    if twins and (deed := deeds.first()):
        return f"{MADE[deed.action]} the same artifact as {deed.subject_name} on {day(deed.at)}"
    return ""


def trained(change: ChangeRequest | ValidationRequest, person) -> str:
    """Who asked for the retraining that made a version is counted as having made it."""
    retraining = getattr(change.version, "retraining", None)
    if retraining is None or retraining.change.requester_id != person.pk:
        return ""
    asked = retraining.change
    return (
        f"asked on {day(asked.requested_at)} for the retraining that made version {change.version.number} "
        f"({asked.reference})"
    )


def _proposed(change: ChangeRequest, person) -> str:
    """Whoever proposed, drafted or first asked for what it is about, when somebody else asks for it now."""
    if change.kind == ChangeRequest.Kind.POLICY_CHANGE:
        draft = PolicyDraft.objects.filter(pk=change.terms["draft"], proposed_by=person).first()
        return f"drafted it on {day(draft.proposed_at)}" if draft else ""
    if change.kind == ChangeRequest.Kind.TIER_CHANGE:
        tier = change.model.tier_assessments.proposed().filter(proposed_by=person).first()
        return f"proposed the tier on {day(tier.proposed_at)}" if tier else ""
    renewed = change.renews
    if renewed is None or renewed.change.requester_id != person.pk:
        return ""
    return f"proposed {renewed.reference} on {day(renewed.change.requested_at)}"


def _validated(change: ChangeRequest, person) -> str:
    """Whoever is assigned to validate a version, or attested to validating it; a review of the model is of each."""
    version = change.version
    if version is None:
        return ""
    of_version = Q(request__version=version)
    of_model = Q(request__version=None, request__model=version.model_id, assigned_at__gte=version.registered_at)
    taken_part = Q(ended_at__isnull=True) | Q(attested_at__isnull=False)
    assignments = ValidatorAssignment.objects.filter(of_version | of_model, taken_part, person=person)
    if found := assignments.select_related("request").first():
        since = found.attested_at or found.assigned_at
        return f"validate it as {found.get_role_display().lower()} since {day(since)} ({found.request.reference})"
    return ""


def _decided(change: ChangeRequest, person) -> str:
    standing = Q(voided_at__isnull=True) | Q(meaning=Decision.Meaning.RECUSED)  # Who stepped aside stays aside.
    for decision in change.decisions.filter(standing).select_related("on_behalf_of", "person"):
        if person.pk == decision.person_id:
            aside = decision.meaning == Decision.Meaning.RECUSED
            return f"{'stepped aside' if aside else 'decided'} on {day(decision.decided_at)}"
        if person.pk == decision.on_behalf_of_id:
            return f"decided on {day(decision.decided_at)} through {decision.person}"
    return ""


def day(moment) -> str:
    return f"{moment:%d %B %Y}".lstrip("0")
