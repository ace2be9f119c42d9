"""Asking for a change of any kind. Freezes what the deciders will be shown."""

from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.gates import Gate
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.models.references import next_reference
from audits.workflows.services.classification.effects import ask_for_validation
from audits.workflows.services.classification.proposing import propose_class
from audits.workflows.services.classification.weighing import Weights, weigh
from audits.workflows.services.evidence import digest_of, evidence_for
from audits.workflows.services.kinds import KINDS, cleaned
from audits.workflows.services.positions import approvals_needed, why_not_covered
from audits.workflows.services.supervision import why_not_ask
from inventory import policies
from inventory.models import Model, ModelVersion, Policy
from inventory.states import Status
from mrm.accounts.services import refuse_to_mislead, require
from mrm.errors import NotPermitted, RuleBroken, UnusableData


def request_change(
    kind: str,
    subject: ModelVersion | Model | None,
    *,
    reason: str,
    terms: dict | None = None,
    breach: Breach | None = None,
    renews: Arrangement | None = None,
    actor,
) -> ChangeRequest:
    """Ask for a change of a version, of a model as a whole, or (None) of the policy."""
    version = subject if isinstance(subject, ModelVersion) else None
    _require(kind, version.model if version else subject, actor)
    weights = weigh(kind, version)  # Reads rows, so before the pen is held.
    said = {"reason": reason, "terms": terms or {}, "breach": breach, "renews": renews}
    change, _ = _request(kind, subject, weights=weights, actor=actor, **said)
    return change


def _require(kind: str, model: Model | None, actor) -> None:
    where = model.workspace_id if model else None
    require(actor, KINDS[kind].asked_by, where, model_slug=model.slug if model else None)


def ask_within(
    envelope: Arrangement,
    kind: str,
    version: ModelVersion,
    *,
    told: dict,
    reason: str,
    terms: dict | None = None,
    breach: Breach | None = None,
    weights: Weights | None = None,
) -> tuple[ChangeRequest, Gate | None]:
    """What the system asks for on a standing approval, with the gate as it was asked; `told` is what its evidence says
    of it. Inside `governed()`.
    """
    return _request(
        kind,
        version,
        reason=reason,
        terms=terms or {},
        breach=breach,
        renews=None,
        weights=weights,
        actor=None,
        envelope=envelope,
        told={"envelope": told},
    )


@governed()
def _request(
    kind: str, subject, *, reason, terms: dict, breach, renews, weights: Weights | None, actor, envelope=None, told=None
) -> tuple[ChangeRequest, Gate | None]:
    _require(kind, subject.model if isinstance(subject, ModelVersion) else subject, actor)
    change = _drafted(kind, subject, reason=reason, breach=breach, renews=renews, actor=actor)
    change.envelope = envelope
    if change.version and actor and (why := why_not_ask(change.version, kind, actor)):
        raise NotPermitted(why)
    change.terms = cleaned(KINDS[kind], change, terms)
    change.about = KINDS[kind].at_stake(change)
    gate, policy = KINDS[kind].gate(change), change.policy
    if reasons := _why_not_request(change, gate):
        raise RuleBroken(*reasons)
    change.reference = next_reference(ChangeRequest, "CR")
    classification = propose_class(change, weights)
    change.roles_required = approvals_needed(change, classification)
    change.evidence = evidence_for(change, gate) | (told or {})
    refuse_to_mislead(change.evidence)
    change.evidence_digest = digest_of(change.evidence)
    change.expires_at = timezone.now() + policies.expiry_of_changes(policy.document)
    change.save(force_insert=True)
    if classification:
        classification.save(force_insert=True)
    record(
        Action.CHANGE_REQUESTED,
        actor=actor,
        subject=change,
        kind=str(kind),
        version=change.version.number if change.version else None,
        evidence_digest=change.evidence_digest,
        policy=policy.number,
        roles=change.roles_required,
        **({"change_class": classification.change_class} if classification else {}),
    )
    if classification and classification.is_material:
        ask_for_validation(change)
    return change, gate


def draft_change(
    kind: str, subject: ModelVersion | Model | None, *, renews: Arrangement | None = None
) -> ChangeRequest:
    """A request as it would be, unsaved: what a form asks which terms there are and what stands against it."""
    version = subject if isinstance(subject, ModelVersion) else None
    model = version.model if version else subject
    if KINDS[kind].about == "model" and not KINDS[kind].of_a_version:
        version = None
    return ChangeRequest(kind=kind, model=model, version=version, renews=renews, policy=Policy.objects.in_force())


def _drafted(kind: str, subject, *, reason: str, breach, renews, actor) -> ChangeRequest:
    if isinstance(subject, ModelVersion):
        rows = ModelVersion.objects.select_for_update(of=("self",)).select_related("model__workspace", "model__owner")
        subject = rows.get(pk=subject.pk)
    elif subject is not None:
        subject = Model.objects.select_for_update(of=("self",)).select_related("workspace", "owner").get(pk=subject.pk)
    change = draft_change(kind, subject, renews=renews)
    about = KINDS[kind].about
    if about == "version" and change.version is None:
        what = change.get_kind_display().lower()
        raise UnusableData(
            {"message": f"Name the version: {what} is about one version of a model.", "field": "version"}
        )
    if (about == "policy") != (change.model is None):
        told = "A change of the policy is about no model." if change.model else "Name the model that it is about."
        raise UnusableData({"message": told, "field": "model"})
    change.reason, change.breach, change.requester = reason, breach, actor
    return change


def _why_not_request(change: ChangeRequest, gate: Gate | None) -> list[str]:
    reasons, version, breach = [], change.version, change.breach
    if not change.reason.strip():
        reasons.append("Say why the change is asked for.")
    if breach and (version is None or breach.version_id != version.pk):
        reasons.append(f"The {breach} is not one of {version or change.model}.")
    if change.renews and change.renews.model_id != change.model_id:
        reasons.append(f"{change.renews.reference} is not about {change.model}.")
    if change.renews and change.renews.kind != KINDS[change.kind].renews:
        what, asked = change.renews.get_kind_display().lower(), change.get_kind_display().lower()
        reasons.append(f"{change.renews.reference}, of the kind {what}, is not renewed by a request for {asked}.")
    if why := why_not_covered(change):
        reasons.append(why)
    if change.model and change.model.status == Status.RETIRED and not KINDS[change.kind].also_of_retired:
        reasons.append(f"{change.model} is retired.")
    open_request = ChangeRequest.objects.unfinished().filter(kind=change.kind, about=change.about).first()
    open_request = open_request or _of_the_same_version(change)
    if open_request:
        reasons.append(f"{open_request.reference} already asks for this.")
    against = KINDS[change.kind].reasons_against(change, gate)
    return reasons + [reason for reason in against if reason not in reasons]


def _of_the_same_version(change: ChangeRequest) -> ChangeRequest | None:
    """A request from before requests named what is at stake."""
    if change.version is None:
        return None
    return change.version.changes.unfinished().filter(kind=change.kind, about="").first()
