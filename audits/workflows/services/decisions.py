"""Deciding a change: who may, over exactly which evidence, meaning what; and what approval does."""

from dataclasses import dataclass

from django.utils import timezone

from audits.assessments.services import close_breaches_of
from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows import policies
from audits.workflows.gates import blockers_for_promotion
from audits.workflows.models import ChangeRequest, Decision, Retraining
from audits.workflows.services.changes import why_not_retrain, withdraw
from audits.workflows.services.evidence import digest_of, evidence_again
from audits.workflows.services.transitions import move
from audits.workflows.states import ChangeState
from inventory.policies import needs_passkey
from inventory.services import promote_version, retire_model
from mrm.accounts.models import Statement
from mrm.accounts.policies import Permission
from mrm.accounts.services import (
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
from mrm.errors import NotPermitted, RuleBroken


@dataclass(frozen=True)
class DecisionView:
    """What the decision page shows: the request with fresh evidence, and why this person may not decide, if so."""

    change: ChangeRequest
    reasons_not_to: list[str]
    role: str


def decision_view(change: ChangeRequest, *, person) -> DecisionView:
    """The request as this person must see it now. Voids what was signed over evidence that no longer holds."""
    change = refresh_evidence(change) if change.state == ChangeState.PENDING else change
    role = policies.role_to_fill(person.roles_in(change.model.workspace_id), **_roles(change))
    return DecisionView(change, why_not_decide(change, person=person), role)


def decide(
    change: ChangeRequest,
    *,
    approved: bool,
    meaning: str,
    comment: str = "",
    evidence_digest: str,
    password: str,
    code: str = "",
    actor,
) -> Decision:
    """Prepare and sign a decision by password in one step, as a program does that has shown the statement itself."""
    statement = prepare_decision(
        change, approved=approved, meaning=meaning, comment=comment, evidence_digest=evidence_digest, actor=actor
    )
    return sign_decision(change, statement.pk, proof=Password(password, code), actor=actor)


def prepare_decision(
    change: ChangeRequest, *, approved: bool, meaning: str, comment: str = "", evidence_digest: str, actor
) -> Statement:
    """What `actor` would sign, over the evidence whose digest was shown; refused where they may not decide."""
    require(actor, Permission.DECIDE_CHANGE, change.model.workspace_id, model_slug=change.model_slug)
    change = refresh_evidence(change)
    _refuse_decision(change, evidence_digest=evidence_digest, actor=actor)
    if approved == (meaning == Decision.Meaning.REJECTED):
        raise RuleBroken("The meaning of a signature must match the decision it signs.")
    if not approved and not comment.strip():
        raise RuleBroken("Say why you reject the request; whoever asked needs to know.")
    content = _content(change, approved=approved, meaning=meaning, comment=comment, person=actor)
    demanded = needs_passkey(change.policy.document, change.kind, change.model.tier)
    return prepare_statement(change, signer=actor, needs_passkey=demanded, **content)


def statement_of(change: ChangeRequest, *, approved: bool, meaning: str, comment: str, person) -> dict:
    """What this person would sign if they decided now."""
    content = _content(change, approved=approved, meaning=meaning, comment=comment, person=person)
    return statement_body(change, signer=person, **content)


def _content(change: ChangeRequest, *, approved, meaning, comment, person) -> dict:
    return {
        "evidence_digest": change.evidence_digest,
        "outcome": "approved" if approved else "rejected",
        "meaning": Decision.Meaning(meaning).label,
        "comment": comment,
        "policy_version": change.policy.number,
        "role": policies.role_to_fill(person.roles_in(change.model.workspace_id), **_roles(change)),
    }


def sign_decision(change: ChangeRequest, reference, *, proof: Password | Passkey, actor) -> Decision:
    """Sign the prepared statement and so decide. The last approval needed carries the change out."""
    require(actor, Permission.DECIDE_CHANGE, change.model.workspace_id, model_slug=change.model_slug)
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    refresh_evidence(change)
    return _decide(change, proven, actor=actor)


@governed()
def refresh_evidence(change: ChangeRequest) -> ChangeRequest:
    """Gather the evidence again; if it changed, void the decisions made over the old one and say so in the trail."""
    change = _locked(change)
    if change.state != ChangeState.PENDING:
        return change
    evidence = evidence_again(change)
    digest = digest_of(evidence)
    if digest == change.evidence_digest:
        return change
    because = "What was signed has changed since: " + ", ".join(changed_parts(change.evidence, evidence)) + "."
    void_signatures(change, because=because)
    voided = list(change.decisions.standing())
    change.decisions.standing().update(voided_at=timezone.now(), voided_because=because)
    change.evidence, change.evidence_digest = evidence, digest
    change.save(update_fields=["evidence", "evidence_digest"])
    record(
        Action.DECISIONS_VOIDED,
        actor=None,
        subject=change,
        because=because,
        decisions=[str(decision.pk) for decision in voided],
        evidence_digest=digest,
    )
    return change


def changed_parts(before: dict, after: dict) -> list[str]:
    return [name for name in after if before.get(name) != after[name]]


def why_not_decide(change: ChangeRequest, *, person) -> list[str]:
    """Every reason why this person may not decide this request now, from the history of what it is about."""
    if over := _why_over(change):
        return [over]
    candidate = policies.Candidate(
        roles=frozenset(person.roles_in(change.model.workspace_id)),
        is_service=person.is_service,
        involvement=_involvement(change, person),
    )
    return policies.why_not_decide(candidate, **_roles(change))


def _refuse_decision(change: ChangeRequest, *, evidence_digest: str, actor) -> None:
    """Raise unless this person may decide this request now, over the evidence they were shown."""
    if over := _why_over(change):
        raise RuleBroken(over)
    if reasons := why_not_decide(change, person=actor):
        raise NotPermitted(*reasons)
    if evidence_digest != digest_of(evidence_again(change)):
        raise RuleBroken("The evidence has changed since you opened this page. Read it again, then decide.")


@governed()
def _decide(change: ChangeRequest, proven: Proven, *, actor) -> Decision:
    """Asks everything again, now that nobody else can decide."""
    change, statement = _locked(change), proven.statement.body
    _refuse_decision(change, evidence_digest=statement["evidence_digest"], actor=actor)
    approved, comment, role = statement["outcome"] == "approved", statement["comment"], statement["signer"]["role"]
    if approved and role not in policies.roles_open(**_roles(change)):
        raise NotPermitted(f"Somebody else has decided as {policies.in_words(role)} meanwhile.")
    signature = sign(proven, subject=change, evidence_digest=change.evidence_digest)
    meaning = next(one for one in Decision.Meaning if one.label == statement["meaning"])
    decision = Decision.objects.create(
        change=change,
        person=actor,
        printed_name=signature.printed_name,
        role=role,
        approved=approved,
        meaning=meaning,
        comment=comment,
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
        approved=approved,
        meaning=str(meaning),
        role=role,
        evidence_digest=change.evidence_digest,
        signature=signature.in_trail(),
    )
    if not approved:
        move(change, "reject", decided_at=timezone.now(), outcome=f"Rejected by {actor.display_name}: {comment}")
        record(Action.CHANGE_REJECTED, actor=actor, subject=change)
    elif not policies.roles_open(**_roles(change)):
        move(change, "approve", decided_at=timezone.now())
        record(Action.CHANGE_APPROVED, actor=actor, subject=change)
        _carry_out(change, actor)
    return decision


def _carry_out(change: ChangeRequest, actor) -> None:
    """What approval does at once. Retraining waits for the dispatching task: the network has no rollback."""
    match change.kind:
        case ChangeRequest.Kind.RETRAINING:
            _order_retraining(change)
            return
        case ChangeRequest.Kind.PROMOTION:
            outcome = _promote(change, actor)
        case ChangeRequest.Kind.RETIREMENT:
            outcome = _retire(change, actor)
    move(change, "complete", outcome=outcome, completed_at=timezone.now())
    record(Action.CHANGE_COMPLETED, actor=actor, subject=change, outcome=outcome)


def _order_retraining(change: ChangeRequest) -> None:
    if reasons := why_not_retrain(change.version):
        raise RuleBroken(*reasons)
    Retraining.objects.create(change=change)


def _promote(change: ChangeRequest, actor) -> str:
    if blockers := blockers_for_promotion(change.version):
        raise RuleBroken(*blockers)
    before = change.model.production_version()
    promote_version(change.version, actor=actor)
    if before:
        close_breaches_of(
            before, reason=f"Superseded: {change.version} was promoted by {change.reference}.", actor=None
        )
    return f"{change.version} is in production" + (f"; {before} is superseded." if before else ".")


def _retire(change: ChangeRequest, actor) -> str:
    retire_model(change.model, actor=actor)
    for version in change.model.versions.all():
        close_breaches_of(version, reason=f"{change.model} was retired by {change.reference}.", actor=None)
    for pending in change.model.changes.pending():
        withdraw(pending, reason=f"{change.model} was retired by {change.reference}.", actor=None)
    return f"{change.model} is retired."


def _why_over(change: ChangeRequest) -> str:
    """Why nobody may decide any more; empty while they may. An expiry counts from its minute, not from the sweep."""
    if change.state != ChangeState.PENDING:
        return f"{change.reference} is already {change.state}."
    if change.expires_at <= timezone.now():
        return f"{change.reference} expired on {_day(change.expires_at)}; ask again if the change is still wanted."
    return ""


def _locked(change: ChangeRequest) -> ChangeRequest:
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("model", "version", "breach", "policy")
    return rows.get(pk=change.pk)


def _roles(change: ChangeRequest) -> dict:
    filled = change.decisions.standing().filter(approved=True).values_list("role", flat=True)
    return {"roles_required": change.roles_required, "roles_filled": list(filled)}


def _involvement(change: ChangeRequest, person) -> policies.Involvement:
    """What this person did to the subject, each with its date, so that the page can say so."""
    version, me = change.version, person.pk
    mine = change.decisions.standing().filter(person=person).first()
    return policies.Involvement(
        owns="own it" if change.model.owner_id == me else "",
        registered=f"registered version {version.number} on {_day(version.registered_at)}"
        if version.registered_by_id == me
        else "",
        trained=_trained(version, me),
        requested=f"asked for it on {_day(change.requested_at)}" if change.requester_id == me else "",
        decided=f"decided on {_day(mine.decided_at)}" if mine else "",
    )


def _trained(version, person_id) -> str:
    """Who asked for the retraining that made a version is counted as having made it."""
    retraining = getattr(version, "retraining", None)
    if retraining is None or retraining.change.requester_id != person_id:
        return ""
    return f"asked for the retraining that made version {version.number} ({retraining.change.reference})"


def _day(moment) -> str:
    return f"{moment:%d %B %Y}".lstrip("0")
