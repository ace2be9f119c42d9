"""Roles: one person proposes, another approves, anyone of them takes back."""

from datetime import timedelta

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts import policies
from mrm.accounts.models import Person, RoleGrant, Signature
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services.acts import Act
from mrm.accounts.services.permissions import require
from mrm.accounts.states import GRANT_TRANSITIONS, GrantState
from mrm.errors import NotPermitted, RuleBroken
from mrm.pages.wording import day

BY_THE_SYSTEM = "Given by the system itself."
ENOUGH_APPROVERS = 2


@governed()
def grant_role(
    person: Person, role: Role, *, workspace=None, models=(), ends_at=None, reason="", actor, alone_because=""
) -> RoleGrant:
    """Give a role: in force at once where the system gives it, else proposed until a second person approves."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    if actor and actor.pk == person.pk:
        raise NotPermitted("Nobody grants a role to themselves.")
    person = Person.objects.select_for_update().get(pk=person.pk)
    if reasons := _why_not_grant(person, role, workspace=workspace, models=models, ends_at=ends_at, actor=actor):
        raise RuleBroken(*reasons)
    fields = {"workspace": workspace, "model_slugs": sorted(models), "reason": reason}
    if actor is None:
        because = alone_because or BY_THE_SYSTEM
        at_once = {"state": GrantState.GRANTED, "alone_because": because}
        grant = RoleGrant.objects.create(person=person, role=role, ends_at=ends_at, **fields, **at_once)
        record(Action.ROLE_GRANTED, actor=None, subject=person, **_in_force(grant), alone_because=because)
        return grant
    longest = timezone.now() + timedelta(days=policies.longest_days(role))
    grant = RoleGrant.objects.create(
        person=person, role=role, granted_by=actor, ends_at=min(ends_at or longest, longest), **fields
    )
    record(Action.ROLE_PROPOSED, actor=actor, subject=person, **_told(grant))
    return grant


def _refuse_approval(grant: RoleGrant, *, actor) -> None:
    if reasons := why_not_decide_grant(grant, person=actor):
        raise NotPermitted(*reasons)
    _after(grant, "approve")
    holder = Person.objects.get(pk=grant.person_id)
    faults = _why_not_grant(
        holder, grant.role, workspace=grant.workspace, models=grant.model_slugs, ends_at=grant.ends_at, approving=True
    )
    if faults:
        raise RuleBroken(*faults)


def _approve(grant: RoleGrant, *, comment: str, signature: Signature, actor) -> RoleGrant:
    """The second person agrees; from now on the role is in force."""
    grant, now = _locked(grant), timezone.now()
    Person.objects.select_for_update().get(pk=grant.person_id)  # Nobody gives them another role meanwhile.
    _move(grant, "approve", decided_by=actor, decided_at=now, starts_at=now)
    told = _in_force(grant) | {"proposed_by": str(grant.granted_by), "signature": signature.in_trail()}
    record(Action.ROLE_GRANTED, actor=actor, subject=grant.person, **told)
    return grant


def _told(grant: RoleGrant) -> dict:
    until = {"until": grant.ends_at.isoformat(timespec="seconds")} if grant.ends_at else {}
    return _what(grant) | until


def _in_force(grant: RoleGrant) -> dict:
    return _told(grant) | {"since": grant.starts_at.isoformat()}


def _what(grant: RoleGrant) -> dict:
    models = {"models": grant.model_slugs} if grant.model_slugs else {}
    return {"role": grant.role, "workspace": str(grant.workspace or "all")} | models


def _facts(grant: RoleGrant) -> dict:
    told = {"grant": str(grant.pk), "person": str(grant.person_id), "state": grant.state}
    return told | _told(grant) | {"reason": grant.reason, "proposed_by": str(grant.granted_by_id or "")}


def _named(grant: RoleGrant) -> str:
    return f"{grant.get_role_display().lower()} in {grant.workspace or 'all'}"


def _meaning(grant: RoleGrant) -> str:
    until = f", until {day(grant.ends_at)}" if grant.ends_at else ""
    return f"I agree that {grant.person} is {_named(grant)}{until}."


def _approving_role(grant: RoleGrant, person: Person) -> str:
    held = person.roles_in(grant.workspace_id) if grant.workspace_id else person.roles_everywhere()
    return next((role for role in Role if role in held & policies.ALLOWED[Permission.APPROVE_ROLE]), "")


ROLE_APPROVAL = Act(
    name="role_approved",
    meaning=_meaning,
    refuse=_refuse_approval,
    facts=_facts,
    role=_approving_role,
    done=_approve,
    about=lambda grant: grant.person,
    terms=_told,
)


def _refuse_to_refuse(grant: RoleGrant, *, actor) -> None:
    _after(grant, "refuse")
    if reasons := why_not_decide_grant(grant, person=actor):
        raise NotPermitted(*reasons)


def _refuse_grant(grant: RoleGrant, *, comment: str, signature: Signature, actor) -> RoleGrant:
    grant = _locked(grant)
    _move(grant, "refuse", decided_by=actor, decided_at=timezone.now(), ended_because=comment)
    told = _told(grant) | {"reason": comment, "signature": signature.in_trail()}
    record(Action.ROLE_REFUSED, actor=actor, subject=grant.person, **told)
    return grant


ROLE_REFUSAL = Act(
    name="role_refused",
    meaning=lambda grant: f"I refuse that {grant.person} becomes {_named(grant)}.",
    refuse=_refuse_to_refuse,
    facts=_facts,
    role=_approving_role,
    done=_refuse_grant,
    about=lambda grant: grant.person,
    terms=_told,
    asks="Say why the role is refused; whoever proposed it needs to know.",
)


def _refuse_revocation(grant: RoleGrant, *, actor) -> None:
    """One person is enough to take power away: whoever could approve it there."""
    if not _may_approve_there(grant, actor):
        require(actor, Permission.MANAGE_PEOPLE, None)
    _after(grant, "revoke")
    if grant.ends_at and grant.ends_at <= timezone.now():
        raise RuleBroken("This role has ended already.")


def _revoke(grant: RoleGrant, *, comment: str, signature: Signature, actor) -> RoleGrant:
    grant = _locked(grant)
    take_back(grant, reason=comment, actor=actor, signature=signature.in_trail())
    return grant


ROLE_REVOCATION = Act(
    name="role_revoked",
    meaning=lambda grant: f"I take back that {grant.person} is {_named(grant)}, at once.",
    refuse=_refuse_revocation,
    facts=_facts,
    role=_approving_role,
    done=_revoke,
    about=lambda grant: grant.person,
    terms=_what,
    asks="Say why the role is taken back; its holder needs to know.",
)


def take_back(grant: RoleGrant, *, reason: str, actor, **told) -> None:
    """End a role that was locked by the caller, inside their governed block. `told` is what else its entry says."""
    end_grant(grant, "revoke", because=reason, now=timezone.now())
    record(Action.ROLE_REVOKED, actor=actor, subject=grant.person, **_told(grant), reason=reason, **told)


def why_not_decide_grant(grant: RoleGrant, *, person: Person) -> list[str]:
    """Every reason why this person may not approve or refuse a proposed role; empty if they may."""
    reasons = why_not_confirm_grant(grant, person=person)
    if person.pk == grant.granted_by_id:
        reasons.append("You proposed it; a second person has to approve it.")
    return reasons


def _may_approve_there(grant: RoleGrant, person: Person) -> bool:
    roles = person.roles_in(grant.workspace_id) if grant.workspace_id else person.roles_everywhere()
    return policies.may(Permission.APPROVE_ROLE, roles=roles, is_service=person.is_service)


def why_not_confirm_grant(grant: RoleGrant, *, person: Person) -> list[str]:
    """Every reason why this person may not say that somebody needs this role; empty if they may."""
    reasons = []
    if not _may_approve_there(grant, person):
        where = grant.workspace or "every workspace"
        reasons.append(f"An administrator or a risk officer of {where} decides about a role there.")
    if person.pk == grant.person_id:
        reasons.append("Nobody decides about their own role.")
    if grant.person_id in person.made_approver_by:
        reasons.append(f"{grant.person} had a hand in making you an approver; ask somebody they did not make one.")
    if person.token:
        reasons.append("A token decides nothing; sign in on the pages.")
    return reasons


def approvers() -> int:
    """How many people can approve a role now. With fewer than two, nobody's proposal could come into force."""
    roles = [role for role in Role if role in policies.ALLOWED[Permission.APPROVE_ROLE]]
    held = RoleGrant.objects.in_force(timezone.now()).filter(role__in=roles, person__is_active=True)
    return held.filter(person__kind=Person.Kind.HUMAN).values("person").distinct().count()


def end_grant(grant: RoleGrant, event: str, *, because: str, now) -> None:
    """Move a role that was locked by the caller out of force, inside their governed block."""
    _move(grant, event, ends_at=max(now, grant.starts_at), ended_because=because)


def _why_not_grant(person, role, *, workspace, models, ends_at, actor=None, approving=False) -> list[str]:
    reasons = []
    if reason := policies.why_not_hold(role, person.all_roles()):
        reasons.append(reason)
    if models and workspace is None:
        reasons.append("A role for single models belongs to one workspace; choose it.")
    if not person.is_active:
        reasons.append(f"The account of {person} is closed.")
    now = timezone.now()
    if ends_at and ends_at <= now:
        reasons.append("The role would be over before it begins; choose a later date.")
    if role == Role.EXAMINER and actor and ends_at is None:
        reasons.append("An examiner reads for a time; say until when.")
    same = RoleGrant.objects.filter(person=person, role=role, workspace=workspace)
    if not approving and actor and same.proposed().exists():
        reasons.append("This role is already proposed and awaits a second person.")
    return reasons


def _move(grant: RoleGrant, event: str, **fields) -> None:
    """Along the one table of transitions."""
    for name, value in ({"state": _after(grant, event)} | fields).items():
        setattr(grant, name, value)
    grant.save(update_fields=["state", *fields])


def _after(grant: RoleGrant, event: str) -> GrantState:
    target = GRANT_TRANSITIONS.get((GrantState(grant.state), event))
    if target is None:
        raise RuleBroken(f"This role is already {grant.state}.")
    return target


def _locked(grant: RoleGrant) -> RoleGrant:
    rows = RoleGrant.objects.select_for_update(of=("self",)).select_related("person", "workspace", "granted_by")
    return rows.get(pk=grant.pk)
