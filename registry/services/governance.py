"""What stands between an MLflow call and production in a governed workspace: a decision by people, asked for here."""

from django.conf import settings

from audits.workflows.models import ChangeRequest
from audits.workflows.services import draft_change, request_change, why_not_lost
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.kinds.retirement import OTHER, checklist
from audits.workflows.states import ChangeState
from inventory.models import ModelVersion, Policy
from inventory.policies import production_aliases
from inventory.states import Stage, Status
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from registry.refusals import DENIED, Refused

NOT_SAID = "Nothing was said of it with the call. What is done is shown when the checklist is carried out."


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
    """What is in production is archived by retiring the model, which people decide: they are asked as for production.

    The call says neither why nor how, and nothing is made up for it: the deciders read that, and the checklist is still
    to be shown, item by item, before the model ends.
    """
    if version.stage == Stage.PRODUCTION:
        raise _refusal(version, ChangeRequest.Kind.RETIREMENT, f"{version} is in production.", asked_by, actor)


def refuse_to_lose(*versions: ModelVersion) -> None:
    """What people are asked about, or said, is not deleted by a call: it is decided, withdrawn or ended first."""
    if reasons := [reason for version in versions for reason in why_not_lost(version)]:
        raise Refused(DENIED, " ".join(reasons))


def _refusal(version: ModelVersion, kind: str, why: str, asked_by: str, actor) -> Refused:
    word = str(ChangeRequest.Kind(kind).label).lower()
    draft = draft_change(kind, version)
    asked = ChangeRequest.objects.unfinished().filter(kind=kind, about=KINDS[kind].at_stake(draft))
    if (change := asked.first()) is None:
        reason, terms = f"{asked_by} through the MLflow API.", _terms(draft)
        try:
            change = request_change(kind, version, reason=reason, terms=terms, actor=actor)
        except (RuleBroken, NotPermitted, UnusableData) as refusal:
            return Refused(DENIED, f"{why} Its {word} cannot be requested yet: {refusal} {_page(version)}")
    stands = "awaits a decision" if change.state == ChangeState.PENDING else "is approved, but not carried out yet"
    address = f"{settings.PUBLIC_URL}/changes/{change.reference}/"
    return Refused(DENIED, f"{why} {change.reference} asks for its {word} and {stands}: {address}")


def _terms(draft: ChangeRequest) -> dict:
    """What a request of this kind must say, of which a call says nothing."""
    if draft.kind != ChangeRequest.Kind.RETIREMENT:
        return {}
    return {"cause": OTHER, "checklist": dict.fromkeys(checklist(draft), NOT_SAID)}


def _page(version: ModelVersion) -> str:
    return f"See {settings.PUBLIC_URL}/models/{version.model.slug}/versions/{version.number}/"
