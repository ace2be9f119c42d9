"""Who may take a step with a finding: their line, and what part they have in it. Every step locks it first."""

from audits.workflows import policies
from audits.workflows.contents.findings import part_in
from audits.workflows.models import Finding
from inventory.policies import section
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import NotPermitted, RuleBroken

LONGEST_TEXT = 8000


def locked(finding: Finding) -> Finding:
    rows = Finding.objects.select_for_update(of=("self",)).select_related(
        "model__workspace", "model__owner", "owner", "breach", "policy"
    )
    return rows.get(pk=finding.pk)


def for_the_first_line(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who answers for it."""
    require(actor, Permission.ANSWER_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    return locked(finding)


def for_the_second_line(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who judges it and has no part in it."""
    require(actor, Permission.CLOSE_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = locked(finding)
    if reasons := why_not_judge(finding, actor):
        raise NotPermitted(*reasons)
    return finding


def for_who_signs_off(finding: Finding, actor) -> Finding:
    """The finding, locked, for somebody who may sign that a severe one is closed."""
    require(actor, Permission.SIGN_OFF_FINDING, finding.model.workspace_id, model_slug=finding.model_slug)
    finding = locked(finding)
    if reasons := why_not_sign_off(finding, actor):
        raise NotPermitted(*reasons)
    return finding


def why_not_judge(finding: Finding, person) -> list[str]:
    return policies.why_not_judge(part_in(finding, person))


def why_not_sign_off(finding: Finding, person) -> list[str]:
    roles = person.roles_in(finding.model.workspace_id, finding.model_slug)
    signing = section(finding.rules, "findings")["signed_off_by"]
    return policies.why_not_sign_off(part_in(finding, person), roles=roles, signing=signing)


def refuse_blank(**texts: str) -> None:
    if blank := [name.replace("_", " ") for name, text in texts.items() if not text.strip()]:
        raise RuleBroken(f"Fill in: {', '.join(blank)}.")
    if long := [name.replace("_", " ") for name, text in texts.items() if len(text) > LONGEST_TEXT]:
        raise RuleBroken(f"Too long, at most {LONGEST_TEXT} characters fit: {', '.join(long)}.")
