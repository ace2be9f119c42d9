"""What follows a signed opinion: the second validator reviews it, then a role that the policy names approves it."""

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows.models import ValidationRequest, ValidationReview
from audits.workflows.services.transitions import move
from audits.workflows.services.validations.assignments import why_not_assign
from audits.workflows.services.validations.content import refresh_validation, refuse_unseen, void_opinion
from audits.workflows.services.validations.effects import take_effect
from audits.workflows.services.validations.independence import why_not_independent
from audits.workflows.services.validations.scope import Role, assignment_of, bound_of, locked, reread
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ValidationState as State
from inventory.policies import validation_approvers
from mrm.accounts.models import Person, Statement
from mrm.accounts.policies import Permission, label
from mrm.accounts.services import (
    Passkey,
    Password,
    Proven,
    holders_of,
    prepare_statement,
    prove,
    require,
    sign,
    with_asker,
)
from mrm.errors import NotPermitted, RuleBroken

Step = ValidationReview.Step
STEP_IN = {State.REVIEW: Step.REVIEW, State.PENDING_APPROVAL: Step.APPROVAL}
VOIDED = "What was signed about it was voided a moment ago. Read the request again."
MEANINGS = {
    (Step.REVIEW, True): "I reviewed the work and the evidence as the second validator, and agree with the opinion",
    (Step.REVIEW, False): "I reviewed it as the second validator and return it to the lead",
    (Step.APPROVAL, True): "I approve this opinion on behalf of the validation function",
    (Step.APPROVAL, False): "I do not approve this opinion and return it to the lead",
}


def review_opinion(
    validation: ValidationRequest, *, password: str, code: str = "", actor, **content
) -> ValidationReview:
    """Prepare and sign in one step, as a program does that has shown the statement itself."""
    statement = prepare_review(validation, actor=actor, **content)
    return sign_review(validation, statement.pk, proof=Password(password, code), actor=actor)


def prepare_review(
    validation: ValidationRequest, *, agreed: bool, comment: str = "", content_digest: str, actor
) -> Statement:
    """What the second validator, or whoever approves, would sign about the standing opinion they were shown."""
    validation = refresh_validation(validation)
    step = _refuse(validation, actor)
    texts = {"comment": comment.strip()} if agreed and not comment.strip() else written(comment=comment)
    refuse_unseen(validation, content_digest)
    opinion = validation.opinions.standing().first()
    if opinion is None:
        raise RuleBroken(VOIDED)
    return prepare_statement(
        validation,
        signer=actor,
        needs_passkey=bound_of(validation).needs_passkey,
        evidence_digest=opinion.content_digest,
        outcome=_outcome(step, agreed),
        meaning=MEANINGS[step, agreed],
        policy_version=validation.policy.number,
        role=_role(validation, step, actor),
        terms={"opinion": opinion.outcome, "expires_on": opinion.expires_on.isoformat()},
        **texts,
    )


def sign_review(validation: ValidationRequest, reference, *, proof: Password | Passkey, actor) -> ValidationReview:
    """Sign it: the request goes on, or back to the lead; the approval puts the opinion into force."""
    _require(reread(validation), actor)
    proven = prove(reference, proof, signer=actor)
    refresh_validation(validation)
    return _review(validation, proven, actor=actor)


@governed()
def _review(validation: ValidationRequest, proven: Proven, *, actor) -> ValidationReview:
    """Asks everything again, now that nobody else can change it."""
    validation, said, actor = locked(validation), proven.statement.body, actor.as_now()
    step = _refuse(validation, actor)
    opinion = validation.opinions.select_for_update(of=("self",)).standing().get()
    agreed = next((one for one in (True, False) if said["meaning"] == MEANINGS[step, one]), None)
    if agreed is None:
        raise RuleBroken("Somebody else has signed this step meanwhile. Read the request again.")
    demanded = bound_of(validation).needs_passkey
    signature = sign(proven, subject=validation, evidence_digest=opinion.content_digest, needs_passkey=demanded)
    review = ValidationReview.objects.create(
        opinion=opinion,
        step=step,
        person=actor,
        role=said["signer"]["role"],
        agreed=agreed,
        comment=said["comment"],
        signature=signature,
    )
    is_approval = step == Step.APPROVAL
    record(
        Action.OPINION_APPROVED if is_approval and agreed else Action.OPINION_REVIEWED,
        actor=actor,
        subject=validation,
        step=str(step),
        agreed=agreed,
        role=review.role,
        opinion=opinion.outcome,
        content_digest=opinion.content_digest,
        signature=signature.in_trail(),
    )
    if not agreed:
        _return(validation, review)
    elif is_approval:
        move(validation, "approve", closed_at=timezone.now(), reason="")
        take_effect(opinion, actor=actor)
    else:
        move(validation, "agree")
    return review


def why_not_review(validation: ValidationRequest, person) -> list[str]:
    """Every reason why this person may not sign the step that is awaited; empty if they may."""
    step = STEP_IN.get(validation.state)
    if step is None:
        return [f"{validation.reference} is {validation.get_state_display().lower()}; no review is awaited."]
    return _why_not(validation, step, person)


def who_may_act(validation: ValidationRequest, *, asker: Person | None = None) -> list[tuple[Person, list[str]]]:
    """Everybody whose role takes the step that is awaited, each with what keeps them from it, if anything.

    Before the opinion is signed the step is to validate; then to review the opinion, and to approve it. Whoever asks is
    told of themselves too, whatever their role.
    """
    step, place = STEP_IN.get(validation.state), (validation.model.workspace_id, validation.model_slug)
    if step is None:
        people = with_asker(holders_of(Permission.VALIDATE_MODEL, *place), asker)
        return [(person, why_not_assign(validation, person)) for person in people]
    permission = Permission.APPROVE_VALIDATION if step == Step.APPROVAL else Permission.VALIDATE_MODEL
    people = with_asker(holders_of(permission, *place), asker)
    return [(person, _why_not(validation, step, person)) for person in people]


def _why_not(validation: ValidationRequest, step: str, person) -> list[str]:
    assignment, reasons, about = assignment_of(validation, person), [], Entry.objects.about(validation)
    if person.is_service:
        reasons.append("A service account never signs.")
    if step == Step.REVIEW:
        if assignment is None or assignment.role != Role.SECOND:
            reasons.append("The second validator reviews the opinion.")
        elif assignment.attested_at is None:
            reasons.append("Attest to your independence first.")
    else:
        roles = person.roles_in(validation.model.workspace_id, validation.model_slug)
        approvers = validation_approvers(validation.policy.document, validation.model.tier)
        if not roles & set(approvers):
            reasons.append(f"Under the policy this is approved by: {' or '.join(map(label, approvers))}.")
        if assignment is not None:
            assigning = about.filter(action=Action.VALIDATOR_ASSIGNED, details__person=str(person.pk))
            reasons.append(assigning.showing("Whoever validated does not approve the opinion."))
    opinion = validation.opinions.standing().first()
    if opinion is None:
        reasons.append(VOIDED)
    elif opinion.person_id == person.pk or opinion.reviews.standing().filter(person=person).exists():
        signing = about.filter(action__in=(Action.OPINION_GIVEN, Action.OPINION_REVIEWED), actor_id=str(person.pk))
        reasons.append(signing.showing("Nobody signs twice on one opinion."))
    return reasons + why_not_independent(validation, person)


def _refuse(validation: ValidationRequest, actor) -> str:
    _require(validation, actor)
    step = STEP_IN.get(validation.state)
    if step is None:
        raise RuleBroken(*why_not_review(validation, actor))
    if reasons := _why_not(validation, step, actor):
        raise NotPermitted(*reasons)
    return step


def _require(validation: ValidationRequest, actor) -> None:
    is_review = validation.state == State.REVIEW or assignment_of(validation, actor) is not None
    permission = Permission.VALIDATE_MODEL if is_review else Permission.APPROVE_VALIDATION
    require(actor, permission, validation.model.workspace_id, model_slug=validation.model_slug)


def _return(validation: ValidationRequest, review: ValidationReview) -> None:
    because = f"Returned by {review.person}: {review.comment}"
    void_opinion(validation, because=because)
    move(validation, "return", reason=review.comment, content_digest="")


def _outcome(step: str, agreed: bool) -> str:
    if not agreed:
        return "returned"
    return "approved" if step == Step.APPROVAL else "agreed"


def _role(validation: ValidationRequest, step: str, person) -> str:
    if step == Step.REVIEW:
        return Role.SECOND.label.lower()
    roles = person.roles_in(validation.model.workspace_id, validation.model_slug)
    return next(
        label(role) for role in validation_approvers(validation.policy.document, validation.model.tier) if role in roles
    )
