"""The plan: what is looked at, what is left out and why, and what was concluded about each component."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ValidationItem, ValidationRequest
from audits.workflows.services.validations.content import refresh_locked
from audits.workflows.services.validations.scope import SIGNED, Role, locked, refuse_unless, require_validator
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ValidationState as State
from mrm.errors import RuleBroken, UnusableData

PLANNED_IN = (State.PLANNING, State.IN_PROGRESS, *SIGNED)
CONCLUDED_IN = (State.IN_PROGRESS, *SIGNED)


@governed()
def plan_item(
    item: ValidationItem, *, is_planned: bool, expectation: str, deviation_reason: str = "", actor
) -> ValidationItem:
    """Take a component into the plan or leave it out; leaving out what the policy requires needs its reason."""
    texts = written(expectation=expectation)
    validation = locked(item.request)
    require_validator(validation, actor, roles=(Role.LEAD,))
    refuse_unless(validation, PLANNED_IN, "its plan is not changed now")
    item = ValidationItem.objects.select_for_update().get(pk=item.pk)
    leaves_out_required = item.is_required and not is_planned
    if leaves_out_required:
        texts |= written(deviation_reason=deviation_reason)
    if not is_planned and item.outcome:
        raise RuleBroken(f"{item.name.capitalize()} is concluded; what was looked at stays in the plan.")
    item.is_planned, item.expectation = is_planned, texts["expectation"]
    item.deviation_reason = texts.get("deviation_reason", "")
    item.save(update_fields=["is_planned", "expectation", "deviation_reason"])
    record(
        Action.VALIDATION_PLANNED,
        actor=actor,
        subject=validation,
        component=item.component,
        planned=is_planned,
        required=item.is_required,
        expectation=item.expectation,
        deviation_reason=item.deviation_reason,
    )
    refresh_locked(validation)
    return item


@governed()
def conclude_item(item: ValidationItem, *, outcome: str, conclusion: str, actor) -> ValidationItem:
    """What the validators found about one component. What is said about a signed plan voids what was signed."""
    texts = written(conclusion=conclusion)
    if outcome not in ValidationItem.Outcome.values:
        message = f"The outcome is one of {', '.join(ValidationItem.Outcome.values)}."
        raise UnusableData({"message": message, "field": "outcome"})
    validation = locked(item.request)
    require_validator(validation, actor)
    refuse_unless(validation, CONCLUDED_IN, "its components are concluded while it is in progress")
    item = ValidationItem.objects.select_for_update().get(pk=item.pk)
    if not item.is_planned:
        raise RuleBroken(f"{item.name.capitalize()} is not in the plan; take it into the plan first.")
    item.outcome, item.conclusion = outcome, texts["conclusion"]
    item.concluded_by, item.concluded_at = actor, timezone.now()
    item.save(update_fields=["outcome", "conclusion", "concluded_by", "concluded_at"])
    record(
        Action.VALIDATION_CONCLUDED,
        actor=actor,
        subject=validation,
        component=item.component,
        outcome=outcome,
        conclusion=item.conclusion,
    )
    refresh_locked(validation)
    return item


def why_not_begin(validation: ValidationRequest) -> list[str]:
    """Everything that the plan still lacks."""
    reasons = [f"The {role} is not assigned." for role in _unassigned(validation)]
    lead = validation.assignments.standing().filter(role=Role.LEAD).first()
    if lead and lead.attested_at is None:
        reasons.append(f"{lead.person}, the lead validator, has not attested to independence.")
    if not validation.items.filter(is_planned=True).exists():
        reasons.append("The plan is empty: take at least one component into it.")
    return reasons


def _unassigned(validation: ValidationRequest) -> list[str]:
    held = set(validation.assignments.standing().values_list("role", flat=True))
    return [role.label.lower() for role in Role if role not in held]
