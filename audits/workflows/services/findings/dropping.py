"""Dropping a finding, by signature: a draft of which nothing comes, or what was issued, in answer to a rebuttal."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import record
from audits.workflows.models import Finding
from audits.workflows.services.findings.access import LONGEST_TEXT, locked, why_not_judge, why_not_sign_off
from audits.workflows.services.findings.closure import bound_of_finding, settle_what_it_held
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from mrm.accounts.models import Signature
from mrm.accounts.policies import Permission
from mrm.accounts.services import Act, require, role_with
from mrm.errors import NotPermitted, RuleBroken


def _needed(finding: Finding) -> Permission:
    return Permission.RAISE_FINDING if finding.state == FindingState.DRAFT else Permission.CLOSE_FINDING


def _refuse(finding: Finding, *, actor) -> None:
    """The second line drops it; what is severe and was issued, only who could sign off its closure."""
    require(actor, _needed(finding), finding.model.workspace_id, model_slug=finding.model_slug)
    issued = finding.state != FindingState.DRAFT
    if reasons := (why_not_sign_off if finding.is_severe and issued else why_not_judge)(finding, actor):
        raise NotPermitted(*reasons)
    if issued and finding.state != FindingState.REBUTTED:
        raise RuleBroken(f"{finding.reference} is issued; it is dropped only in answer to a rebuttal.")


def _facts(finding: Finding) -> dict:
    return {
        "finding": finding.reference,
        "model": finding.model_slug,
        "state": finding.state,
        "severity": finding.severity,
        "observation": finding.observation,
        "required_outcome": finding.required_outcome,
        "evidence": finding.evidence,
        "rebuttal": finding.response,
        "rebutted_by": str(finding.rebutted_by or ""),
    }


def _drop(finding: Finding, *, comment: str, signature: Signature, actor) -> Finding:
    finding = locked(finding)
    move(finding, "drop", closing_reason=comment, closed_by=actor, closed_at=timezone.now())
    record(Action.FINDING_DROPPED, actor=actor, subject=finding, because=comment, signature=signature.in_trail())
    settle_what_it_held(finding, because=f"{finding.reference} is dropped.", actor=actor)
    return finding


FINDING_DROP = Act(
    name="finding_dropped",
    meaning=lambda finding: f"I drop {finding.reference}: it is kept with my reason, and nothing follows from it.",
    refuse=_refuse,
    facts=_facts,
    role=lambda finding, person: role_with(_needed(finding), person, finding.model.workspace_id, finding.model_slug),
    done=_drop,
    bound=bound_of_finding,
    asks="Say why it is dropped; whoever reads it later needs to know.",
    longest=LONGEST_TEXT,
)
