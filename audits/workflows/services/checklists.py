"""The checklist of an approved retirement: begun with the approval, carried out by the first line with evidence."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest, Retirement, RetirementItem
from audits.workflows.states import RetirementState
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken, UnusableData

LONGEST_EVIDENCE = 4000


def begin_retirement(change: ChangeRequest, *, asked: dict[str, str], actor) -> Retirement:
    """Lay out what has to be carried out before the model ends. Call inside `governed()`."""
    retirement, planned = Retirement.objects.create(change=change), change.terms.get("checklist", {})
    RetirementItem.objects.bulk_create(
        RetirementItem(retirement=retirement, place=place, item=item, asks=asks, planned=planned.get(item, ""))
        for place, (item, asks) in enumerate(asked.items(), start=1)
    )
    record(Action.RETIREMENT_BEGUN, actor=actor, subject=retirement, change=change.reference, items=list(asked))
    return retirement


@governed()
def complete_item(retirement: Retirement, item: str, *, evidence: str, actor) -> RetirementItem:
    """Say what shows that one thing is done. It may be said again, better, until somebody verifies it."""
    change = retirement.change
    require(actor, Permission.CARRY_OUT_RETIREMENT, change.workspace_id, model_slug=change.model_slug)
    retirement = locked(retirement)
    if retirement.state != RetirementState.EXECUTING:
        raise RuleBroken(f"The checklist of {change.reference} is {retirement.state}; nothing is added to it now.")
    evidence = evidence.strip()
    if not evidence or len(evidence) > LONGEST_EVIDENCE or "\x00" in evidence:
        words = f"Say what shows it, such as a ticket or where a record lies, in at most {LONGEST_EVIDENCE} characters."
        raise UnusableData({"message": words, "field": "evidence"})
    row = retirement.items.filter(item=item).first()
    if row is None:
        asked = ", ".join(retirement.items.values_list("item", flat=True))
        raise UnusableData({"message": f"{item} is not on the checklist; it has {asked}.", "field": "item"})
    row.evidence, row.done_by, row.done_at = evidence, actor, timezone.now()
    row.save(update_fields=["evidence", "done_by", "done_at"])
    record(Action.RETIREMENT_ITEM_DONE, actor=actor, subject=retirement, item=item, evidence=evidence)
    return row


def locked(retirement: Retirement) -> Retirement:
    rows = Retirement.objects.select_for_update(of=("self",)).select_related(
        "change__model__workspace", "change__model__owner", "change__policy", "verified_by", "agreement"
    )
    return rows.get(pk=retirement.pk)
