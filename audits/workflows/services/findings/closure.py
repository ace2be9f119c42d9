"""Closing a finding: agreed by the second line and, where it is severe, signed off by somebody else. Both sign."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Arrangement, Finding
from audits.workflows.services import arrangements
from audits.workflows.services.findings.access import (
    LONGEST_TEXT,
    locked,
    why_not_judge,
    why_not_sign_off,
)
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from inventory.models import Policy
from inventory.policies import section
from inventory.services import bound_under
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, Bound, digest_of_act, require, role_with
from mrm.errors import NotPermitted, RuleBroken
from mrm_verify.acts import AWAITS_SIGN_OFF, COMPLETE

SIGNED_KIND = "finding_closure"  # As the policy names it where it asks for a passkey.


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


def facts_of_closure(finding: Finding) -> dict:
    """What whoever closes or signs off is shown, and signs over."""
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


def bound_of_finding(finding: Finding) -> Bound:
    return bound_under(finding.policy or Policy.objects.in_force(), SIGNED_KIND, finding.model.tier)


def _refuse_closure(finding: Finding, *, actor) -> None:
    require(actor, Permission.CLOSE_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    if reasons := why_not_judge(finding, actor):
        raise NotPermitted(*reasons)
    if finding.state != FindingState.SUBMITTED_FOR_CLOSURE:
        raise RuleBroken(f"{finding} is {finding.get_state_display().lower()}; only what was submitted is closed.")
    if finding.is_severe and (reasons := why_not_validate(finding)):
        raise RuleBroken(*reasons)


def _close(finding: Finding, *, comment: str, signature: Signature, actor) -> Finding:
    """The second line agrees that the outcome is reached. What is severe then awaits another's signature."""
    finding, now = locked(finding), timezone.now()
    if not finding.is_severe:
        move(finding, "close", closing_reason=comment, signature=signature, closed_by=actor, closed_at=now)
        return _closed(finding, actor, reason=comment, signature=signature.in_trail())
    told = {"reason": comment, "signature": signature.in_trail()}
    move(finding, "validate", closing_reason=comment, validated_by=actor, validated_at=now)
    evidence = digest_of_act(FINDING_SIGN_OFF, finding)
    record(Action.FINDING_VALIDATED, actor=actor, subject=finding, evidence=evidence, **told)
    return finding


def _meaning_of_closure(finding: Finding) -> str:
    agreed = "I agree that what this finding asks for is reached"
    return f"{agreed}; another person signs it off." if finding.is_severe else f"{agreed}, and close it."


FINDING_CLOSURE = Act(
    name="closure_agreed",
    meaning=_meaning_of_closure,
    refuse=_refuse_closure,
    facts=facts_of_closure,
    role=lambda finding, person: role_with(
        Permission.CLOSE_FINDING, person, finding.model.workspace_id, finding.model_slug
    ),
    done=_close,
    bound=bound_of_finding,
    asks="Say what shows that the required outcome is reached.",
    longest=LONGEST_TEXT,
    terms=lambda finding: {"closure": AWAITS_SIGN_OFF if finding.is_severe else COMPLETE},
)


def _refuse_sign_off(finding: Finding, *, actor) -> None:
    if finding.state != FindingState.VALIDATED_CLOSED:
        raise RuleBroken(f"{finding} is {finding.get_state_display().lower()}; only a validated closure is signed off.")
    if reasons := why_not_sign_off(finding, actor):
        raise NotPermitted(*reasons)
    require(actor, Permission.SIGN_OFF_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)


def _sign_off(finding: Finding, *, comment: str, signature: Signature, actor) -> Finding:
    finding = locked(finding)
    move(finding, "sign_off", signature=signature, closed_by=actor, closed_at=timezone.now())
    return _closed(finding, actor, reason=finding.closing_reason, signature=signature.in_trail())


def _signing_role(finding: Finding, person) -> str:
    held = person.roles_in(finding.model.workspace_id, finding.model_slug)
    return next(role for role in section(finding.rules, "findings")["signed_off_by"] if role in held)


FINDING_SIGN_OFF = Act(
    name="signed_off",
    meaning=lambda finding: "Sign off: I agree that this finding is put right and may be closed",
    refuse=_refuse_sign_off,
    facts=facts_of_closure,
    role=_signing_role,
    done=_sign_off,
    bound=bound_of_finding,
    terms=lambda finding: {"closure": COMPLETE},
)


def _closed(finding: Finding, actor, **details) -> Finding:
    """A finding that is closed puts in order what had lapsed about it."""
    record(Action.FINDING_CLOSED, actor=actor, subject=finding, **details)
    settle_what_it_held(finding, because=f"{finding.reference} is closed.", actor=actor)
    return finding


def settle_what_it_held(finding: Finding, *, because: str, actor) -> None:
    """What had lapsed about a finding, or was restricted for it, is in order with its end."""
    kinds = (Arrangement.Kind.ACCEPTANCE, Arrangement.Kind.FINDING)
    arrangements.settle(finding.model, kinds, because=because, actor=actor, finding=finding)
