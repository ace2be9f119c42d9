"""A change of the policy and its limits: what was drafted is decided about, and published when it is approved."""

from audits.assessments.services import backtest_of_draft
from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds.kind import ChangeKind, Term
from inventory import policies
from inventory.models import Model, Policy, PolicyDraft
from inventory.services import publish_draft
from inventory.states import DraftState
from mrm.accounts.policies import Permission, Role

DECIDE_RETENTION = [Role.CHIEF_RISK_OFFICER, Role.AUDITOR]


def _drafts(change: ChangeRequest) -> dict[str, str]:
    drafts = PolicyDraft.objects.proposed().select_related("proposed_by", "based_on")
    return {str(draft.pk): f"{draft.reason[:100]} ({draft.proposed_by or 'the system'})" for draft in drafts}


def _draft(change: ChangeRequest) -> PolicyDraft:
    return PolicyDraft.objects.select_related("based_on").get(pk=change.terms["draft"])


def _why_not(change: ChangeRequest) -> list[str]:
    draft, in_force = _draft(change), Policy.objects.in_force()
    if draft.state != DraftState.PROPOSED:
        return [f"The draft is already {draft.get_state_display().lower()}."]
    if draft.based_on_id != in_force.pk:
        return [f"Version {in_force.number} was published after this was drafted; draft it again on that one."]
    return []


def _evidence(change: ChangeRequest) -> dict:
    draft = _draft(change)
    changes = policies.differences(draft.based_on.document, draft.document)
    return {
        "document_sha256": draft.digest,
        "differences": [one.sentence for one in changes],
        "loosened": [one.sentence for one in changes if one.loosens],
        "back_test": _back_test(draft),
    }


def _back_test(draft: PolicyDraft) -> dict:
    """Of what was measured before it was proposed, over every model; so it is the same until the last decision."""
    found = backtest_of_draft(draft, models=Model.objects.all())
    return found.summary() | {"sha256": found.digest}


def _also_awaits(change: ChangeRequest) -> list[str]:
    """How long records are kept is changed only together with the CRO and an auditor (governance.md, 7, rule 15)."""
    before, after = Policy.objects.in_force().document, _draft(change).document
    return DECIDE_RETENTION if before.get("retention") != after.get("retention") else []


def _publish(change: ChangeRequest, actor) -> str:
    return f"It is in force as version {publish_draft(_draft(change), actor=actor).number}."


POLICY_CHANGE = ChangeKind(
    about="policy",
    purpose="Change what is required: limits, cadences, approvals.",
    if_approved="The document is published at once and binds everything from now on; no run is judged anew.",
    if_not="The policy in force stays.",
    terms=(Term(name="draft", label="Draft", shape="choice", choices=_drafts, help="From the page of the policy."),),
    why_not=_why_not,
    evidence=_evidence,
    carry_out=_publish,
    at_stake=lambda change: change.terms["draft"],
    asked_by=Permission.PROPOSE_POLICY,
    also_awaits=_also_awaits,
)
