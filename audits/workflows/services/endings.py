"""Taking a change request back, and letting it expire."""

from datetime import datetime

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken
from mrm.sweeps import one_by_one


@governed()
def withdraw(change: ChangeRequest, *, reason: str, actor) -> ChangeRequest:
    """Take a request back: whoever asked may; where the system asked, the model's owner."""
    require(actor, KINDS[change.kind].asked_by, change.workspace_id, model_slug=change.model_slug or None)
    if actor and not may_withdraw(change, actor):
        raise NotPermitted("Only whoever asked for this change can withdraw it; the owner, where the system asked.")
    if not reason.strip():
        raise RuleBroken("Say why the request is withdrawn.")
    change = ChangeRequest.objects.select_for_update().get(pk=change.pk)
    move(change, "withdraw", outcome=reason, decided_at=timezone.now())
    record(Action.CHANGE_WITHDRAWN, actor=actor, subject=change, reason=reason)
    return change


def may_withdraw(change: ChangeRequest, person) -> bool:
    """What others ask about a model, its owner does not take back."""
    if change.requester_id:
        return person.pk == change.requester_id
    return change.model is not None and person.pk == change.model.owner_id


def expire_change_requests(now: datetime) -> None:
    """Requests that nobody decided in time end by themselves, each exactly once."""
    one_by_one(ChangeRequest.objects.pending().filter(expires_at__lte=now), lambda change: _expire(change, now))


@governed()
def _expire(change: ChangeRequest, now: datetime) -> None:
    change = ChangeRequest.objects.select_for_update().get(pk=change.pk)
    if change.state == ChangeState.PENDING and change.expires_at <= now:
        move(change, "expire", outcome="Nobody decided in time.", decided_at=now)
        record(Action.CHANGE_EXPIRED, actor=None, subject=change)
