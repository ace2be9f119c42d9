"""The action plan: handed in by the first line, reviewed by the second, carried out item by item."""

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import ActionItem, ActionPlan, Finding
from audits.workflows.services.findings.access import for_the_first_line, for_the_second_line, refuse_blank
from audits.workflows.services.transitions import move
from audits.workflows.states import FindingState
from mrm.accounts.policies import Permission
from mrm.accounts.services import role_with
from mrm.errors import NotPermitted, RuleBroken, UnusableData

MOST_ITEMS = 20
LONGEST_ITEM = 500


@governed()
def submit_plan(finding: Finding, *, items: list[dict], actor) -> ActionPlan:
    """Say who does what by when: [{"what", "owner", "due_at"}], the last day being that of the finding."""
    finding = for_the_first_line(finding, actor)
    _refuse_items(finding, items)
    number = finding.plans.count() + 1
    move(finding, "plan")
    plan = ActionPlan.objects.create(finding=finding, number=number, planned_by=actor)
    ActionItem.objects.bulk_create(
        ActionItem(plan=plan, number=place, what=item["what"].strip(), owner=item["owner"], due_at=item["due_at"])
        for place, item in enumerate(items, start=1)
    )
    told = [
        {"what": item["what"].strip(), "owner": str(item["owner"]), "due": item["due_at"].isoformat()} for item in items
    ]
    record(Action.FINDING_PLANNED, actor=actor, subject=finding, plan=number, items=told)
    return plan


@governed()
def review_plan(finding: Finding, *, accepted: bool, reason: str = "", actor) -> ActionPlan:
    """The second line accepts the plan, or returns it and says why."""
    finding = for_the_second_line(finding, actor)
    if not accepted:
        refuse_blank(reason=reason)
    plan = finding.plan()
    if plan and actor and plan.items.filter(owner=actor).exists():
        raise NotPermitted("Whoever is to carry out a part of the plan does not review it.")
    move(finding, "accept_plan" if accepted else "return_plan")
    plan.standing = ActionPlan.Standing.ACCEPTED if accepted else ActionPlan.Standing.RETURNED
    plan.reviewed_by, plan.reviewed_at, plan.review = actor, timezone.now(), reason
    plan.save(update_fields=["standing", "reviewed_by", "reviewed_at", "review"])
    record(
        Action.FINDING_PLAN_REVIEWED, actor=actor, subject=finding, plan=plan.number, accepted=accepted, because=reason
    )
    return plan


@governed()
def complete_action_item(item: ActionItem, *, outcome: str, actor) -> ActionItem:
    """One item of the accepted plan is done, and where that shows."""
    finding = for_the_first_line(item.plan.finding, actor)
    refuse_blank(outcome=outcome)
    item = ActionItem.objects.select_for_update(of=("self",)).select_related("plan").get(pk=item.pk)
    if finding.state != FindingState.OPEN or item.plan.standing != ActionPlan.Standing.ACCEPTED:
        raise RuleBroken(f"{finding} is {finding.get_state_display().lower()}; only an accepted plan is carried out.")
    if item.done_at:
        raise RuleBroken(f"Item {item.number} was done on {item.done_at:%d %B %Y} already.")
    item.done_by, item.done_at, item.outcome = actor, timezone.now(), outcome.strip()
    item.save(update_fields=["done_by", "done_at", "outcome"])
    record(
        Action.FINDING_ITEM_DONE,
        actor=actor,
        subject=finding,
        plan=item.plan.number,
        item=item.number,
        outcome=item.outcome,
    )
    return item


def supersede_plans(finding: Finding) -> None:
    """What was planned no longer holds: the risk is accepted instead. Call inside `governed()`."""
    standing = (ActionPlan.Standing.REVIEW, ActionPlan.Standing.ACCEPTED)
    finding.plans.filter(standing__in=standing).update(standing=ActionPlan.Standing.SUPERSEDED)


def _refuse_items(finding: Finding, items: list[dict]) -> None:
    """Raise with every fault of every item, each naming its row."""
    if not 1 <= len(items) <= MOST_ITEMS:
        message = f"A plan has between 1 and {MOST_ITEMS} items; this one has {len(items)}."
        raise UnusableData({"message": message, "field": "items"})
    faults = []
    for row, item in enumerate(items, start=1):
        faults += [
            {"message": f"Item {row}: {message}", "field": field, "row": row}
            for field, message in _faults_in(finding, item)
        ]
    if faults:
        raise UnusableData(*faults)


def _faults_in(finding: Finding, item: dict):
    what, owner, due_at = item["what"].strip(), item["owner"], item["due_at"]
    if not what or len(what) > LONGEST_ITEM or "\x00" in what:
        yield "what", f"say what is done, in at most {LONGEST_ITEM} characters."
    there = (finding.model.workspace_id, finding.model_slug)
    if owner.is_service or not owner.is_active or not role_with(Permission.ANSWER_FINDING, owner, *there):
        yield "owner", f"{owner} does not answer findings on {finding.model}; name an owner or an engineer of it."
    if due_at < timezone.localdate():
        yield "due_at", f"its day, {due_at:%d %B %Y}, has passed."
    elif timezone.localdate() <= finding.due_at < due_at:  # What is overdue is planned for all the same.
        yield "due_at", f"its day, {due_at:%d %B %Y}, is after that of the finding, {finding.due_at:%d %B %Y}."
