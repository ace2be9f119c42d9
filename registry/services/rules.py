"""How a workspace answers MLflow clients: governed or not, and who answers for what nobody was named for."""

from django.db.models import QuerySet
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import Model
from inventory.services import decides_somewhere
from inventory.states import Status
from mrm.accounts.models import Person, RoleGrant, Workspace
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import require
from mrm.errors import RuleBroken
from mrm.prepared import Prepared
from registry.models import RegistryRules
from registry.refusals import invalid
from registry.services.unapproved import take_back_aliases

USED = (Status.IN_USE, Status.RESTRICTED, Status.SUSPENDED)


def rules_of(workspace: Workspace) -> RegistryRules:
    """The rules in force; a workspace that nobody set any for is governed."""
    rules = RegistryRules.objects.select_related("default_owner").filter(workspace=workspace).first()
    return rules or RegistryRules(workspace=workspace)


def is_governed(workspace: Workspace) -> bool:
    """Whether production is a matter of approval in this workspace. Asked with every call."""
    rows = _GOVERNED(workspace=workspace.pk)
    return rows[0]["governed"] if rows else True


def _governed_of(workspace) -> QuerySet:
    return RegistryRules.objects.filter(workspace=workspace).values("governed")


_GOVERNED = Prepared(_governed_of)


@governed()
def set_rules(workspace: Workspace, *, is_governed: bool, default_owner: Person | None = None, actor) -> RegistryRules:
    require(actor, Permission.PUBLISH_POLICY, workspace)
    if not is_governed and (used := Model.objects.filter(workspace=workspace, status__in=USED).first()):
        raise RuleBroken(
            f"{used} is in use, so people decide what goes into production in this workspace. Only a workspace without "
            "models in use goes ungoverned; make another one for experiments."
        )
    if default_owner and (default_owner.is_service or not default_owner.is_active):
        raise RuleBroken(f"{default_owner} cannot answer for a model; name a person.")
    if default_owner and decides_somewhere(default_owner):
        raise RuleBroken(f"{default_owner} decides about models, and no owner decides about theirs; name another.")
    rules, _ = RegistryRules.objects.update_or_create(
        workspace=workspace, defaults={"governed": is_governed, "default_owner": default_owner}
    )
    details = {"governed": is_governed, "default_owner": str(default_owner.pk) if default_owner else ""}
    record(Action.MLFLOW_RULES_CHANGED, actor=actor, subject=workspace, **details)
    if is_governed:
        take_back_aliases(Workspace.objects.filter(pk=workspace.pk))
    return rules


def owner_for(workspace: Workspace, actor: Person | None) -> Person:
    """Who answers for a model for which the client named nobody.

    The caller; for a service account the workspace's default owner, else whoever has been an owner there the longest: a
    training job must not fail for want of a name, and a model must not be without a person. Nobody who decides about
    models: an owner does not.
    """
    if actor is not None and not actor.is_service:
        return actor
    grants = RoleGrant.objects.in_force(timezone.now()).filter(role=Role.OWNER, model_slugs=[])
    grants = grants.filter(person__kind=Person.Kind.HUMAN, person__is_active=True)
    here = grants.filter(workspace=workspace) | grants.filter(workspace__isnull=True)
    default = rules_of(workspace).default_owner
    owners = [default] if default else []
    owners += [grant.person for grant in here.order_by("starts_at").select_related("person")]
    for owner in owners:
        if not decides_somewhere(owner):
            return owner
    raise invalid("Set the tag mrm.owner to the e-mail address of the person who will answer for this model.")
