"""Recertification: every so often each role in force is confirmed by somebody else, or it lapses."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts.models import Recertification, RoleGrant
from mrm.accounts.services.grants import end_grant, why_not_confirm_grant
from mrm.accounts.states import GrantState
from mrm.errors import NotPermitted, RuleBroken
from mrm.sweeps import one_by_one

Outcome = Recertification.Outcome


@governed()
def open_recertification(now: datetime, *, every: timedelta, answer_within: timedelta) -> list[Recertification]:
    """Ask for the confirmation of every role in force, once per cycle, the first one a cycle after the first role."""
    last = Recertification.objects.order_by("-opened_at").values_list("opened_at", flat=True).first()
    last = last or RoleGrant.objects.aggregate(first=Min("starts_at"))["first"]
    if last is None or last + every > now:
        return []
    grants = RoleGrant.objects.in_force(now)
    opened = Recertification.objects.bulk_create(
        Recertification(grant=grant, opened_at=now, due_at=now + answer_within) for grant in grants
    )
    if opened:
        told = {"roles": len(opened), "due_at": (now + answer_within).isoformat(timespec="seconds")}
        record(Action.ROLES_RECERTIFIED, actor=None, subject=opened[0], **told)
    return opened


@governed()
def confirm_role(recertification: Recertification, *, actor) -> Recertification:
    """Say that somebody still needs their role; never about one's own."""
    row = _locked(recertification)
    if reasons := why_not_confirm_grant(row.grant, person=actor):
        raise NotPermitted(*reasons)
    if row.outcome != Outcome.PENDING or row.due_at <= timezone.now():
        raise RuleBroken(f"This role is no longer waiting to be confirmed: {row.get_outcome_display().lower()}.")
    if _is_over(row.grant, timezone.now()):
        raise RuleBroken("This role has ended already.")
    _settle(row, Outcome.CONFIRMED, by=actor)
    record(Action.ROLE_CONFIRMED, actor=actor, subject=row.grant.person, role=row.grant.role)
    return row


def end_unconfirmed(now: datetime) -> None:
    """Roles that nobody confirmed in time lapse, each exactly once."""
    one_by_one(Recertification.objects.open().filter(due_at__lte=now), lambda row: _lapse(row, now))


@governed()
def _lapse(recertification: Recertification, now: datetime) -> None:
    row = _locked(recertification)
    if row.outcome != Outcome.PENDING:
        return
    grant = row.grant
    if _is_over(grant, now):
        _settle(row, Outcome.OVER)
        return
    _settle(row, Outcome.LAPSED)
    because = f"Nobody confirmed it by {row.due_at:%d %B %Y}."
    end_grant(grant, "lapse", because=because, now=now)
    record(Action.ROLE_LAPSED, actor=None, subject=grant.person, role=grant.role, because=because)


def _is_over(grant: RoleGrant, now: datetime) -> bool:
    return grant.state != GrantState.GRANTED or bool(grant.ends_at and grant.ends_at <= now)


def _settle(row: Recertification, outcome: str, *, by=None) -> None:
    row.outcome, row.decided_by, row.decided_at = outcome, by, timezone.now()
    row.save(update_fields=["outcome", "decided_by", "decided_at"])


def _locked(recertification: Recertification) -> Recertification:
    rows = Recertification.objects.select_for_update(of=("self", "grant"))
    return rows.select_related("grant__person", "grant__workspace").get(pk=recertification.pk)
