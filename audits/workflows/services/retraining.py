"""Retraining: asked for on a breach, dispatched after approval, reported back by the pipeline."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from audits.assessments.models import Breach
from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services.changes import OPEN, request_change
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState, RetrainingState
from inventory import policies
from inventory.models import ModelVersion, Policy
from inventory.states import Stage
from mrm.adapters import training
from mrm.errors import NotPermitted, RuleBroken

ENDED_WITHOUT_CANDIDATE = (
    ChangeState.REJECTED,
    ChangeState.WITHDRAWN,
    ChangeState.EXPIRED,
    ChangeState.FAILED,
)


def open_retraining_requests(now: datetime) -> list[ChangeRequest]:
    """Ask for retraining where the policy says that a breach calls for it and nobody has asked or refused lately."""
    policy = Policy.objects.in_force()
    open_breaches = Breach.objects.open().filter(version__stage=Stage.PRODUCTION).select_related("version__model")
    return [_request_for(breach) for breach in open_breaches if _calls_for_retraining(breach, policy, now)]


def dispatch_approved_retrainings() -> None:
    """Start the pipeline of every approved retraining; outside any transaction, at least once, with one reference."""
    for retraining in Retraining.objects.filter(state=RetrainingState.APPROVED).select_related("change__model"):
        _dispatch(retraining)
    for retraining in Retraining.objects.filter(state=RetrainingState.DISPATCHED, pipeline=training.BUILT_IN):
        # The built-in pipeline may have died with its worker; it knows by the reference what it has already done.
        training.start(_order(retraining, secret=""))


def report_retraining(
    retraining: Retraining,
    *,
    state: str,
    secret: str,
    external_id: str = "",
    candidate: ModelVersion | None = None,
    metrics: dict | None = None,
    reason: str = "",
) -> Retraining:
    """What a pipeline says of its run, proved by the secret it was given. The end is recorded once."""
    if not hmac.compare_digest(hash_of(secret), retraining.callback_hash):
        raise NotPermitted("The secret of this call-back is not the one that was handed out.")
    if state == "started":
        return _note_start(retraining, external_id)
    if state == "succeeded":
        return finish_retraining(retraining, candidate=candidate, metrics=metrics or {}, external_id=external_id)
    return fail_retraining(retraining, reason=reason or "The pipeline gave no reason.")


@governed()
def finish_retraining(
    retraining: Retraining, *, candidate: ModelVersion | None, metrics: dict, external_id: str = ""
) -> Retraining:
    """The candidate is registered: the request that asked for it is carried out."""
    retraining = _locked(retraining)
    if retraining.state == RetrainingState.SUCCEEDED and retraining.candidate_id == getattr(candidate, "pk", None):
        return retraining
    if candidate is None or candidate.origin != retraining.change.reference:
        raise RuleBroken(f"The candidate must be registered with the origin {retraining.change.reference}.")
    now, change = timezone.now(), retraining.change
    move(
        retraining,
        "succeed",
        candidate=candidate,
        metrics=metrics,
        external_id=external_id or retraining.external_id,
        finished_at=now,
    )
    move(change, "complete", completed_at=now, outcome=f"{candidate} was trained and registered as a candidate.")
    record(Action.RETRAINING_REPORTED, actor=None, subject=retraining, state="succeeded", candidate=candidate.number)
    record(Action.CHANGE_COMPLETED, actor=None, subject=change, outcome=change.outcome)
    return retraining


@governed()
def fail_retraining(retraining: Retraining, *, reason: str) -> Retraining:
    """The pipeline could not do it; the request ends with the reason, and may be asked again."""
    retraining = _locked(retraining)
    move(retraining, "fail", reason=reason, finished_at=timezone.now())
    move(retraining.change, "fail", outcome=reason, completed_at=timezone.now())
    record(Action.RETRAINING_REPORTED, actor=None, subject=retraining, state="failed", reason=reason)
    record(Action.CHANGE_FAILED, actor=None, subject=retraining.change, reason=reason)
    return retraining


@governed()
def mark_dispatched(retraining: Retraining, external_id: str = "") -> Retraining:
    """The pipeline was started, or says so itself; whichever comes first is recorded."""
    retraining = _locked(retraining)
    if retraining.state == RetrainingState.APPROVED:
        move(retraining, "dispatch", external_id=external_id, dispatched_at=timezone.now())
        record(Action.RETRAINING_DISPATCHED, actor=None, subject=retraining, pipeline=retraining.pipeline)
    return retraining


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _calls_for_retraining(breach: Breach, policy: Policy, now: datetime) -> bool:
    version = breach.version
    score = version.column_with(Role.SCORE) or version.column_with(Role.PREDICTION)
    role = "score" if score and breach.column == score.name else "feature"
    asked_for = any(
        rule["measure"] == breach.measure
        and rule.get("role", role) == role
        and rule["verdict"] == breach.verdict
        and not breach.segment
        for rule in policy.document["retraining"]["on"]
    )
    if not asked_for or not version.artifact_sha256:
        return False
    earlier = version.changes.filter(kind=ChangeRequest.Kind.RETRAINING)
    if earlier.filter(state__in=OPEN).exists():
        return False
    if Retraining.objects.filter(change__version=version, candidate__stage=Stage.CANDIDATE).exists():
        return False
    since = now - policies.retraining_waits(policy.document)
    return not earlier.filter(breach=breach, state__in=ENDED_WITHOUT_CANDIDATE, requested_at__gt=since).exists()


def _request_for(breach: Breach) -> ChangeRequest:
    about = " ".join(part for part in (breach.measure.replace("_", " "), breach.column) if part)
    reason = f"The policy asks for retraining: {about} is {breach.verdict} on {breach.version}."
    return request_change(ChangeRequest.Kind.RETRAINING, breach.version, reason=reason, breach=breach, actor=None)


def _dispatch(retraining: Retraining) -> None:
    secret = secrets.token_urlsafe(32)
    _keep_secret(retraining, secret)
    external_id = training.start(_order(retraining, secret=secret), pipeline=retraining.pipeline)
    mark_dispatched(retraining, external_id)


@governed()
def _keep_secret(retraining: Retraining, secret: str) -> None:
    """Before the pipeline starts, since it may report back before `start` returns."""
    retraining = _locked(retraining)
    retraining.callback_hash = hash_of(secret)
    retraining.save(update_fields=["callback_hash"])


@governed()
def _note_start(retraining: Retraining, external_id: str) -> Retraining:
    retraining = _locked(retraining)
    retraining.external_id = external_id or retraining.external_id
    retraining.save(update_fields=["external_id"])
    record(Action.RETRAINING_REPORTED, actor=None, subject=retraining, state="started", external_id=external_id)
    return retraining


def _order(retraining: Retraining, *, secret: str) -> training.TrainingOrder:
    change = retraining.change
    return training.TrainingOrder(
        reference=change.reference,
        model=change.model.slug,
        version=change.version.number,
        callback_url=f"{settings.PUBLIC_URL}/api/v1/retraining/{change.reference}/events/",
        secret=secret,
    )


def _locked(retraining: Retraining) -> Retraining:
    rows = Retraining.objects.select_for_update(of=("self",)).select_related("change__model", "change__version")
    return rows.get(pk=retraining.pk)
