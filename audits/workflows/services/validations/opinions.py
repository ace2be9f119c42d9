"""The opinion: fit, fit with conditions or not fit, signed by the lead over everything that was found."""

from datetime import date

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.models import ValidationOpinion, ValidationRequest
from audits.workflows.services.evidence import digest_of
from audits.workflows.services.transitions import move
from audits.workflows.services.validations.content import content_of, refuse_unseen
from audits.workflows.services.validations.independence import why_not_independent
from audits.workflows.services.validations.realised import checked_realised
from audits.workflows.services.validations.scope import Role, bound_of, locked, require_validator, reread
from audits.workflows.services.validations.texts import written
from audits.workflows.states import ValidationState as State
from inventory.contents.cadences import cadence_of
from inventory.policies import ANNUAL_REVIEW, FULL_VALIDATION
from inventory.states import Stage
from mrm.accounts.models import Statement
from mrm.accounts.services import Passkey, Password, Proven, prepare_statement, prove, sign
from mrm.errors import NotPermitted, RuleBroken, UnusableData

Outcome = ValidationOpinion.Outcome
MEANING = "I validated this independently; the opinion is mine, and the evidence named supports it"
MOST_CONDITIONS = 20
LONGEST_CONDITION = 300


def give_opinion(
    validation: ValidationRequest, *, password: str, code: str = "", actor, **content
) -> ValidationOpinion:
    """Prepare and sign in one step, as a program does that has shown the statement itself."""
    statement = prepare_opinion(validation, actor=actor, **content)
    return sign_opinion(validation, statement.pk, proof=Password(password, code), actor=actor)


def prepare_opinion(
    validation: ValidationRequest,
    *,
    outcome: str,
    summary: str,
    conditions: list[dict] | None = None,
    expires_on: date | None = None,
    realised: dict | None = None,
    content_digest: str,
    actor,
) -> Statement:
    """What the lead would sign, over the plan, its outcomes and its evidence as they are now.

    conditions      [{"text", "due_on", "finding"}]: what must be so by which day; `finding` names the one it contains
    realised        {"effect", "output_percent", "cases_percent"}: what came of a change, in a review after it
    content_digest  of what the lead was shown
    """
    validation = reread(validation)
    require_validator(validation, actor, roles=(Role.LEAD,))
    texts = written(summary=summary)
    if outcome not in Outcome.values:
        raise UnusableData({"message": f"The opinion is one of {', '.join(Outcome.values)}.", "field": "outcome"})
    conditions = _checked(validation, conditions or [], outcome=outcome)
    begins = timezone.now().date()
    expires_on = expires_on or latest_end(validation, begins)
    if not begins < expires_on <= latest_end(validation, begins):
        message = f"It may hold until {latest_end(validation, begins):%d %B %Y} at the latest, and longer than today."
        raise UnusableData({"message": message, "field": "expires_on"})
    if reasons := why_not_give_opinion(validation, outcome=outcome, conditions=conditions):
        raise RuleBroken(*reasons)
    if reasons := why_not_independent(validation, actor):
        raise NotPermitted(*reasons)
    realised = checked_realised(validation, realised)
    refuse_unseen(validation, content_digest)
    terms = {"effective_on": begins.isoformat(), "expires_on": expires_on.isoformat()}
    return prepare_statement(
        validation,
        signer=actor,
        needs_passkey=bound_of(validation).needs_passkey,
        evidence_digest=content_digest,
        outcome=outcome,
        meaning=MEANING,
        comment=texts["summary"],
        policy_version=validation.policy.number,
        role=Role.LEAD.label.lower(),
        terms=terms | ({"conditions": conditions} if conditions else {}) | ({"realised": realised} if realised else {}),
    )


def sign_opinion(validation: ValidationRequest, reference, *, proof: Password | Passkey, actor) -> ValidationOpinion:
    """Sign the prepared statement; the second validator reads it next."""
    require_validator(validation, actor, roles=(Role.LEAD,))
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    return _give(validation, proven, actor=actor)


@governed()
def _give(validation: ValidationRequest, proven: Proven, *, actor) -> ValidationOpinion:
    """Asks everything again, now that nobody else can change it."""
    validation, said, actor = locked(validation), proven.statement.body, actor.as_now()
    require_validator(validation, actor, roles=(Role.LEAD,))
    terms = said["terms"]
    conditions = terms.get("conditions", [])
    if reasons := why_not_give_opinion(validation, outcome=said["outcome"], conditions=conditions):
        raise RuleBroken(*reasons)
    if reasons := why_not_independent(validation, actor):
        raise NotPermitted(*reasons)
    content = content_of(validation)
    digest = digest_of(content)
    demanded = bound_of(validation).needs_passkey
    signature = sign(proven, subject=validation, evidence_digest=digest, needs_passkey=demanded)
    opinion = ValidationOpinion.objects.create(
        request=validation,
        person=actor,
        outcome=said["outcome"],
        summary=said["comment"],
        conditions=conditions,
        realised=terms.get("realised", {}),
        effective_on=date.fromisoformat(terms["effective_on"]),
        expires_on=date.fromisoformat(terms["expires_on"]),
        content=content,
        content_digest=digest,
        signature=signature,
    )
    move(validation, "conclude", content_digest=digest, reason="")
    record(
        Action.OPINION_GIVEN,
        actor=actor,
        subject=validation,
        outcome=opinion.outcome,
        conditions=conditions,
        effective_on=terms["effective_on"],
        expires_on=terms["expires_on"],
        content_digest=digest,
        signature=signature.in_trail(),
    )
    return opinion


def why_not_give_opinion(validation: ValidationRequest, *, outcome: str = "", conditions: list[dict] = ()) -> list[str]:
    """Everything that is missing before an opinion; with an outcome also why it may not be that one."""
    reasons = []
    if validation.state != State.IN_PROGRESS:
        reasons.append(f"{validation.reference} is {validation.get_state_display().lower()}, not in progress.")
    planned = [item for item in validation.items.all() if item.is_planned]
    if undone := [item.name for item in planned if not item.outcome]:
        reasons.append(f"Not concluded yet: {', '.join(undone)}.")
    if outcome == Outcome.FIT and (unmet := [item.name for item in planned if item.outcome == "not_met"]):
        reasons.append(f"Not met: {', '.join(unmet)}. What is not met needs a condition, or the opinion is not fit.")
    if numbers := [str(one.number) for one in validation.challenges.open()]:
        reasons.append(f"Open challenge{'s' if len(numbers) > 1 else ''}: {', '.join(numbers)}.")
    reasons += _who_is_missing(validation)
    if validation.version and validation.version.stage in (Stage.SUPERSEDED, Stage.RETIRED):
        reasons.append(f"{validation.version} is {validation.version.stage}; cancel the request.")
    if outcome == Outcome.FIT_WITH_CONDITIONS and not conditions:
        reasons.append("Name at least one condition, or choose another opinion.")
    if outcome:
        reasons += policies.why_not_opinion(outcome, open_findings(validation, conditions))
    return reasons


def open_findings(validation: ValidationRequest, conditions: list[dict] = ()) -> list[policies.OpenFinding]:
    """The open findings on what is validated, each with the condition that contains it."""
    contained = {one.get("finding"): one["text"] for one in conditions if one.get("finding")}
    return [
        policies.OpenFinding(
            reference=one.reference, severity=one.severity, contained_by=contained.get(one.reference, "")
        )
        for one in validation.model.findings.open().order_by("reference")
        if one.version_id in (None, validation.version_id) or validation.version_id is None
    ]


def latest_end(validation: ValidationRequest, begins: date) -> date:
    """The last day that the policy's cadence allows for an opinion that begins then."""
    is_review = validation.kind == ValidationRequest.Kind.ANNUAL_REVIEW
    rhythm = ANNUAL_REVIEW if is_review else FULL_VALIDATION
    return begins + cadence_of(validation.model, rhythm, document=validation.policy.document).span


def _who_is_missing(validation: ValidationRequest) -> list[str]:
    held = {one.role: one for one in validation.assignments.standing().select_related("person")}
    reasons = []
    for role in Role:
        if role not in held:
            reasons.append(f"The {role.label.lower()} is not assigned.")
        elif held[role].attested_at is None:
            reasons.append(f"{held[role].person}, the {role.label.lower()}, has not attested to independence.")
    return reasons


def _checked(validation: ValidationRequest, conditions: list[dict], *, outcome: str) -> list[dict]:
    """Conditions as they are kept, or every fault of them."""
    faults, kept = [], []
    if conditions and outcome != Outcome.FIT_WITH_CONDITIONS:
        faults.append("Only the opinion fit with conditions has conditions.")
    if len(conditions) > MOST_CONDITIONS:
        faults.append(f"{len(conditions)} conditions are too many; {MOST_CONDITIONS} fit.")
    known = {one.reference for one in open_findings(validation)}
    begins = timezone.now().date()
    latest = latest_end(validation, begins)
    for place, condition in enumerate(conditions, start=1):
        text, finding = condition["text"].strip(), condition.get("finding") or ""
        due_on = date.fromisoformat(condition["due_on"])
        if not text or len(text) > LONGEST_CONDITION or "\x00" in text:
            faults.append(f"Condition {place} needs a text of {LONGEST_CONDITION} characters at most.")
        if not begins <= due_on <= latest:
            faults.append(f"Condition {place} must be due between today and {latest:%d %B %Y}.")
        if finding and finding not in known:
            faults.append(f"Condition {place} names {finding}, which is no open finding on what is validated.")
        kept.append({"text": text, "due_on": due_on.isoformat(), "finding": finding})
    if faults:
        raise UnusableData(*({"message": fault, "field": "conditions"} for fault in faults))
    return kept
