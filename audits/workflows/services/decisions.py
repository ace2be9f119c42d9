"""Deciding a change: over exactly which evidence, meaning what, under which conditions; and what approval does."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.gates import Gate
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services.evidence import digest_of, evidence_again
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.kinds.promotion import last_day
from audits.workflows.services.positions import (
    Position,
    conflicts_since,
    permission_to_decide,
    position_of,
    roles_of,
    why_not_from,
    why_over,
)
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState
from inventory.services import bound_under
from mrm.accounts.models import Signature, Statement
from mrm.accounts.services import (
    Bound,
    Passkey,
    Password,
    Proven,
    prepare_statement,
    prove,
    require,
    sign,
    statement_body,
    void_signatures,
)
from mrm.errors import DomainError, NotPermitted, RuleBroken, UnusableData
from mrm.pages.wording import day

Meaning = Decision.Meaning
APPROVING = (Meaning.REVIEWED, Meaning.APPROVED)
VERBS = {
    Meaning.RECUSED: "step aside",
    Meaning.REJECTED: "reject the request",
    Meaning.ABSTAINED: "abstain",
    Meaning.DEFERRED: "want to defer",
}
MOST_CONDITIONS = 10
LONGEST_CONDITION = 300
CAN_BE_CONDITIONAL = (ChangeRequest.Kind.PROMOTION, ChangeRequest.Kind.APPROVAL)


@dataclass(frozen=True)
class DecisionView:
    """What the decision page shows: the request with fresh evidence, and why this person may not decide, if so."""

    change: ChangeRequest
    reasons_not_to: list[str]
    role: str
    on_behalf_of: str = ""


def decision_view(change: ChangeRequest, *, person) -> DecisionView:
    """The request as this person must see it now. Voids what was signed over evidence that no longer holds."""
    change = refresh_evidence(change) if change.state == ChangeState.PENDING else change
    position = position_of(change, person)
    return DecisionView(change, why_not_from(change, position), position.role, str(position.on_behalf_of or ""))


def decide(
    change: ChangeRequest,
    *,
    approved: bool,
    meaning: str,
    comment: str = "",
    conditions: list[dict] | None = None,
    evidence_digest: str,
    password: str,
    code: str = "",
    actor,
) -> Decision:
    """Prepare and sign a decision by password in one step, as a program does that has shown the statement itself.

    Signing gathers the evidence again, under the lock; before it that is needed only where what was signed may be void.
    """
    _require(change, actor)
    change = _with_its_rows().get(pk=change.pk)
    if change.evidence_digest != evidence_digest or change.decisions.standing().exists():
        change = refresh_evidence(change)
    said = {"approved": approved, "meaning": meaning, "comment": comment, "conditions": conditions}
    statement = _prepare(change, **said, evidence_digest=evidence_digest, actor=actor)
    return sign_decision(change, statement.pk, proof=Password(password, code), actor=actor)


def prepare_decision(
    change: ChangeRequest,
    *,
    approved: bool,
    meaning: str,
    comment: str = "",
    conditions: list[dict] | None = None,
    evidence_digest: str,
    actor,
) -> Statement:
    """What `actor` would sign, over the evidence whose digest was shown; refused where they may not decide.

    conditions  [{"text", "due_on"}]: what must be so by which day, or the use is restricted
    """
    _require(change, actor)
    change = refresh_evidence(change)
    said = {"approved": approved, "meaning": meaning, "comment": comment, "conditions": conditions}
    return _prepare(change, **said, evidence_digest=evidence_digest, actor=actor)


def _prepare(
    change: ChangeRequest, *, approved: bool, meaning: str, comment: str, conditions, evidence_digest: str, actor
) -> Statement:
    position = position_of(change, actor)
    _refuse_decision(change, position, evidence_digest=evidence_digest)
    if approved != (meaning in APPROVING):
        raise RuleBroken("The meaning of a signature must match the decision it signs.")
    if meaning in (Meaning.ABSTAINED, Meaning.DEFERRED) and position.role != policies.COMMITTEE:
        raise RuleBroken("Only a member of the committee abstains or defers; approve, reject or step aside.")
    if not approved and not comment.strip():
        what = VERBS[meaning]
        raise RuleBroken(f"Say why you {what}; whoever asked needs to know.")
    conditions = _checked(change, conditions or [], approved=approved)
    content = _content(change, position, meaning=meaning, comment=comment, conditions=conditions)
    return prepare_statement(change, signer=actor, needs_passkey=bound_of(change).needs_passkey, **content)


def bound_of(change: ChangeRequest) -> Bound:
    """The policy a request is decided under."""
    return bound_under(change.policy, change.kind, change.tier)


def statement_of(change: ChangeRequest, *, meaning: str, comment: str, conditions: list[dict] = (), person) -> dict:
    """What this person would sign if they decided now."""
    content = _content(change, position_of(change, person), meaning=meaning, comment=comment, conditions=conditions)
    return statement_body(change, signer=person, **content)


def _content(change: ChangeRequest, position: Position, *, meaning, comment, conditions) -> dict:
    terms = {"conditions": list(conditions)} if conditions else {}
    if principal := position.on_behalf_of:
        terms["on_behalf_of"] = {"id": str(principal.pk), "name": principal.display_name}
    return {
        "evidence_digest": change.evidence_digest,
        "outcome": "approved" if meaning in APPROVING else str(meaning),
        "meaning": Meaning(meaning).label,
        "comment": comment,
        "policy_version": change.policy.number,
        "role": position.role,
        "terms": terms or None,
    }


def sign_decision(change: ChangeRequest, reference, *, proof: Password | Passkey, actor) -> Decision:
    """Sign the prepared statement and so decide. The last approval needed carries the change out."""
    _require(change, actor)
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    try:
        return _decide(change, proven, actor=actor)
    except DomainError:
        refresh_evidence(change)  # What it voids stays voided, also where the decision is refused.
        raise


@governed()
def refresh_evidence(change: ChangeRequest) -> ChangeRequest:
    """Gather the evidence again; if it changed, void the decisions made over the old one and say so in the trail.

    So does a part that one of those who decided has in it by now.
    """
    change, _ = _refreshed(change)
    return change


def _refreshed(change: ChangeRequest) -> tuple[ChangeRequest, Gate | None]:
    """The request, locked and refreshed, with the gate as it was asked for that. Inside a governed block."""
    change = locked(change)
    if change.state != ChangeState.PENDING:
        return change, None
    gate = KINDS[change.kind].gate(change)
    evidence = evidence_again(change, gate)
    if because := _why_void(change, evidence):
        change.evidence, change.evidence_digest, change.minutes = evidence, digest_of(evidence), {}
        void_decisions(change, because=because, actor=None)
        change.save(update_fields=["evidence", "evidence_digest", "minutes"])
    return change, gate


def why_void(change: ChangeRequest) -> str:
    """Why refreshing its evidence would void what was decided so far; empty where it would not. Writes nothing."""
    if change.state != ChangeState.PENDING:
        return ""
    return _why_void(change, evidence_again(change, KINDS[change.kind].gate(change)))


def _why_void(change: ChangeRequest, evidence: dict) -> str:
    if digest_of(evidence) != change.evidence_digest:
        return "What was signed has changed since: " + ", ".join(changed_parts(change.evidence, evidence)) + "."
    return " ".join(conflicts_since(change))


def void_decisions(change: ChangeRequest, *, because: str, actor, but: Signature | None = None) -> None:
    """Void what was signed about a request so far, `but` one, and name it in the trail. Inside a governed block."""
    void_signatures(change, because=because, but=but)
    voided = list(change.decisions.standing())
    change.decisions.standing().update(voided_at=timezone.now(), voided_because=because)
    details = {"decisions": [str(decision.pk) for decision in voided], "evidence_digest": change.evidence_digest}
    record(Action.DECISIONS_VOIDED, actor=actor, subject=change, because=because, **details)


def changed_parts(before: dict, after: dict) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


def _require(change: ChangeRequest, actor) -> None:
    """The permission, of the person or of whom they decide for."""
    asked = {"permission": permission_to_decide(change), "model_slug": change.model_slug or None}
    try:
        require(actor, workspace=change.workspace_id, **asked)
    except NotPermitted:
        principal = position_of(change, actor).on_behalf_of
        if principal is None:
            raise
        require(principal, workspace=change.workspace_id, **asked)


def _refuse_decision(change: ChangeRequest, position: Position, *, evidence_digest: str) -> None:
    """Raise unless who is in this position may decide a request, just refreshed, over the evidence they were shown."""
    if over := why_over(change):
        raise RuleBroken(over)
    if position.reasons_not_to:
        raise NotPermitted(*position.reasons_not_to)
    if evidence_digest != change.evidence_digest:
        raise RuleBroken("The evidence has changed since you opened this page. Read it again, then decide.")


@governed()
def _decide(change: ChangeRequest, proven: Proven, *, actor) -> Decision:
    """Asks everything again, now that nobody else can decide."""
    (change, gate), statement, actor = _refreshed(change), proven.statement.body, actor.as_now()
    position = position_of(change, actor)
    _require(change, actor)
    _refuse_decision(change, position, evidence_digest=statement["evidence_digest"])
    meaning = next(one for one in Meaning if one.label == statement["meaning"])
    signer = statement["signer"]
    terms = statement.get("terms", {})
    if (signer["role"], terms.get("on_behalf_of", {}).get("id")) != _signing_as(position):
        raise NotPermitted(f"Somebody else has decided as {policies.in_words(signer['role'])} meanwhile.")
    demanded = bound_of(change).needs_passkey
    signature = sign(proven, subject=change, evidence_digest=change.evidence_digest, needs_passkey=demanded)
    decision = Decision.objects.create(
        change=change,
        person=actor,
        on_behalf_of=position.on_behalf_of,
        printed_name=signature.printed_name,
        role=position.role,
        approved=meaning in APPROVING,
        meaning=meaning,
        comment=statement["comment"],
        conditions=terms.get("conditions", []),
        statement=signature.statement,
        statement_digest=signature.statement_digest,
        authentication=signature.method,
        signature=signature,
    )
    record(
        Action.CHANGE_DECIDED,
        actor=actor,
        subject=change,
        decision=str(decision.pk),
        approved=decision.approved,
        meaning=str(meaning),
        role=position.role,
        on_behalf_of=str(position.on_behalf_of.pk) if position.on_behalf_of else "",
        evidence_digest=change.evidence_digest,
        signature=signature.in_trail(),
    )
    _follow(change, decision, gate)
    return decision


def _follow(change: ChangeRequest, decision: Decision, gate: Gate | None) -> None:
    """What a decision leads to: one no ends the request, the last yes that is needed carries it out.

    A vote in the committee leads to nothing before its chair concludes it.
    """
    actor = decision.person
    if decision.role == policies.COMMITTEE:
        return
    if decision.meaning == Meaning.REJECTED:
        outcome = f"Rejected by {actor.display_name}: {decision.comment}"
        move(change, "reject", decided_at=timezone.now(), outcome=outcome)
        record(Action.CHANGE_REJECTED, actor=actor, subject=change)
    elif decision.approved and not policies.roles_open(**roles_of(change)):
        approve_change(change, gate, actor)


def approve_change(change: ChangeRequest, gate: Gate | None, actor) -> None:
    """The last approval is there: unless something stands against it still, it is done.

    gate  that of its kind, asked in this transaction, inside the lock
    """
    kind = KINDS[change.kind]
    move(change, "approve", decided_at=timezone.now())
    within = {"envelope": change.evidence["envelope"]} if change.envelope_id else {}
    record(Action.CHANGE_APPROVED, actor=actor, subject=change, **within)
    if reasons := kind.reasons_against(change, gate):
        raise RuleBroken(*reasons)
    if outcome := kind.carry_out(change, actor):
        move(change, "complete", outcome=outcome, completed_at=timezone.now())
        record(Action.CHANGE_COMPLETED, actor=actor, subject=change, outcome=outcome)


def _signing_as(position: Position) -> tuple[str, str | None]:
    return position.role, str(position.on_behalf_of.pk) if position.on_behalf_of else None


def _checked(change: ChangeRequest, conditions: list[dict], *, approved: bool) -> list[dict]:
    """Conditions as they are kept, or every fault of them."""
    faults = []
    if conditions and (not approved or change.kind not in CAN_BE_CONDITIONAL):
        faults.append("Only the approval of a version for use can have conditions.")
    if len(conditions) > MOST_CONDITIONS:
        faults.append(f"{len(conditions)} conditions are too many; {MOST_CONDITIONS} fit.")
    latest = date.fromisoformat(last_day(change)) if change.kind in CAN_BE_CONDITIONAL else date.max
    for place, condition in enumerate(conditions, start=1):
        text = condition["text"].strip()
        if not text or len(text) > LONGEST_CONDITION:
            faults.append(f"Condition {place} needs a text of {LONGEST_CONDITION} characters at most.")
        if date.fromisoformat(condition["due_on"]) < timezone.now().date():
            faults.append(f"Condition {place} is due on a day that has passed.")
        if date.fromisoformat(condition["due_on"]) > latest:
            faults.append(f"Condition {place} is due after the approval ends, on {day(latest)}.")
    if faults:
        raise UnusableData(*({"message": fault, "field": "conditions"} for fault in faults))
    return [{"text": one["text"].strip(), "due_on": one["due_on"]} for one in conditions]


def locked(change: ChangeRequest) -> ChangeRequest:
    return _with_its_rows().select_for_update(of=("self",)).get(pk=change.pk)


def _with_its_rows() -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.select_related(
        "model__workspace", "model__owner", "version", "breach", "policy", "renews__change"
    )
