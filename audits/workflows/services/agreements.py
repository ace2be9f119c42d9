"""The owner's agreement to the end of their model, signed: nothing is ended over the head of who answers for it."""

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Retirement
from audits.workflows.services.checklists import locked
from audits.workflows.services.kinds import KINDS
from audits.workflows.states import RetirementState
from inventory.services import bound_in_force
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import Act, require
from mrm.errors import NotPermitted, RuleBroken

OPEN = (RetirementState.EXECUTING, RetirementState.VERIFIED)


def why_not_agree(retirement: Retirement, person) -> str:
    """Why this person may not agree in the owner's place; empty if they are the owner."""
    owner = retirement.change.model.owner
    return "" if person.pk == owner.pk else f"{owner}, who owns {retirement.change.model}, agrees to its end."


def _refuse(retirement: Retirement, *, actor) -> None:
    """Whose model it is agrees, also after their role as an owner has ended."""
    change = retirement.change
    require(actor, Permission.READ, change.workspace_id, model_slug=change.model_slug)
    if why := why_not_agree(retirement, actor):
        raise NotPermitted(why)
    if retirement.state not in OPEN:
        raise RuleBroken(f"The retirement is {retirement.state}; there is nothing to agree to.")
    if not retirement.why_not_agreed:
        raise RuleBroken("You have agreed already.")


def _facts(retirement: Retirement) -> dict:
    """What was approved, and what ends with the model."""
    change = retirement.change
    return {"change": change.reference, "evidence_digest": change.evidence_digest} | KINDS[change.kind].evidence(change)


def _agree(retirement: Retirement, *, comment: str, signature: Signature, actor) -> Retirement:
    retirement = locked(retirement)
    retirement.agreement = signature
    retirement.save(update_fields=["agreement"])
    record(Action.RETIREMENT_AGREED, actor=actor, subject=retirement, reason=comment, signature=signature.in_trail())
    return retirement


AGREEMENT = Act(
    name="retirement_agreed",
    meaning=lambda retirement: f"I own {retirement.change.model} and agree that it and all its versions end.",
    refuse=_refuse,
    facts=_facts,
    role=lambda retirement, person: str(Role.OWNER),
    done=_agree,
    bound=lambda retirement: bound_in_force("retirement", retirement.change.model),
)
