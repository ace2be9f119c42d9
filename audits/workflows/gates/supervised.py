"""What a supervisor must see before a version replaces another: its answer, or so many days after it was told."""

from datetime import timedelta

from audits.workflows.gates.gate import OBJECTED, Blocker
from audits.workflows.gates.gathered import Gathered
from audits.workflows.models import SupervisoryRecord
from inventory.policies import APPROVAL, REPORT, Obligation, obligation
from mrm.pages.wording import counted, day, words

SUPERVISOR = "supervisor"
Said = SupervisoryRecord.Said


def blockers_in_supervision(facts: Gathered) -> list[Blocker]:
    """What its supervisor objected to, or why it waits for it.

    It waits for nothing where the policy asks for nothing, or only for a report afterwards.
    """
    if facts.answer:  # An approval ends any wait.
        return blockers_in_objections(facts)
    asked = obligation(facts.document, facts.watched_as)
    if asked is None or asked.needs == REPORT:
        return []
    why = _why_waits(facts, asked)
    return [Blocker(SUPERVISOR, why)] if why else []


def blockers_in_objections(facts: Gathered) -> list[Blocker]:
    """That the latest answer is an objection, whether the policy asks for one or not, and whatever is in use."""
    answer = facts.answer
    if answer is None or answer.said != Said.OBJECTED:
        return []
    return [Blocker(OBJECTED, f"The supervisor objected to {answer.version} on {day(answer.on)}.")]


def warnings_of_supervision(facts: Gathered) -> list[str]:
    asked = obligation(facts.document, facts.watched_as)
    if asked is None or asked.needs != REPORT:
        return []
    return [f"The supervisor is told of it within {counted(asked.days, 'day')} after ({words(asked.category)})."]


def _why_waits(facts: Gathered, asked: Obligation) -> str:
    version = facts.version
    what = f"{version} ({words(asked.category)})"
    if asked.needs == APPROVAL:
        return f"{what} waits for the approval of the supervisor: record its answer with the document that shows it."
    told = version.supervision.filter(said=Said.NOTIFIED).values_list("on", flat=True).first()
    if told is None:
        return f"The supervisor must be told {counted(asked.days, 'day')} before {what} is used: record when it was."
    until = told + timedelta(days=asked.days)
    if facts.now.date() < until:
        return f"The supervisor was told of {what} on {day(told)}; it waits until {day(until)}."
    return ""
