"""Deciding for somebody who is away: given by them, for a time; it brings their conflicts with it."""

from datetime import datetime, timedelta

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.models import Delegation
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken

LONGEST = timedelta(days=92)


@governed()
def delegate(to: Person, *, reason: str, ends_at: datetime, starts_at: datetime | None = None, actor) -> Delegation:
    """Let another person decide in one's place until a day. Nobody delegates what was delegated to them."""
    require(actor, Permission.DECIDE_CHANGE, None)
    if actor.token:
        raise NotPermitted("A token delegates nothing; sign in on the pages.")
    starts_at = starts_at or timezone.now()
    if reasons := _why_not(actor, to, reason=reason, starts_at=starts_at, ends_at=ends_at):
        raise RuleBroken(*reasons)
    delegation = Delegation.objects.create(
        delegator=actor, delegate=to, reason=reason.strip(), starts_at=starts_at, ends_at=ends_at
    )
    record(Action.DELEGATION_GIVEN, actor=actor, subject=delegation, to=str(to.pk), ends=ends_at.isoformat())
    return delegation


@governed()
def revoke_delegation(delegation: Delegation, *, actor) -> Delegation:
    """Take it back; who gave it may, and who holds it."""
    delegation = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if actor and actor.pk not in (delegation.delegator_id, delegation.delegate_id):
        raise NotPermitted("Only who gave a delegation, or who holds it, ends it.")
    if delegation.revoked_at is None:
        delegation.revoked_at = timezone.now()
        delegation.save(update_fields=["revoked_at"])
        record(Action.DELEGATION_REVOKED, actor=actor, subject=delegation)
    return delegation


def _why_not(delegator: Person, to: Person, *, reason: str, starts_at: datetime, ends_at: datetime) -> list[str]:
    reasons = []
    if not reason.strip():
        reasons.append("Say why you delegate, such as a leave.")
    if to.pk == delegator.pk:
        reasons.append("Nobody delegates to themselves.")
    if to.is_service or not to.is_active:
        reasons.append(f"{to} cannot decide for anybody: a service account, or a closed one.")
    if not starts_at < ends_at <= starts_at + LONGEST:
        reasons.append(f"A delegation ends after it starts, and within {LONGEST.days} days.")
    roles, held = delegator.all_roles(), to.all_roles()
    lines = {"line": policies.line_of(roles), "own_line": policies.line_of(held)}
    excluded = policies.why_not_stand_in(roles, held=held, **lines)
    return reasons + [f"{to} cannot stand in: {why}" for why in excluded]
