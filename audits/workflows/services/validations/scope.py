"""Which request is worked on, locked; and by whom: a validator who is assigned to it and attested to independence."""

from audits.workflows.models import ValidationRequest, ValidatorAssignment
from audits.workflows.states import ValidationState
from inventory.services import bound_under
from mrm.accounts.policies import Permission
from mrm.accounts.services import Bound, require
from mrm.errors import NotPermitted, RuleBroken

Role = ValidatorAssignment.Role
SIGNED = (ValidationState.REVIEW, ValidationState.PENDING_APPROVAL)


def locked(validation: ValidationRequest) -> ValidationRequest:
    return _rows().select_for_update(of=("self",)).get(pk=validation.pk)


def reread(validation: ValidationRequest) -> ValidationRequest:
    """As it is now, not locked."""
    return _rows().get(pk=validation.pk)


def _rows():
    return ValidationRequest.objects.select_related("model__workspace", "model__owner", "version__model", "policy")


def assignment_of(validation: ValidationRequest, person) -> ValidatorAssignment | None:
    """The part of this person in it, if they have one now."""
    if person is None:
        return None
    return validation.assignments.standing().filter(person=person).select_related("person").first()


def require_validator(validation: ValidationRequest, actor, *, roles=(Role.LEAD, Role.SECOND)) -> ValidatorAssignment:
    """The standing assignment of the actor, who attested to independence; refused otherwise, in words."""
    require(actor, Permission.VALIDATE_MODEL, validation.model.workspace_id, model_slug=validation.model_slug)
    assignment = assignment_of(validation, actor)
    if assignment is None or assignment.role not in roles:
        who = " or the ".join(Role(role).label.lower() for role in roles)
        raise NotPermitted(f"Only the {who} of {validation.reference} does this.")
    if assignment.attested_at is None:
        raise NotPermitted("Attest to your independence first.")
    return assignment


def bound_of(validation: ValidationRequest) -> Bound:
    """The policy that what is signed about it is signed under."""
    return bound_under(validation.policy, "validation", validation.model.tier)


def refuse_unless(validation: ValidationRequest, states, what: str) -> None:
    if validation.state not in states:
        told = validation.get_state_display().lower()
        raise RuleBroken(f"{validation.reference} is {told}; {what}.")
