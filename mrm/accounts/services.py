"""People, roles and tokens; and the one question every service asks first: may this actor do that here?"""

import hashlib
import secrets
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts import policies
from mrm.accounts.models import Person, RoleGrant, Token, Workspace
from mrm.accounts.policies import Permission, Role
from mrm.errors import NotPermitted, RuleBroken

TOKEN_LIFETIME = timedelta(days=90)
MOST_FAILURES = 5
FAILURES_FORGOTTEN_AFTER = 300  # seconds


def require(actor: Person | None, permission: Permission, workspace, *, model_slug: str | None = "") -> None:
    """Raise NotPermitted unless the actor may; the system (None) may always. Binds administrators like anybody else.

    `workspace` None asks for the permission in any workspace at all; `model_slug` None for any of the models that the
    actor's token is limited to, as a list does that shows only those.
    """
    if actor is None:
        return
    roles = actor.all_roles() if workspace is None else actor.roles_in(workspace)
    if not policies.may(permission, roles=roles, is_service=actor.is_service):
        held = ", ".join(sorted(policies.label(role) for role in roles)) or "no role"
        what = permission.replace("_", " ")
        raise NotPermitted(f"Your roles here ({held}) do not allow you to {what}.")
    token = actor.token
    if token is None:
        return
    if token.actions and permission not in token.actions:
        raise NotPermitted(
            f"This token may not {permission.replace('_', ' ')}; its scope is {', '.join(token.actions)}."
        )
    if workspace is not None and token.workspace_id != getattr(workspace, "pk", workspace):
        raise NotPermitted("This token belongs to another workspace.")
    if token.model_slugs and model_slug is not None and model_slug not in token.model_slugs:
        raise NotPermitted(f"This token may touch only these models: {', '.join(token.model_slugs)}.")


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


@governed()
def issue_token(
    person: Person, name: str, *, workspace, actions=(), models=(), expires_at=None, actor
) -> tuple[Token, str]:
    """A token and its secret, which is shown this once. People issue their own; administrators those of services."""
    if actor and actor.pk != person.pk:
        require(actor, Permission.MANAGE_PEOPLE, None)
        if not person.is_service:
            raise NotPermitted("An administrator issues tokens for service accounts only; people issue their own.")
    if actor and actor.token:
        raise NotPermitted("A token cannot issue another; sign in on the pages.")
    secret = f"mrm_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        person=person,
        name=name,
        prefix=secret[:10],
        secret_hash=_hash(secret),
        workspace=workspace,
        actions=[Permission(action) for action in actions],
        model_slugs=list(models),
        expires_at=expires_at or timezone.now() + TOKEN_LIFETIME,
    )
    scope = {"actions": token.actions, "models": token.model_slugs, "workspace": workspace.slug}
    record(Action.TOKEN_ISSUED, actor=actor, subject=token, person=str(person), scope=scope)
    return token, secret


@governed()
def revoke_token(token: Token, *, actor) -> None:
    if actor and actor.pk != token.person_id:
        require(actor, Permission.MANAGE_PEOPLE, None)
    token = Token.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(Action.TOKEN_REVOKED, actor=actor, subject=token)


def person_behind(secret: str) -> Person:
    """The person a token acts for, with `person.token` set; NotPermitted with the reason when it cannot be used."""
    token = Token.objects.select_related("person").filter(secret_hash=_hash(secret)).first()
    if token is None:
        raise NotPermitted("This token is not known here.")
    now = timezone.now()
    if reason := token.why_not_usable(now):
        raise NotPermitted(reason)
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    token.person.token = token
    return token.person


def reauthenticate(person: Person, *, password: str, code: str = "") -> str:
    """Prove again who is deciding; returns how, as the signature will record it.

    Whoever has enrolled a time-based code must give one. Wrong answers are counted: after a few the person has to wait.
    """
    counter = f"reauthentication-failures:{person.pk}"
    if cache.get(counter, 0) >= MOST_FAILURES:
        raise NotPermitted("Too many wrong passwords or codes; wait a few minutes, then sign again.")
    totp = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if not person.check_password(password):
        _count_failure(counter)
        raise NotPermitted("The password is not right; nothing was signed.")
    if totp is None:
        return "password"
    if not TOTP(totp).validate_code(code.strip()):
        _count_failure(counter)
        raise NotPermitted("The code of your authenticator app is missing or not right; nothing was signed.")
    return "password+totp"


def _count_failure(counter: str) -> None:
    cache.add(counter, 0, timeout=FAILURES_FORGOTTEN_AFTER)
    cache.incr(counter)


@transaction.atomic
def prepare_accounts() -> Workspace:
    """The default workspace, created once."""
    workspace, _ = Workspace.objects.get_or_create(slug="main", defaults={"name": "Main"})
    return workspace


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
