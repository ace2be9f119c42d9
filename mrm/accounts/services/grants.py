"""Roles: giving one, and taking it back."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts import policies
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services.permissions import require
from mrm.errors import NotPermitted, RuleBroken


@governed()
def grant_role(person: Person, role: Role, *, workspace=None, ends_at=None, actor) -> RoleGrant:
    require(actor, Permission.MANAGE_PEOPLE, None)
    if actor and actor.pk == person.pk:
        raise NotPermitted("Nobody grants a role to themselves.")
    person = Person.objects.select_for_update().get(pk=person.pk)
    if reason := policies.why_not_hold(role, person.all_roles()):
        raise RuleBroken(reason)
    grant = RoleGrant.objects.create(person=person, role=role, workspace=workspace, ends_at=ends_at, granted_by=actor)
    record(Action.ROLE_GRANTED, actor=actor, subject=person, role=role, workspace=str(workspace or "all"))
    return grant


@governed()
def revoke_role(grant: RoleGrant, *, actor) -> None:
    require(actor, Permission.MANAGE_PEOPLE, None)
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    now = timezone.now()
    if grant.ends_at is None or grant.ends_at > now:
        grant.ends_at = now
        grant.save(update_fields=["ends_at"])
        record(Action.ROLE_REVOKED, actor=actor, subject=grant.person, role=grant.role)
