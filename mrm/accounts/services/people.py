"""Workspaces and accounts."""

from django.db import transaction

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services.permissions import require
from mrm.errors import RuleBroken


@governed()
def create_workspace(slug: str, name: str, *, actor) -> Workspace:
    require(actor, Permission.MANAGE_PEOPLE, None)
    return Workspace.objects.create(slug=slug, name=name)


@governed()
def create_person(email: str, display_name: str, *, password: str | None = None, kind=Person.Kind.HUMAN, actor):
    """A person who can sign in, or a service account, which never can."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    if Person.objects.filter(email__iexact=email).exists():
        raise RuleBroken(f"There is already an account for {email}.")
    person = Person(email=email.lower(), display_name=display_name, kind=kind)
    person.set_password(None if kind == Person.Kind.SERVICE else password)
    person.save()
    record(Action.PERSON_CREATED, actor=actor, subject=person, kind=kind)
    return person


@transaction.atomic
def prepare_accounts() -> Workspace:
    """The default workspace, created once."""
    workspace, _ = Workspace.objects.get_or_create(slug="main", defaults={"name": "Main"})
    return workspace
