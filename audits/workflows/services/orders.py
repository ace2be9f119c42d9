"""Restricting or suspending one use of a model at once, by one signature, or taking back what approves it; its other
uses go on.

Another of the second line ends a restriction; lifting a suspension takes a change request that two decide, and so does
another approval.
"""

from functools import partial

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Arrangement
from audits.workflows.models.references import next_reference
from audits.workflows.services.arrangements import PREFIX
from audits.workflows.services.suspension import role_that_suspends, why_not_suspend
from inventory.models import ModelVersion, Use, UseApproval
from inventory.services import bound_in_force, end_approval, hold_use, terms_digest
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, write_notice
from mrm.errors import NotPermitted, RuleBroken

Kind = Arrangement.Kind


def _refuse(kind: Kind, use: Use, *, actor) -> None:
    """Who may is who may suspend the model."""
    require(actor, Permission.SUSPEND_MODEL, use.model.workspace_id, model_slug=use.model_slug)
    if why := why_not_suspend(use.model, actor):
        raise NotPermitted(why)
    if standing := Arrangement.objects.active().filter(use=use, kind=kind).first():
        raise RuleBroken(f"{standing.reference} says so of this use already: {standing.terms['reason']}")
    if not use.is_in_use:
        raise RuleBroken(f"Only a use that goes on can be {Arrangement.HOLDS_A_USE[kind]}; {use} is {use.state}.")


def _order(kind: Kind, use: Use, *, comment: str, signature: Signature, actor) -> Arrangement:
    held = Arrangement.HOLDS_A_USE[kind]
    use = hold_use(use, held=held, reason=comment, actor=actor, signature=signature.in_trail())
    order = Arrangement.objects.create(
        reference=next_reference(Arrangement, PREFIX[kind]),
        kind=kind,
        model=use.model,
        use=use,
        title=f"{use.title}: {comment}"[:300],
        terms={"reason": comment},
        begun_by=actor,
    )
    record(Action.ARRANGEMENT_BEGUN, actor=actor, subject=order, kind=str(kind), use=use.number)
    _tell(order, actor)
    return order


def _tell(order: Arrangement, actor) -> None:
    """Whoever answers for the model, and whoever wanted it for this."""
    use = order.use
    for person in {use.model.owner, use.proposed_by} - {actor, None}:
        write_notice(
            person,
            subject=f"{use} is {use.state}",
            text=f"{actor} ordered it ({order.reference}): {order.terms['reason']}",
        )


def approval_end(version: ModelVersion) -> Act:
    """Taking back that this version is approved for a use."""
    return Act(
        name="use_approval_ended",
        meaning=lambda use: f"{version} may no longer serve {use}.",
        refuse=partial(_refuse_end, version),
        facts=lambda use: _facts(use) | {"approval": str(_standing(version, use).pk), "version": version.number},
        role=lambda use, person: role_that_suspends(use.model, person),
        done=partial(_end_approval, version),
        bound=lambda use: bound_in_force("suspension", use.model),
        asks="Say why, in a sentence: whoever relies on this use reads it.",
        terms=lambda use: {"approval": str(_standing(version, use).pk), "version": version.number},
    )


def _standing(version: ModelVersion, use: Use) -> UseApproval:
    found = UseApproval.objects.select_related("use__model", "version").filter(version=version, use=use, ended_at=None)
    if approval := found.first():
        return approval
    raise RuleBroken(f"{version} is not approved for {use} now.")


def _refuse_end(version: ModelVersion, use: Use, *, actor) -> None:
    require(actor, Permission.SUSPEND_MODEL, use.model.workspace_id, model_slug=use.model_slug)
    if why := why_not_suspend(use.model, actor):
        raise NotPermitted(why)
    _standing(version, use)


def _end_approval(version: ModelVersion, use: Use, *, comment: str, signature: Signature, actor) -> UseApproval:
    approval = end_approval(_standing(version, use), reason=comment, actor=actor, signature=signature.in_trail())
    for person in {use.model.owner, use.proposed_by} - {actor, None}:
        write_notice(
            person, subject=f"{version} is no longer approved for {use}", text=f"{actor} took it back: {comment}"
        )
    return approval


def _facts(use: Use) -> dict:
    version = use.model.production_version()
    return {
        "use": str(use.pk),
        "terms": terms_digest(use),
        "state": use.state,
        "production": version.number if version else None,
    }


def _act(kind: Kind, *, name: str, does: str, asks: str) -> Act:
    return Act(
        name=name,
        meaning=lambda use: f"I {does}: {use}. The model and its other uses go on.",
        refuse=partial(_refuse, kind),
        facts=_facts,
        role=lambda use, person: role_that_suspends(use.model, person),
        done=partial(_order, kind),
        bound=lambda use: bound_in_force("suspension", use.model),
        asks=asks,
        terms=lambda use: {"becomes": str(Arrangement.HOLDS_A_USE[kind])},
    )


USE_RESTRICTION = _act(
    Kind.RESTRICTION,
    name="use_restricted",
    does="restrict this use at once to the limits in my comment",
    asks="Say within which limits it may go on, in a sentence: whoever relies on this use reads it.",
)
USE_SUSPENSION = _act(
    Kind.SUSPENSION,
    name="use_suspended",
    does="stop this use at once",
    asks="Say what happened, in a sentence: whoever relies on this use reads it.",
)
