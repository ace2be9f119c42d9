"""Aliases that mean production and lead to what nobody approved: left from before they did, or from ungoverned days."""

from django.db.models import QuerySet

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import Policy
from inventory.policies import production_aliases
from inventory.states import Stage
from mrm.accounts.models import Workspace
from registry.models import Alias

NEVER_APPROVED = (Stage.CANDIDATE, Stage.CHALLENGER)


def take_back_aliases(workspaces: QuerySet[Workspace] | None = None) -> list[Alias]:
    """Take them away in governed workspaces, so that nobody who asks for production gets what people did not approve.

    That of a version that was in production before stays: moving it on is its client's.
    """
    governing = Workspace.objects.exclude(registry_rules__governed=False) if workspaces is None else workspaces
    led = Alias.objects.filter(version__stage__in=NEVER_APPROVED, model__workspace__in=governing)
    meant = production_aliases(Policy.objects.in_force().document)
    found = [alias for alias in led.select_related("version").order_by("pk") if alias.name.lower() in meant]
    return [alias for alias in found if _take_back(alias)]


@governed()
def _take_back(alias: Alias) -> bool:
    """Unless the version was approved, or the alias moved, at this moment."""
    same = Alias.objects.select_for_update(of=("self",)).select_related("version", "model")
    now = same.filter(pk=alias.pk, version=alias.version_id, version__stage__in=NEVER_APPROVED).first()
    if now is None:
        return False
    now.delete()
    details = {"alias": alias.name, "number": alias.version.number}
    record(Action.MLFLOW_ALIAS_DELETED, actor=None, subject=now.model, **details)
    return True
