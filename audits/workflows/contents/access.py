"""What is asked of somebody about roles and tokens: to decide about others', and to see to their own in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from audits.workflows.contents.asked import MOST_OF_A_KIND, SOON, Task
from mrm.accounts.models import Person, RoleGrant, Token
from mrm.accounts.policies import Permission
from mrm.accounts.services.grants import why_not_confirm_grant, why_not_decide_grant
from mrm.accounts.states import GrantState
from mrm.pages.wording import counted

TOKEN_ENDS_SOON = timedelta(days=14)


def access_tasks(person, now: datetime) -> Iterator[Task]:
    may = person.permissions_in(None)
    if Permission.APPROVE_ROLE in may:
        yield from _roles_of_others(person)
    yield from _own_roles(person, now)
    yield from _tokens(person, now, manages=Permission.MANAGE_PEOPLE in may)


def _roles_of_others(person) -> Iterator[Task]:
    """Roles that somebody else proposed, and roles to be confirmed again."""
    unconfirmed = []
    for grant in RoleGrant.objects.awaiting_somebody()[: 4 * MOST_OF_A_KIND]:
        if grant.state == GrantState.GRANTED:
            unconfirmed += [] if why_not_confirm_grant(grant, person=person) else [grant]
        elif not why_not_decide_grant(grant, person=person):
            yield Task(
                icon="people",
                what=f"Approve or refuse: {grant}",
                why=f"Proposed by {grant.granted_by}. {grant.reason} Until then it gives nothing.",
                brief="A role that was proposed for somebody",
                action="Decide",
                address=f"{reverse('people')}#role-{grant.pk}",
                since=grant.proposed_at,
            )
    if unconfirmed:
        yield Task(
            icon="people",
            what=f"Confirm {counted(len(unconfirmed), 'role')} that people still need",
            why="Whatever nobody confirms in time lapses.",
            brief="Roles to be confirmed again",
            action="Confirm",
            address=reverse("people"),
            due_at=min(grant.confirm_by for grant in unconfirmed),
        )


def _own_roles(person, now: datetime) -> Iterator[Task]:
    """Their roles that end soon, with none of the same kind that goes on."""
    held = list(person.grants.in_force(now).select_related("workspace"))
    for grant in held:
        if grant.ends_at is None or grant.ends_at > now + SOON:
            continue
        if any(_goes_on(other, grant) for other in held):
            continue
        role = grant.get_role_display().lower()
        yield Task(
            icon="people",
            what=f"Your role as {role} ends",
            why=f"In {grant.workspace or 'every workspace'}. If you still need it, have an administrator propose it "
            "anew; it takes a second person too.",
            brief=f"Your role as {role} ends",
            action="See my roles",
            address=reverse("my-access"),
            due_at=grant.ends_at,
        )


def _goes_on(other: RoleGrant, grant: RoleGrant) -> bool:
    wider = other.workspace_id in (None, grant.workspace_id) and not set(other.model_slugs) - set(grant.model_slugs)
    return wider and other.role == grant.role and (other.ends_at is None or other.ends_at > grant.ends_at)


def _tokens(person, now: datetime, *, manages: bool) -> Iterator[Task]:
    """Tokens that are still used and end soon: their own and, for whoever manages people, those of services."""
    whose = Q(person=person)
    if manages:
        whose |= Q(person__kind=Person.Kind.SERVICE, person__is_active=True)
    successor = Token.objects.filter(
        person=OuterRef("person"), workspace=OuterRef("workspace"), name=OuterRef("name"), revoked_at=None
    )
    ending = Token.objects.filter(
        whose, ~Exists(successor.filter(expires_at__gt=OuterRef("expires_at"))), revoked_at=None, expires_at__gt=now
    ).filter(expires_at__lte=now + TOKEN_ENDS_SOON, last_used_at__isnull=False)
    for token in ending.select_related("person").order_by("expires_at")[:MOST_OF_A_KIND]:
        mine = token.person_id == person.pk
        yield Task(
            icon="key",
            what=f"Rotate the token {token.name}" + ("" if mine else f" of {token.person}"),
            why=f"{token.prefix}… stops working then, and so does what uses it.",
            brief=f"A token{'' if mine else ' of a service account'} stops working",
            action="Rotate",
            address=reverse("my-tokens") if mine else reverse("tokens-of", args=[token.person_id]),
            due_at=token.expires_at,
        )
