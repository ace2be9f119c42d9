"""Deciding for somebody who is away: given by them, for a time; it brings their conflicts with it."""

from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.models import Delegation
from inventory.models import Policy
from inventory.policies import needs_any_passkey
from mrm.accounts.models import Person
from mrm.accounts.policies import ALLOWED, Permission
from mrm.accounts.services import Act, Bound, require, statement_shown
from mrm.errors import NotPermitted, RuleBroken

LONGEST = timedelta(days=92)


def delegation_to(to: Person, *, ends_at: datetime, starts_at: datetime | None = None) -> Act:
    """Letting this person decide in one's place until a day. Nobody delegates what was delegated to them.

    By signature, for who finds a browser open would let themselves decide for whoever left it.
    """
    terms = _terms(to, starts_at, ends_at)
    since = f" from {starts_at:%d %B %Y}" if starts_at else ""
    return Act(
        name="delegated",
        meaning=lambda delegator: (
            f"{to} decides in my place{since} until {ends_at:%d %B %Y, %H:%M} UTC, with my "
            "conflicts as well as their own."
        ),
        refuse=partial(_refuse, to, starts_at, ends_at),
        facts=lambda delegator: {"delegator": str(delegator.pk), "deciding": _deciding(delegator)} | terms,
        role=lambda delegator, person: min(_deciding(delegator), default=""),
        done=partial(_give, to, starts_at, ends_at),
        bound=lambda delegator: _bound(),
        asks="Say why you delegate, such as a leave.",
        longest=2000,
        terms=lambda delegator: terms,
    )


def delegation_shown(reference, *, signer: Person) -> Act:
    """What the statement that was prepared for this person lets whom decide."""
    said = statement_shown(reference, signer=signer).body.get("terms", {})
    to = Person.objects.filter(pk=said["to"]).first() if "to" in said else None
    if to is None:
        raise RuleBroken("This statement is about something else. Nothing was signed.")
    moments = {name: datetime.fromisoformat(said[name]) for name in ("starts", "ends") if name in said}
    return delegation_to(to, ends_at=moments["ends"], starts_at=moments.get("starts"))


def _terms(to: Person, starts_at: datetime | None, ends_at: datetime) -> dict:
    begins = {"starts": starts_at.isoformat()} if starts_at else {}
    return {"to": str(to.pk), "ends": ends_at.isoformat()} | begins


def _bound() -> Bound:
    """What another may then decide is not signed by less than a passkey where the policy asks for one."""
    policy = Policy.objects.in_force()
    return Bound(policy.number, needs_any_passkey(policy.document))


def _deciding(delegator: Person) -> list[str]:
    return sorted(str(role) for role in delegator.all_roles() if role in ALLOWED[Permission.DECIDE_CHANGE])


def _refuse(to: Person, starts_at: datetime | None, ends_at: datetime, delegator: Person, *, actor: Person) -> None:
    require(actor, Permission.DECIDE_CHANGE, None)
    if actor.token:
        raise NotPermitted("A token delegates nothing; sign in on the pages.")
    if delegator.pk != actor.pk:
        raise NotPermitted("Whoever delegates signs it for themselves.")
    if reasons := _why_not(delegator, to, starts_at=starts_at or timezone.now(), ends_at=ends_at):
        raise RuleBroken(*reasons)


def _give(
    to: Person,
    starts_at: datetime | None,
    ends_at: datetime,
    delegator: Person,
    *,
    comment: str,
    signature,
    actor: Person,
) -> Delegation:
    delegation = Delegation.objects.create(
        delegator=actor, delegate=to, reason=comment, starts_at=starts_at or timezone.now(), ends_at=ends_at
    )
    told = _terms(to, starts_at, ends_at) | {"signature": signature.in_trail()}
    record(Action.DELEGATION_GIVEN, actor=actor, subject=delegation, **told)
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


def _why_not(delegator: Person, to: Person, *, starts_at: datetime, ends_at: datetime) -> list[str]:
    reasons = []
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
