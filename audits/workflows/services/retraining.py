"""Retraining: asked for on a breach, dispatched after approval, reported back by the pipeline."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services.changes import request_change
from audits.workflows.services.envelopes import start_within
from audits.workflows.services.kinds.promotion import conclude_retraining
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState, RetrainingState
from inventory import policies
from inventory.artifacts import output_column
from inventory.models import ModelVersion, Policy
from inventory.states import UNDECIDED, Stage
from mrm.adapters import training
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.facts import why_not_kept
from mrm.locks import held
from mrm.pages import wording
from mrm.sweeps import one_by_one

MOST_ATTEMPTS = 3
ENDED_WITHOUT_CANDIDATE = (
    ChangeState.REJECTED,
    ChangeState.WITHDRAWN,
    ChangeState.EXPIRED,
    ChangeState.FAILED,
)


def open_retraining_requests(now: datetime) -> list[ChangeRequest]:
    """Ask for retraining where the policy says that a breach calls for it and nobody has asked or refused lately.

    Of several breaches of a version, the one that the policy names first is the reason.
    """
    policy = Policy.objects.in_force()
    breaches = (
        Breach.objects.open().filter(version__stage=Stage.PRODUCTION).select_related("version__model", "last_run")
    )
    places = {breach: place for breach in breaches if (place := _place_in_policy(breach, policy)) is not None}
    urgent_first = sorted(places, key=places.get)
    opened = []

    def ask(breach: Breach) -> None:
        if _may_ask(breach, policy, now):
            opened.append(_request_for(breach))

    one_by_one(urgent_first, ask)
    return opened


def dispatch_approved_retrainings() -> None:
    """Start the pipeline of every approved retraining; outside any transaction, at least once, with one reference."""
    retrainings = Retraining.objects.select_related("change__model", "change__version")
    for retraining in retrainings.filter(state=RetrainingState.APPROVED):
        with held(retraining.change_id) as mine:  # Two at a time would hand out two secrets, of which one opens.
            if mine and _keep_secret(retraining, secret := secrets.token_urlsafe(32)):
                external_id = training.start(_order(retraining, secret=secret), pipeline=retraining.pipeline)
                mark_dispatched(retraining, external_id)
    for retraining in retrainings.filter(state=RetrainingState.DISPATCHED, pipeline=training.BUILT_IN):
        # The built-in pipeline may have died with its worker; it knows by the reference what it has already done.
        training.start(_order(retraining, secret=""))


def report_retraining(
    retraining: Retraining | None,
    *,
    state: str,
    secret: str,
    external_id: str = "",
    metrics: dict | None = None,
    reason: str = "",
) -> Retraining:
    """What a pipeline says of its run, proved by the secret it was given. The same again changes nothing.

    Who does not know the secret does not learn either whether there is such a retraining (None).
    """
    if retraining is None or not hmac.compare_digest(hash_of(secret), retraining.callback_hash):
        raise NotPermitted("The secret of this call-back is not the one that was handed out.")
    if why := why_not_kept(metrics or {}):
        raise UnusableData({"message": f"metrics {why}", "field": "metrics"})
    started = mark_dispatched(retraining, external_id)
    if state == "started":
        return started
    if state == "succeeded":
        change = started.change
        candidate = change.model.versions.filter(origin=change.reference).first()
        return finish_retraining(retraining, candidate=candidate, metrics=metrics or {}, external_id=external_id)
    return fail_retraining(retraining, reason=reason.strip() or "The pipeline gave no reason.")


@governed()
def finish_retraining(
    retraining: Retraining, *, candidate: ModelVersion | None, metrics: dict, external_id: str = ""
) -> Retraining:
    """The candidate is registered: the request that asked for it is carried out."""
    retraining = _locked(retraining)
    if candidate and retraining.candidate_id == candidate.pk:
        return retraining
    if candidate is None or candidate.origin != retraining.change.reference:
        raise RuleBroken(f"Register the candidate first, with the origin {retraining.change.reference}.")
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
    if candidate.promoted_at:  # Before the pipeline reported back.
        conclude_retraining(candidate, actor=None)
        retraining.refresh_from_db()
    return retraining


@governed()
def fail_retraining(retraining: Retraining, *, reason: str) -> Retraining:
    """The pipeline could not do it; the request ends with the reason, and may be asked again."""
    retraining = _locked(retraining)
    if retraining.state == RetrainingState.FAILED and retraining.reason == reason:
        return retraining
    move(retraining, "fail", reason=reason, finished_at=timezone.now())
    move(retraining.change, "fail", outcome=reason, completed_at=timezone.now())
    record(Action.RETRAINING_REPORTED, actor=None, subject=retraining, state="failed", reason=reason)
    record(Action.CHANGE_FAILED, actor=None, subject=retraining.change, reason=reason)
    return retraining


@governed()
def begin_attempt(retraining: Retraining) -> bool:
    """Whether the built-in pipeline may go to work. After too many attempts that gave no answer, it fails instead."""
    retraining = mark_dispatched(retraining)
    if retraining.state != RetrainingState.DISPATCHED:
        return False
    retraining.attempt += 1
    retraining.save(update_fields=["attempt"])
    if retraining.attempt > MOST_ATTEMPTS:
        reason = f"Stopped after {MOST_ATTEMPTS} attempts, each of which ended without an answer; the log says more."
        fail_retraining(retraining, reason=reason)
    return retraining.attempt <= MOST_ATTEMPTS


@governed()
def mark_dispatched(retraining: Retraining, external_id: str = "") -> Retraining:
    """The pipeline was started, or says so itself; whichever comes first is recorded."""
    retraining = _locked(retraining)
    if retraining.state == RetrainingState.APPROVED:
        move(retraining, "dispatch", external_id=external_id, dispatched_at=timezone.now())
        record(Action.RETRAINING_DISPATCHED, actor=None, subject=retraining, pipeline=retraining.pipeline)
    elif retraining.state == RetrainingState.DISPATCHED and external_id not in ("", retraining.external_id):
        retraining.external_id = external_id
        retraining.save(update_fields=["external_id"])
        record(Action.RETRAINING_REPORTED, actor=None, subject=retraining, state="started", external_id=external_id)
    return retraining


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _place_in_policy(breach: Breach, policy: Policy) -> int | None:
    """Which of the policy's reasons for retraining this breach is, from 0; None if it is none."""
    output = output_column(breach.version)
    role = "score" if output and breach.column == output.name else "feature"
    for place, rule in enumerate(policy.section("retraining")["on"]):
        if (rule["measure"], rule["verdict"], rule.get("role", role)) == (breach.measure, breach.verdict, role):
            return None if breach.segment else place
    return None


def _may_ask(breach: Breach, policy: Policy, now: datetime) -> bool:
    version = breach.version
    earlier = version.changes.filter(kind=ChangeRequest.Kind.RETRAINING)
    if version.artifact_bytes is None or earlier.unfinished().exists():
        return False
    if Retraining.objects.filter(change__version=version, candidate__stage__in=UNDECIDED).exists():
        return False
    since = now - policies.retraining_waits(policy.document)
    if Retraining.objects.filter(change__breach=breach, abandoned_at__gt=since).exists():
        return False
    return not earlier.filter(breach=breach, state__in=ENDED_WITHOUT_CANDIDATE, requested_at__gt=since).exists()


def _request_for(breach: Breach) -> ChangeRequest:
    about = wording.case(breach.measure, breach.column)
    reason = f"The policy asks for retraining: {about} is {breach.verdict} on {breach.version}."
    started = start_within(breach.version, reason=reason, breach=breach)
    return started or request_change(
        ChangeRequest.Kind.RETRAINING, breach.version, reason=reason, breach=breach, actor=None
    )


@governed()
def _keep_secret(retraining: Retraining, secret: str) -> bool:
    """Before the pipeline starts, since it may report back before `start` returns. False if it has started already."""
    retraining = _locked(retraining)
    if retraining.state != RetrainingState.APPROVED:
        return False
    retraining.callback_hash = hash_of(secret)
    retraining.save(update_fields=["callback_hash"])
    return True


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
