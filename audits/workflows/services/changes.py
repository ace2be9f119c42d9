"""Asking for a change, taking the request back, and letting it expire."""

from datetime import datetime

from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.gates import blockers_for_promotion
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.models.references import next_reference
from audits.workflows.services.evidence import digest_of, evidence_for
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState
from inventory import policies
from inventory.models import ModelVersion, Policy
from inventory.states import Stage, Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken

OPEN = (ChangeState.PENDING, ChangeState.APPROVED)


@governed()
def request_change(
    kind: str, version: ModelVersion, *, reason: str, breach: Breach | None = None, actor
) -> ChangeRequest:
    """Ask for a retraining, a promotion or a retirement. Freezes what the deciders will be shown."""
    model = version.model
    require(actor, Permission.REQUEST_CHANGE, model.workspace_id, model_slug=model.slug)
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    if reasons := _why_not_request(kind, version, breach, reason):
        raise RuleBroken(*reasons)
    policy = Policy.objects.in_force()
    evidence = evidence_for(kind, version, breach, reason)
    change = ChangeRequest.objects.create(
        reference=next_reference(ChangeRequest, "CR"),
        kind=kind,
        model=version.model,
        version=version,
        breach=breach,
        requester=actor,
        reason=reason,
        policy=policy,
        roles_required=policies.roles_required(policy.document, kind, version.model.tier),
        evidence=evidence,
        evidence_digest=digest_of(evidence),
        expires_at=timezone.now() + policies.expiry_of_changes(policy.document),
    )
    record(
        Action.CHANGE_REQUESTED,
        actor=actor,
        subject=change,
        kind=str(kind),
        version=version.number,
        evidence_digest=change.evidence_digest,
        policy=policy.number,
    )
    return change


@governed()
def withdraw(change: ChangeRequest, *, reason: str, actor) -> ChangeRequest:
    """Take a request back; its requester may, and so may the model's owner."""
    require(actor, Permission.REQUEST_CHANGE, change.model.workspace_id, model_slug=change.model_slug)
    if actor and actor.pk not in (change.requester_id, change.model.owner_id):
        raise NotPermitted("Only whoever asked for this change, or the model's owner, can withdraw it.")
    if not reason.strip():
        raise RuleBroken("Say why the request is withdrawn.")
    change = ChangeRequest.objects.select_for_update().get(pk=change.pk)
    move(change, "withdraw", outcome=reason, decided_at=timezone.now())
    record(Action.CHANGE_WITHDRAWN, actor=actor, subject=change, reason=reason)
    return change


def expire_change_requests(now: datetime) -> None:
    """Requests that nobody decided in time end by themselves, each exactly once."""
    for change in ChangeRequest.objects.pending().filter(expires_at__lte=now):
        _expire(change, now)


@governed()
def _expire(change: ChangeRequest, now: datetime) -> None:
    change = ChangeRequest.objects.select_for_update().get(pk=change.pk)
    if change.state == ChangeState.PENDING and change.expires_at <= now:
        move(change, "expire", outcome="Nobody decided in time.", decided_at=now)
        record(Action.CHANGE_EXPIRED, actor=None, subject=change)


def _why_not_request(kind: str, version: ModelVersion, breach: Breach | None, reason: str) -> list[str]:
    reasons = []
    if not reason.strip():
        reasons.append("Say why the change is asked for.")
    if breach and breach.version_id != version.pk:
        reasons.append(f"The {breach} is not one of {version}.")
    if version.model.status == Status.RETIRED:
        reasons.append(f"{version.model} is retired.")
    open_request = version.changes.filter(kind=kind, state__in=OPEN).first()
    if open_request:
        reasons.append(f"{open_request.reference} already asks for this.")
    if kind == ChangeRequest.Kind.PROMOTION:
        reasons += blockers_for_promotion(version)
    if kind == ChangeRequest.Kind.RETRAINING:
        reasons += why_not_retrain(version)
    return reasons


def why_not_retrain(version: ModelVersion) -> list[str]:
    """Every reason why this version cannot be retrained now."""
    reasons = []
    if version.stage not in (Stage.PRODUCTION, Stage.CHALLENGER):
        reasons.append(f"Only what runs can be retrained; {version} is {version.stage}.")
    if version.artifact_bytes is None:
        reasons.append(f"{version} has no artifact here to retrain.")
    waiting = Retraining.objects.filter(change__version=version, candidate__stage=Stage.CANDIDATE).first()
    if waiting:
        reasons.append(f"{waiting.candidate} was already retrained from it and awaits a decision.")
    return reasons
