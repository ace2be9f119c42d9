"""What stands between an MLflow call and production in a governed workspace: a decision by people, asked for here."""

from django.conf import settings

from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from audits.workflows.states import ChangeState
from inventory.models import ModelVersion, Policy
from inventory.policies import production_aliases
from inventory.states import Stage, Status
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from registry.refusals import DENIED, Refused

OPEN = (ChangeState.PENDING, ChangeState.APPROVED)


def means_production(alias: str) -> bool:
    """Whether the policy in force says that this alias stands for production."""
    return alias.lower() in production_aliases(Policy.objects.in_force().document)


def refuse_unless_in_production(version: ModelVersion, *, asked_by: str, actor) -> None:
    """Pass a version that people put into production; for any other ask them, and refuse with the way there.

    Outside any governed block: what was asked for stays asked for, although the call is refused.
    """
    refuse_while_suspended(version)
    if version.stage != Stage.PRODUCTION:
        raise _refusal(
            version, ChangeRequest.Kind.PROMOTION, f"{version} is not approved for production.", asked_by, actor
        )


def refuse_while_suspended(version: ModelVersion) -> None:
    """Nobody is led to a model that somebody stopped, before two others let it run again."""
    if version.model.status == Status.SUSPENDED:
        raise Refused(DENIED, f"{version.model} is suspended. Ask for its release; two people decide it.")


def refuse_to_archive(version: ModelVersion, *, asked_by: str, actor) -> None:
    """What is in production is archived by retiring the model, which people decide."""
    if version.stage == Stage.PRODUCTION:
        raise _refusal(version, ChangeRequest.Kind.RETIREMENT, f"{version} is in production.", asked_by, actor)


def _refusal(version: ModelVersion, kind: str, why: str, asked_by: str, actor) -> Refused:
    word = str(ChangeRequest.Kind(kind).label).lower()
    change = version.changes.filter(kind=kind, state__in=OPEN).first()
    if change is None:
        try:
            change = request_change(kind, version, reason=f"{asked_by} through the MLflow API.", actor=actor)
        except UnusableData as lacking:
            return Refused(DENIED, f"{why} Its {word} is asked for on its page. {lacking} {_page(version, kind)}")
        except (RuleBroken, NotPermitted) as refusal:
            return Refused(DENIED, f"{why} Its {word} cannot be requested yet: {refusal} {_page(version)}")
    address = f"{settings.PUBLIC_URL}/changes/{change.reference}/"
    return Refused(DENIED, f"{why} {change.reference} asks for its {word} and awaits a decision: {address}")


def _page(version: ModelVersion, kind: str = "") -> str:
    """Where to read on; with a kind of change, where to ask for it."""
    asking = f"request/?kind={kind}" if kind else ""
    return f"See {settings.PUBLIC_URL}/models/{version.model.slug}/versions/{version.number}/{asking}"
