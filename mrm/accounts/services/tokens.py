"""Tokens: issued once, known by their hash, ended at any time."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import DEFAULT_DB_ALIAS
from django.db.models import OuterRef, TextField
from django.db.models.functions import Cast, JSONObject, Now
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from mrm.accounts.models import Person, RoleGrant, Token, Workspace
from mrm.accounts.policies import ALLOWED_TO_SERVICES, Permission, Role
from mrm.accounts.services.permissions import require
from mrm.errors import NotPermitted, RuleBroken
from mrm.prepared import Prepared

TOKEN_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=366)
OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)


@governed()
def issue_token(
    person: Person, name: str, *, workspace, actions=(), models=(), version=None, expires_at=None, actor
) -> tuple[Token, str]:
    """A token and its secret, which is shown this once. People issue their own; administrators those of services.

    With the number of a `version` it stands in the address that events about this version are sent to.
    """
    if actor and actor.pk != person.pk:
        require(actor, Permission.MANAGE_PEOPLE, None)
        if not person.is_service:
            raise NotPermitted("An administrator issues tokens for service accounts only; people issue their own.")
    if actor and actor.token:
        raise NotPermitted("A token cannot issue another; sign in on the pages.")
    if refused := sorted(set(actions) - ALLOWED_TO_SERVICES) if person.is_service else []:
        words = ", ".join(action.replace("_", " ") for action in refused)
        raise RuleBroken(f"A service account never may {words}; it pushes data and drafts.")
    if version is not None and (set(actions) != {Permission.LOG_DATA} or len(set(models)) != 1):
        raise RuleBroken("A token for one version stands in an address, so it may log data and touch one model only.")
    now = timezone.now()
    expires_at = expires_at or now + TOKEN_LIFETIME
    if not now < expires_at <= now + LONGEST_LIFETIME:
        raise RuleBroken("A token expires in the future, and at most a year from now.")
    secret = f"mrm_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        person=person,
        name=name,
        prefix=secret[:10],
        secret_hash=_hash(secret),
        workspace=workspace,
        actions=[Permission(action) for action in actions],
        model_slugs=list(models),
        version_number=version,
        expires_at=expires_at,
    )
    scope = {"actions": token.actions, "models": token.model_slugs, "workspace": workspace.slug}
    if version is not None:
        scope["version"] = version
    record(Action.TOKEN_ISSUED, actor=actor, subject=token, person=str(person), scope=scope)
    return token, secret


@governed()
def rotate_token(token: Token, *, overlap: timedelta = OVERLAP, actor) -> tuple[Token, str]:
    """The same token with another secret; the earlier secret works for `overlap` more, so that nothing stands still."""
    token = Token.objects.select_for_update(of=("self",)).select_related("person", "workspace").get(pk=token.pk)
    now = timezone.now()
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise RuleBroken(f"The earlier secret works for {LONGEST_OVERLAP.days} more days at most, or for none.")
    if reason := token.why_not_usable(now):
        raise RuleBroken(f"{reason} Only a token that works can be rotated.")
    successor, secret = issue_token(
        token.person,
        token.name,
        workspace=token.workspace,
        actions=token.actions,
        models=token.model_slugs,
        version=token.version_number,
        expires_at=now + (token.expires_at - token.created_at),
        actor=actor,
    )
    token.expires_at = min(token.expires_at, now + overlap)
    token.save(update_fields=["expires_at"])
    until = token.expires_at.isoformat(timespec="seconds")
    record(Action.TOKEN_ROTATED, actor=actor, subject=token, successor=str(successor.pk), works_until=until)
    return successor, secret


@governed()
def revoke_token(token: Token, *, actor) -> None:
    if actor and actor.pk != token.person_id:
        require(actor, Permission.MANAGE_PEOPLE, None)
    if actor and actor.token and actor.token.pk != token.pk:
        raise NotPermitted("A token revokes itself only; sign in on the pages for another.")
    token = Token.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        record(Action.TOKEN_REVOKED, actor=actor, subject=token)


def person_behind(secret: str, *, in_address: bool = False) -> Person:
    """The person a token acts for, with `person.token` set; NotPermitted with the reason when it cannot be used.

    An address is written down in many places, so a token that stands in one is good for nothing else, and no other
    there.
    """
    found = _BEHIND(secret_hash=_hash(secret))
    if not found:
        raise NotPermitted("This token is not known here.")
    token, now = _token_in(found[0]), timezone.now()
    if reason := token.why_not_usable(now):
        raise NotPermitted(reason)
    if in_address and token.version_number is None:
        raise NotPermitted("This token is not for one version, so it may not stand in an address; revoke it.")
    if token.version_number is not None and not in_address:
        raise NotPermitted("This token works in the address that events are sent to, and nowhere else.")
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    token.person.token = token
    return token.person


def _behind(secret_hash: str):
    """A token, its person, their grants and its workspace as one row: asked with every call of the API."""
    grants = RoleGrant.objects.in_force(Now()).filter(person=OuterRef("person"))
    grant = JSONObject(role="role", workspace=Cast("workspace_id", TextField()), slugs="model_slugs")
    columns = [name for model, path in _PARTS for name in _columns(model, path)]
    return (
        Token.objects.filter(secret_hash=secret_hash)
        .annotate(held=ArraySubquery(grants.values(grant=grant)))
        .values(*columns, "held")
    )


def _columns(model, path: str) -> list[str]:
    return [f"{path}{field.attname}" for field in model._meta.concrete_fields]


_PARTS = ((Token, ""), (Person, "person__"), (Workspace, "workspace__"))
_BEHIND = Prepared(_behind)


def _token_in(row: dict) -> Token:
    token, person, workspace = (
        model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in model._meta.concrete_fields], values)
        for model, values in ((model, [row[name] for name in _columns(model, path)]) for model, path in _PARTS)
    )
    person.know_grants(
        [(Role(one["role"]), one["workspace"] and uuid.UUID(one["workspace"]), one["slugs"]) for one in row["held"]]
    )
    token.person, token.workspace = person, workspace
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
