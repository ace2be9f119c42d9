"""Who validates: assigned by the head of validation, independent by what they did, attested under a signature."""

from django.utils import timezone

from audits.trail.models import Action, subject_name
from audits.trail.services import governed, record
from audits.workflows.models import ValidationRequest, ValidatorAssignment
from audits.workflows.services.evidence import digest_of
from audits.workflows.services.transitions import move
from audits.workflows.services.validations.content import refresh_locked
from audits.workflows.services.validations.independence import refuse_dependent, why_not_independent
from audits.workflows.services.validations.scope import Role, assignment_of, bound_of, locked, refuse_unless
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ValidationState as State
from mrm.accounts.models import Person, Statement
from mrm.accounts.policies import ALLOWED, Permission
from mrm.accounts.services import Passkey, Password, Proven, prepare_statement, prove, require, sign
from mrm.errors import NotPermitted, RuleBroken, UnusableData

ATTESTATION = (
    "I am independent of this model: in the last twelve months I have neither owned nor registered, trained or changed "
    "it, I do not report to anybody who did, and nothing about my work or pay depends on the outcome."
)
VALIDATORS = ALLOWED[Permission.VALIDATE_MODEL]
ASSIGNED_IN = (State.INTAKE, State.PLANNING, State.IN_PROGRESS, State.ON_HOLD, State.RETURNED)


@governed()
def assign_validator(validation: ValidationRequest, *, person: Person, role: str, actor) -> ValidatorAssignment:
    """Give a part to an independent validator. The first lead takes the request out of the intake."""
    require(actor, Permission.ASSIGN_VALIDATOR, validation.model.workspace_id, model_slug=validation.model_slug)
    validation = locked(validation)
    if role not in Role.values:
        raise UnusableData({"message": f"A validator is {' or '.join(Role.values)}.", "field": "role"})
    refuse_unless(validation, ASSIGNED_IN, "validators are assigned before the opinion is signed")
    refuse_dependent(validation, actor)
    if reasons := why_not_assign(validation, person):
        raise NotPermitted(*reasons)
    standing = validation.assignments.standing()
    if held := standing.filter(person=person).first():
        raise RuleBroken(f"{person} is already the {held.get_role_display().lower()} of {validation.reference}.")
    if held := standing.filter(role=role).select_related("person").first():
        raise RuleBroken(f"{held.person} is the {held.get_role_display().lower()}; release them first.")
    assignment = ValidatorAssignment.objects.create(request=validation, person=person, role=role, assigned_by=actor)
    record(
        Action.VALIDATOR_ASSIGNED, actor=actor, subject=validation, person=str(person.pk), name=str(person), role=role
    )
    if role == Role.LEAD and validation.state == State.INTAKE:
        move(validation, "accept")
        record(Action.VALIDATION_MOVED, actor=actor, subject=validation, before=State.INTAKE, after=State.PLANNING)
    return assignment


def why_not_assign(validation: ValidationRequest, person: Person) -> list[str]:
    """Every reason why this person may not validate it; empty if they may."""
    roles = person.roles_in(validation.model.workspace_id, validation.model_slug)
    reasons = []
    if person.is_service or not person.is_active:
        reasons.append(f"{person} is not a person who works here: a service account, or closed.")
    elif not roles & VALIDATORS:
        reasons.append(f"{person} holds no role of a validator for {validation.model}.")
    return reasons + why_not_independent(validation, person)


@governed()
def release_validator(assignment: ValidatorAssignment, *, reason: str, actor) -> ValidatorAssignment:
    """Take a part away again; who attested stays known as a validator of the version."""
    validation = assignment.request
    require(actor, Permission.ASSIGN_VALIDATOR, validation.model.workspace_id, model_slug=validation.model_slug)
    texts = written(reason=reason)
    validation = locked(validation)
    assignment = (
        ValidatorAssignment.objects.select_for_update(of=("self",)).select_related("person").get(pk=assignment.pk)
    )
    if assignment.ended_at is not None or not validation.is_open:
        raise RuleBroken(f"{assignment.person} has no part in {validation.reference} that could be taken away.")
    refuse_dependent(validation, actor)
    assignment.ended_at, assignment.ended_because = timezone.now(), texts["reason"]
    assignment.save(update_fields=["ended_at", "ended_because"])
    record(
        Action.VALIDATOR_RELEASED,
        actor=actor,
        subject=validation,
        person=str(assignment.person_id),
        name=str(assignment.person),
        role=assignment.role,
        reason=texts["reason"],
    )
    refresh_locked(validation)
    return assignment


def prepare_attestation(validation: ValidationRequest, *, actor) -> Statement:
    """What the actor would sign to say that they are independent; refused where history says otherwise."""
    assignment = _unattested(validation, actor)
    return prepare_statement(
        assignment,
        signer=actor,
        needs_passkey=bound_of(validation).needs_passkey,
        evidence_digest=_digest(assignment),
        outcome="independent",
        meaning=ATTESTATION,
        policy_version=validation.policy.number,
        role=assignment.get_role_display().lower(),
        terms={"validation": subject_name(validation), "role": assignment.role},
    )


def sign_attestation(
    validation: ValidationRequest, reference, *, proof: Password | Passkey, actor
) -> ValidatorAssignment:
    """Sign it. The history is asked again, now that nobody can change it in between."""
    _unattested(validation, actor)
    return _attest(validation, prove(reference, proof, signer=actor), actor=actor)


@governed()
def _attest(validation: ValidationRequest, proven: Proven, *, actor) -> ValidatorAssignment:
    validation, actor = locked(validation), actor.as_now()
    assignment = _unattested(validation, actor)
    demanded = bound_of(validation).needs_passkey
    signature = sign(proven, subject=assignment, evidence_digest=_digest(assignment), needs_passkey=demanded)
    assignment.attested_at, assignment.signature = timezone.now(), signature
    assignment.save(update_fields=["attested_at", "signature"])
    record(
        Action.INDEPENDENCE_ATTESTED,
        actor=actor,
        subject=validation,
        role=assignment.role,
        signature=signature.in_trail(),
    )
    refresh_locked(validation)
    return assignment


def _unattested(validation: ValidationRequest, actor) -> ValidatorAssignment:
    require(actor, Permission.VALIDATE_MODEL, validation.model.workspace_id, model_slug=validation.model_slug)
    assignment = assignment_of(validation, actor)
    if assignment is None:
        raise NotPermitted(f"You are not assigned to {validation.reference}.")
    if assignment.attested_at is not None:
        raise RuleBroken("You have attested to your independence already.")
    if not validation.is_open:
        raise RuleBroken(f"{validation.reference} is {validation.get_state_display().lower()}.")
    if reasons := why_not_independent(validation, actor):
        raise NotPermitted(*reasons)
    return assignment


def _digest(assignment: ValidatorAssignment) -> str:
    """Of what the attestation is about: the request, its subject and the part in it."""
    validation = assignment.request
    return digest_of(
        {
            "request": validation.reference,
            "kind": validation.kind,
            "model": validation.model_slug,
            "version": validation.version.number if validation.version else None,
            "artifact_sha256": validation.version.artifact_sha256 if validation.version else "",
            "role": assignment.role,
        }
    )
