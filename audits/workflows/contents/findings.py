"""What a finding awaits now, of whom and by when; and whether that is this person."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils import timezone

from audits.workflows import policies
from audits.workflows.models import ActionItem, ActionPlan, Finding
from audits.workflows.states import FindingState
from inventory.policies import needs_plan, section, time_to_rebut
from mrm.accounts.policies import Permission
from mrm.pages.wording import day

FIRST, SECOND, APPROVER = "the first line", "the second line", "whoever signs off"
PERMISSION = {
    FIRST: Permission.ANSWER_FINDING,
    SECOND: Permission.CLOSE_FINDING,
    APPROVER: Permission.SIGN_OFF_FINDING,
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """The one thing a finding awaits. `action` is what the button says, `address` where it leads."""

    of: str
    what: str
    why: str
    action: str
    address: str
    due_at: date | None = None
    besides: tuple[tuple[str, str], ...] = ()  # What may be done in its place: words and address.


def next_step(finding: Finding) -> Step | None:
    """What it awaits, whoever looks; None where nothing."""
    awaited = AWAITED.get(finding.state)
    return awaited(finding) if awaited else None


def is_for(step: Step, finding: Finding, person, *, owned_lately: Collection[str] = ()) -> bool:
    """Whether this person may take the step: by their role here, and with no part in it that keeps them from it.

    owned_lately  the keys of models that were theirs until lately
    """
    model = finding.model
    permission = Permission.RAISE_FINDING if finding.state == FindingState.DRAFT else PERMISSION[step.of]
    if permission not in person.permissions_in(model.workspace_id, model.slug):
        return False
    if step.of == FIRST:
        return True
    part = part_in(finding, person, owned_lately=owned_lately)
    if step.of == APPROVER:
        signing = section(finding.rules, "findings")["signed_off_by"]
        roles = person.roles_in(model.workspace_id, model.slug)
        return not policies.why_not_sign_off(part, roles=roles, signing=signing)
    return not policies.why_not_judge(part)


def is_asked(step: Step, finding: Finding, person, *, owned_lately: Collection[str] = ()) -> bool:
    """Whether it is asked of this person in particular: of the first line those who answer for it or carry it out."""
    if step.of != FIRST:
        return is_for(step, finding, person, owned_lately=owned_lately)
    named = {finding.owner_id, finding.model.owner_id, finding.model.registered_by_id}
    named |= {item.owner_id for item in undone_items(finding)}
    return person.pk in named and is_for(step, finding, person)


def part_in(finding: Finding, person, *, owned_lately: Collection[str] = ()) -> policies.PartInFinding:
    """What this person has to do with it, in any round of it. Reads what `in_full` has fetched."""
    rounds = list(finding.submissions.all())
    again = [one for submission in rounds if submission.returned_at is None for one in submission.reperformances.all()]
    owned = [person.pk == finding.model.owner_id and "own the model", person.pk == finding.owner_id and "answer for it"]
    owned += [str(finding.model_id) in owned_lately and "owned the model less than twelve months ago"]
    submitted = [one.submitted_at for one in rounds if person.pk == one.submitted_by_id]
    judged = [one.performed_at for one in again if one.performed_by_id == person.pk]
    judged += [finding.validated_at] if finding.validated_by_id == person.pk else []
    return policies.PartInFinding(
        owns=" and ".join(filter(None, owned)),
        submitted=f"submitted it on {day(submitted[-1])}" if submitted else "",
        carried_out=_carried_out(finding, person),
        validated=f"did so on {day(judged[-1])}" if judged else "",
    )


def _carried_out(finding: Finding, person) -> str:
    """What they planned or did about it; what became of the plan since does not undo that."""
    for plan in finding.plans.all():
        if plan.standing == ActionPlan.Standing.RETURNED:
            continue
        for item in plan.items.all():
            holds = plan.standing == ActionPlan.Standing.ACCEPTED and person.pk == item.owner_id
            if holds or person.pk == item.done_by_id:
                return f"have item {item.number} of it"
        if person.pk == plan.planned_by_id:
            return f"handed in its plan on {day(plan.planned_at)}"
    return ""


def accepted_items(finding: Finding) -> list[ActionItem]:
    plans = [plan for plan in finding.plans.all() if plan.standing == ActionPlan.Standing.ACCEPTED]
    return [item for plan in plans for item in plan.items.all()]


def undone_items(finding: Finding) -> list[ActionItem]:
    return [item for item in accepted_items(finding) if item.done_at is None]


def rebut_by(finding: Finding) -> date:
    """The last day on which the first line may dispute it."""
    return finding.issued_at.date() + time_to_rebut(finding.rules)


def _to(name: str, finding: Finding, *more) -> str:
    return reverse(name, args=[finding.reference, *more])


def _draft(finding: Finding) -> Step:
    return Step(
        of=SECOND,
        what="Issue the draft",
        why="Until then the first line does not see it, and its days do not begin.",
        action="Issue it",
        address=_to("issue-finding", finding),
        besides=(("Revise it", _to("revise-finding", finding)), ("Drop it", _to("drop-finding", finding))),
    )


def _issued(finding: Finding) -> Step:
    answer, plan = _to("respond-to-finding", finding), _to("plan-finding", finding)
    may_rebut = timezone.localdate() <= rebut_by(finding)
    disputing = f"until {rebut_by(finding):%-d %B} it can be disputed, once" if may_rebut else "it stands"
    if not needs_plan(finding.rules, finding.severity):
        return Step(
            of=FIRST,
            what="Put it right and submit it",
            why=f"A {finding.severity} finding needs no plan that anybody reviews; {disputing}.",
            action="Submit for closure",
            address=_to("submit-finding", finding),
            due_at=finding.due_at,
            besides=(("Answer it", answer), ("Hand in a plan", plan)),
        )
    return Step(
        of=FIRST,
        what="Answer it, or hand in a plan at once",
        why=f"Say that it stands, or dispute it: {disputing}. Then a plan is due.",
        action="Answer",
        address=answer,
        due_at=finding.plan_due_at,
        besides=(("Hand in a plan", plan),),
    )


def _rebutted(finding: Finding) -> Step:
    return Step(
        of=SECOND,
        what="Answer the rebuttal",
        why="Uphold the finding or drop it, with the reason. There is no second rebuttal.",
        action="Answer the rebuttal",
        address=_to("answer-rebuttal", finding),
    )


def _plan_due(finding: Finding) -> Step:
    needed = needs_plan(finding.rules, finding.severity)
    besides = () if needed else (("Submit for closure without one", _to("submit-finding", finding)),)
    return Step(
        of=FIRST,
        what="Hand in an action plan",
        why="Who does what by when. The second line reviews it.",
        action="Write the plan",
        address=_to("plan-finding", finding),
        due_at=finding.plan_due_at,
        besides=besides,
    )


def _plan_review(finding: Finding) -> Step:
    return Step(
        of=SECOND,
        what="Review the action plan",
        why="Does it reach the required outcome, in time? Accept it, or return it with a reason.",
        action="Review the plan",
        address=_to("review-plan", finding),
    )


def _open(finding: Finding) -> Step:
    undone = undone_items(finding)
    if undone:
        first = undone[0]
        return Step(
            of=FIRST,
            what=f"Carry out the plan: {first.what.rstrip('.')}",
            why=f"{len(undone)} of {len(accepted_items(finding))} items are left; {first.owner} has the next.",
            action=f"Report item {first.number} done",
            address=_to("complete-action-item", finding, first.number),
            due_at=first.due_at,
        )
    return Step(
        of=FIRST,
        what="Submit it for closure",
        why="Nothing of the plan is left. Say what shows that the required outcome is reached.",
        action="Submit for closure",
        address=_to("submit-finding", finding),
        due_at=finding.due_at,
    )


def _submitted(finding: Finding) -> Step:
    again = any(one.reperformances.all() for one in finding.submissions.all() if one.returned_at is None)
    judge, reperform = _to("judge-finding", finding), _to("reperform-finding", finding)
    if finding.is_severe and not again:
        return Step(
            of=SECOND,
            what="Do the test again",
            why=f"A {finding.severity} finding is closed only after its test was done again since the submission.",
            action="Record what came out",
            address=reperform,
            due_at=finding.due_at,
            besides=(("Hand it back", judge),),
        )
    return Step(
        of=SECOND,
        what="Judge the submission",
        why="Is the required outcome reached? Close the finding, or hand it back with a reason.",
        action="Judge it",
        address=judge,
        due_at=finding.due_at,
        besides=(("Do the test again", reperform),),
    )


def _validated(finding: Finding) -> Step:
    return Step(
        of=APPROVER,
        what="Sign off the closure",
        why=f"{finding.validated_by} validated it; a {finding.severity} finding is closed by a second signature.",
        action="Read and sign",
        address=_to("prepare-sign-off", finding),
        due_at=finding.due_at,
    )


AWAITED: dict[str, Callable[[Finding], Step]] = {
    FindingState.DRAFT: _draft,
    FindingState.ISSUED: _issued,
    FindingState.REBUTTED: _rebutted,
    FindingState.ACTION_PLAN_DUE: _plan_due,
    FindingState.ACTION_PLAN_REVIEW: _plan_review,
    FindingState.OPEN: _open,
    FindingState.SUBMITTED_FOR_CLOSURE: _submitted,
    FindingState.VALIDATED_CLOSED: _validated,
}
