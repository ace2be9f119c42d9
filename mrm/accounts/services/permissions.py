"""The one question every service asks first: may this actor do that here?"""

from mrm.accounts import policies
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.errors import NotPermitted


def holders_of(permission: Permission, workspace, model_slug: str) -> list[Person]:
    """Everybody whose role in force allows it there, by name."""
    roles = policies.ALLOWED[permission]
    granted = Person.objects.filter(is_active=True, kind=Person.Kind.HUMAN, grants__role__in=roles)
    people = Person.objects.filter(pk__in=granted.values("pk")).order_by("display_name", "pk")
    return [person for person in people if role_with(permission, person, workspace, model_slug)]


def with_asker(holders: list[Person], asker: Person | None) -> list[Person]:
    """Before those who hold a role whoever asks about it, if they do not: to read why it is not them."""
    return holders if asker is None or asker in holders else [asker, *holders]


def why_not_permitted(person: Person, permission: Permission, workspace, model_slug: str) -> list[str]:
    """That their roles there do not allow it, in words; empty where they do."""
    try:
        require(person, permission, workspace, model_slug=model_slug)
    except NotPermitted as refusal:
        return refusal.reasons
    return []


def role_with(permission: Permission, person: Person, workspace, model_slug: str) -> str:
    """The role in force by which this person may do it there; empty if by none."""
    held = policies.ALLOWED[permission] & person.roles_in(workspace, model_slug)
    return next((role for role in policies.Role if role in held), "")


def require(actor: Person | None, permission: Permission, workspace, *, model_slug: str | None = "") -> None:
    """Raise NotPermitted unless the actor may; the system (None) may always. Binds administrators like anybody else.

    `workspace` None asks for the permission in any workspace at all; `model_slug` None for any of the models that the
    actor's role or token is limited to, as a list does that shows only those.
    """
    if actor is None:
        return
    roles = actor.all_roles() if workspace is None else actor.roles_in(workspace, model_slug)
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


def require_a_role(person: Person) -> None:
    if not person.all_roles():
        raise NotPermitted("You hold no role now. Ask an administrator for one; the page “My roles” says whom.")
