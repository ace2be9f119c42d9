"""Workspaces and accounts."""

from django.db import transaction

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts.models import Person, Signature, Workspace
from mrm.accounts.policies import ALLOWED, Permission
from mrm.accounts.services.acts import Act
from mrm.accounts.services.grants import take_back
from mrm.accounts.services.permissions import require
from mrm.accounts.services.sessions import end_sessions
from mrm.accounts.services.tokens import revoke_token
from mrm.accounts.states import GrantState
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from mrm.reading import fault_in_shown_name

OVER = (GrantState.REFUSED, GrantState.REVOKED, GrantState.LAPSED)


@governed()
def create_workspace(slug: str, name: str, *, actor) -> Workspace:
    require(actor, Permission.MANAGE_PEOPLE, None)
    return Workspace.objects.create(slug=slug, name=name)


@governed()
def create_person(
    email: str, display_name: str, *, password: str | None = None, kind=Person.Kind.HUMAN, origin: str = "", actor
) -> Person:
    """A person who can sign in, or a service account, which never can. `origin` says what made it, if not somebody."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    if Person.objects.filter(email__iexact=email).exists():
        raise RuleBroken(f"There is already an account for {email}.")
    if fault := fault_in_shown_name(display_name):
        raise UnusableData({"message": f"The name {fault}", "field": "display_name"})
    person = Person(email=email.lower(), display_name=display_name, kind=kind)
    person.set_password(None if kind == Person.Kind.SERVICE else password)
    person.password_given_by = actor if person.has_usable_password() else None
    person.save()
    told = {"kind": kind, "password": person.password_digest} | ({"origin": origin} if origin else {})
    record(Action.PERSON_CREATED, actor=actor, subject=person, **told)
    return person


def _refuse_closure(person: Person, *, actor) -> None:
    require(actor, Permission.MANAGE_PEOPLE, None)
    if actor.pk == person.pk:
        raise NotPermitted("Nobody closes their own account; ask another administrator.")
    if not person.is_active:
        raise RuleBroken(f"The account of {person} is already closed.")


def _close(person: Person, *, comment: str, signature: Signature, actor) -> Person:
    """End everything an account can do, at once: its roles, its tokens and its sessions."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    for grant in person.grants.select_for_update(of=("self",)).exclude(state__in=OVER):
        take_back(grant, reason=f"The account was closed: {comment}", actor=None)
    for token in person.tokens.filter(revoked_at__isnull=True):
        revoke_token(token, actor=actor)
    end_sessions(person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    record(Action.PERSON_CLOSED, actor=actor, subject=person, reason=comment, signature=signature.in_trail())
    return person


def _facts(person: Person) -> dict:
    held = person.grants.exclude(state__in=OVER).values_list("pk", flat=True)
    return {"person": str(person.pk), "roles": sorted(map(str, held))}


ACCOUNT_CLOSURE = Act(
    name="account_closed",
    meaning=lambda person: f"I close the account of {person}: its roles, tokens and sign-ins end at once.",
    refuse=_refuse_closure,
    facts=_facts,
    role=lambda person, actor: min(ALLOWED[Permission.MANAGE_PEOPLE] & actor.all_roles(), default=""),
    done=_close,
    asks="Say why the account is closed.",
)


@governed()
def reopen_account(person: Person, *, actor) -> Person:
    """Let somebody sign in again. They hold nothing: every role is proposed and approved anew."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.is_active:
        raise RuleBroken(f"The account of {person} is open.")
    person.is_active = True
    person.save(update_fields=["is_active"])
    record(Action.PERSON_REOPENED, actor=actor, subject=person)
    return person


@transaction.atomic
def prepare_accounts() -> Workspace:
    """The default workspace, created once."""
    workspace, _ = Workspace.objects.get_or_create(slug="main", defaults={"name": "Main"})
    return workspace
