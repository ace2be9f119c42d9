"""Closing a finding: validated by the second line and, where it is severe, signed off by somebody else."""

import hashlib

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement, Finding
from audits.workflows.services import arrangements
from audits.workflows.services.findings.access import (
    for_the_second_line,
    locked,
    refuse_blank,
    why_not_sign_off,
)
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory.policies import needs_passkey, section
from mrm.accounts.models import Statement
from mrm.accounts.policies import Permission
from mrm.accounts.services import Passkey, Password, prepare_statement, prove, require, sign
from mrm.errors import NotPermitted, RuleBroken
from mrm_verify.canonical import canonical

MEANING = "Sign off: I agree that this finding is put right and may be closed"
SIGNED_KIND = "finding_closure"  # As the policy names it where it asks for a passkey.


@governed()
def close_finding(finding: Finding, *, reason: str, actor) -> Finding:
    """The second line agrees that the outcome is reached. What is severe then awaits another's signature."""
    finding = for_the_second_line(finding, actor)
    refuse_blank(reason=reason)
    if not finding.is_severe:
        move(finding, "close", closing_reason=reason, closed_by=actor, closed_at=timezone.now())
        return _closed(finding, actor, reason=reason)
    if reasons := why_not_validate(finding):
        raise RuleBroken(*reasons)
    move(finding, "validate", closing_reason=reason, validated_by=actor, validated_at=timezone.now())
    record(Action.FINDING_VALIDATED, actor=actor, subject=finding, reason=reason, evidence=evidence_digest(finding))
    return finding


def why_not_validate(finding: Finding) -> list[str]:
    """What a severe finding still lacks before its closure can be validated."""
    submission = finding.submission()
    if finding.state != FindingState.SUBMITTED_FOR_CLOSURE or submission.reperformances.exists():
        return []
    severity = finding.get_severity_display().lower()
    return [
        f"The test of a {severity} finding is done again before it is closed, and since this submission nobody has: "
        "re-run the measurement, or record what you did elsewhere with the digest of its evidence."
    ]


def sign_off_facts(finding: Finding) -> dict:
    """What whoever signs off is shown, and signs over."""
    submission = finding.submission()
    again = submission.reperformances.all() if submission else []
    return {
        "finding": finding.reference,
        "model": finding.model_slug,
        "severity": finding.severity,
        "observation": finding.observation,
        "required_outcome": finding.required_outcome,
        "evidence": finding.evidence,
        "submission": {"told": submission.told, "evidence": submission.evidence} if submission else None,
        "reperformed": [
            {"run": str(one.run_id or ""), "results_digest": one.results_digest, "told": one.told} for one in again
        ],
        "validated": {"by": str(finding.validated_by or ""), "reason": finding.closing_reason},
    }


def evidence_digest(finding: Finding) -> str:
    """SHA-256 of the RFC 8785 form of those facts."""
    return hashlib.sha256(canonical(sign_off_facts(finding))).hexdigest()


def prepare_sign_off(finding: Finding, *, comment: str = "", actor) -> Statement:
    """What `actor` would sign: that this finding is closed; refused where they may not."""
    require(actor, Permission.SIGN_OFF_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    _refuse_sign_off(finding, actor)
    return prepare_statement(
        finding,
        signer=actor,
        needs_passkey=needs_passkey(finding.rules, SIGNED_KIND, finding.model.tier),
        evidence_digest=evidence_digest(finding),
        outcome="closed",
        meaning=MEANING,
        comment=comment,
        policy_version=finding.policy.number if finding.policy else None,
        role=_signing_role(finding, actor),
    )


def sign_off_view(finding: Finding, *, person) -> dict:
    """What this person would sign over, its digest, and every reason why they may not."""
    reasons = why_not_sign_off(finding, person)
    if finding.state != FindingState.VALIDATED_CLOSED:
        reasons.insert(0, f"{finding.reference} is {finding.get_state_display().lower()}.")
    return {
        "may_sign": not reasons,
        "reasons_not_to": reasons,
        "evidence_digest": evidence_digest(finding),
        "evidence": sign_off_facts(finding),
    }


def sign_off_at_once(
    finding: Finding, *, evidence_digest: str, password: str, code: str = "", comment: str = "", actor
) -> Finding:
    """Prepare and sign by password in one step, as a program does that has shown the evidence itself."""
    statement = prepare_sign_off(finding, comment=comment, actor=actor)
    if statement.body["evidence_digest"] != evidence_digest:
        raise RuleBroken("What you were shown has changed since. Read it again, then sign. Nothing was signed.")
    return sign_off_finding(finding, statement.pk, proof=Password(password, code), actor=actor)


def sign_off_finding(finding: Finding, reference, *, proof: Password | Passkey, actor) -> Finding:
    """Sign the prepared statement, and so close a severe finding."""
    require(actor, Permission.SIGN_OFF_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    proven = prove(reference, proof, signer=actor)  # Slow on purpose, so before the pen is held.
    return _sign_off(finding, proven, actor=actor)


@governed()
def _sign_off(finding: Finding, proven, *, actor) -> Finding:
    """Asks everything again, now that nobody else can close it."""
    finding = locked(finding)
    _refuse_sign_off(finding, actor)
    signature = sign(proven, subject=finding, evidence_digest=evidence_digest(finding))
    move(finding, "sign_off", signature=signature, closed_by=actor, closed_at=timezone.now())
    return _closed(finding, actor, reason=finding.closing_reason, signature=signature.in_trail())


def _refuse_sign_off(finding: Finding, actor) -> None:
    if finding.state != FindingState.VALIDATED_CLOSED:
        raise RuleBroken(f"{finding} is {finding.get_state_display().lower()}; only a validated closure is signed off.")
    if reasons := why_not_sign_off(finding, actor):
        raise NotPermitted(*reasons)


def _signing_role(finding: Finding, actor) -> str:
    held = actor.roles_in(finding.model.workspace_id, finding.model_slug)
    return next(role for role in section(finding.rules, "findings")["signed_off_by"] if role in held)


def _closed(finding: Finding, actor, **details) -> Finding:
    """A finding that is closed puts in order what had lapsed about it."""
    record(Action.FINDING_CLOSED, actor=actor, subject=finding, **details)
    arrangements.settle(
        finding.model,
        [Arrangement.Kind.ACCEPTANCE],
        because=f"{finding.reference} is closed.",
        actor=actor,
        finding=finding,
    )
    return finding
