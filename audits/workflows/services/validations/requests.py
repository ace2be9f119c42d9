"""Asking for a validation, beginning it, letting it wait, and taking it back."""

from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ValidationItem, ValidationRequest
from audits.workflows.models.references import next_reference
from audits.workflows.services.transitions import move
from audits.workflows.services.validations.independence import refuse_dependent
from audits.workflows.services.validations.plans import why_not_begin
from audits.workflows.services.validations.scope import SIGNED, Role, locked, require_validator
from audits.workflows.services.validations.texts import written
from inventory import policies
from inventory.models import Model, ModelVersion, Policy
from inventory.states import Stage, Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken, UnusableData

Kind = ValidationRequest.Kind


@governed()
def request_validation(
    subject: ModelVersion | Model, *, kind: str, trigger: str, due_on: date | None = None, actor
) -> ValidationRequest:
    """Ask for the validation of a version; of a model as a whole only in its annual review.

    The plan is what the policy in force requires for the type and the tier; the validators take it from there.
    """
    version = subject if isinstance(subject, ModelVersion) else None
    model = Model.objects.select_for_update(of=("self",)).select_related("workspace", "owner")
    model = model.get(pk=version.model_id if version else subject.pk)
    require(actor, Permission.REQUEST_VALIDATION, model.workspace_id, model_slug=model.slug)
    texts = written(trigger=trigger)
    if kind not in Kind.values:
        raise UnusableData({"message": f"A validation is one of {', '.join(Kind.values)}.", "field": "kind"})
    if version is None and kind != Kind.ANNUAL_REVIEW:
        message = "Name the version: only the annual review is of a model as a whole."
        raise UnusableData({"message": message, "field": "version"})
    if reasons := _why_not_request(model, version, kind):
        raise RuleBroken(*reasons)
    policy = Policy.objects.in_force()
    validation = ValidationRequest.objects.create(
        reference=next_reference(ValidationRequest, "V"),
        kind=kind,
        model=model,
        version=version,
        policy=policy,
        requested_by=actor,
        due_on=due_on,
        **texts,
    )
    required = policies.required_components(policy.document, kind, model.tier)
    ValidationItem.objects.bulk_create(
        ValidationItem(
            request=validation,
            position=position,
            component=component,
            is_required=component in required,
            is_planned=component in required,
            expectation=expectation,
        )
        for position, (component, expectation) in enumerate(policies.COMPONENTS.items())
    )
    record(
        Action.VALIDATION_REQUESTED,
        actor=actor,
        subject=validation,
        kind=kind,
        version=version.number if version else None,
        required=required,
        due_on=due_on.isoformat() if due_on else "",
        policy=policy.number,
    )
    return validation


@governed()
def begin_validation(validation: ValidationRequest, *, actor) -> ValidationRequest:
    """The lead closes the plan and begins the work."""
    validation = locked(validation)
    require_validator(validation, actor, roles=(Role.LEAD,))
    if reasons := why_not_begin(validation):
        raise RuleBroken(*reasons)
    _moved(validation, "begin", actor=actor)
    return validation


@governed()
def hold_validation(validation: ValidationRequest, *, reason: str, actor) -> ValidationRequest:
    """The work waits, and the request says for what."""
    texts = written(reason=reason)
    validation = locked(validation)
    require_validator(validation, actor)
    _moved(validation, "hold", actor=actor, **texts)
    return validation


@governed()
def resume_validation(validation: ValidationRequest, *, actor) -> ValidationRequest:
    """The work goes on, after it waited or was returned."""
    validation = locked(validation)
    require_validator(validation, actor)
    _moved(validation, "resume", actor=actor, reason="")
    return validation


@governed()
def cancel_validation(validation: ValidationRequest, *, reason: str, actor) -> ValidationRequest:
    """It is not wanted any more. Whoever assigns validators may; whoever asked, until somebody is assigned.

    Not while an opinion stands that somebody signed: no single person does away with what another has signed.
    """
    texts = written(reason=reason)
    validation = locked(validation)
    asked = actor is not None and actor.pk == validation.requested_by_id
    untouched = not validation.assignments.exists()
    if asked and untouched:
        require(actor, Permission.REQUEST_VALIDATION, validation.model.workspace_id, model_slug=validation.model_slug)
    else:
        require(actor, Permission.ASSIGN_VALIDATOR, validation.model.workspace_id, model_slug=validation.model_slug)
        refuse_dependent(validation, actor)
    if validation.state in SIGNED:
        told = "somebody has signed its opinion: whoever reviews it returns it first, and signs that"
        raise RuleBroken(f"{validation.reference} is {validation.get_state_display().lower()}; {told}.")
    move(validation, "cancel", closed_at=timezone.now(), **texts)
    record(Action.VALIDATION_CANCELLED, actor=actor, subject=validation, **texts)
    return validation


def _moved(validation: ValidationRequest, event: str, *, actor, **fields) -> None:
    before = validation.state
    move(validation, event, **fields)
    record(
        Action.VALIDATION_MOVED,
        actor=actor,
        subject=validation,
        before=before,
        after=str(validation.state),
        **({"reason": fields["reason"]} if fields.get("reason") else {}),
    )


def _why_not_request(model: Model, version: ModelVersion | None, kind: str) -> list[str]:
    reasons = []
    if model.status == Status.RETIRED:
        reasons.append(f"{model} is retired.")
    if version and version.stage in (Stage.SUPERSEDED, Stage.RETIRED):
        reasons.append(f"{version} is {version.stage}; validate what is in use or might come into use.")
    same = ValidationRequest.objects.open().filter(model=model, version=version, kind=kind).first()
    if same:
        reasons.append(f"{same.reference} already asks for this.")
    return reasons
