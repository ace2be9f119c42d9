"""What a supervisor must see before a version replaces another: its answer, or so many days after it was told."""

from datetime import datetime, timedelta

from audits.workflows.gates.gate import OBJECTED, Blocker
from audits.workflows.models import SupervisoryRecord
from inventory.models import Model, ModelVersion
from inventory.policies import APPROVAL, REPORT, Obligation, obligation
from mrm.pages.wording import counted, day, words

SUPERVISOR = "supervisor"
Said = SupervisoryRecord.Said


def blockers_in_supervision(version: ModelVersion, document: dict, now: datetime) -> list[Blocker]:
    """What its supervisor objected to, or why it waits for it.

    It waits for nothing where the policy asks for nothing, or only for a report afterwards.
    """
    if answer := _answer(version):  # An approval ends any wait.
        return _blockers_in(answer)
    asked = obligation(document, watched_as(version.model))
    if asked is None or asked.needs == REPORT:
        return []
    why = _why_waits(version, asked, now)
    return [Blocker(SUPERVISOR, why)] if why else []


def blockers_in_objections(version: ModelVersion) -> list[Blocker]:
    """That the latest answer is an objection, whether the policy asks for one or not, and whatever is in use."""
    answer = _answer(version)
    return _blockers_in(answer) if answer else []


def warnings_of_supervision(version: ModelVersion, document: dict) -> list[str]:
    asked = obligation(document, watched_as(version.model))
    if asked is None or asked.needs != REPORT:
        return []
    return [f"The supervisor is told of it within {counted(asked.days, 'day')} after ({words(asked.category)})."]


def watched_as(model: Model) -> set[str]:
    """The regulatory categories that count: those the register names now, and those that its tier was confirmed with.

    Whoever takes one out of the register sheds no wait by it, until a risk officer has confirmed the tier without it.
    """
    confirmed = model.tier_assessments.confirmed().values_list("facts", flat=True).first() or {}
    return {*model.regulatory_categories, *confirmed.get("regulatory_categories", ())}


def _why_waits(version: ModelVersion, asked: Obligation, now: datetime) -> str:
    what = f"{version} ({words(asked.category)})"
    if asked.needs == APPROVAL:
        return f"{what} waits for the approval of the supervisor: record its answer with the document that shows it."
    told = version.supervision.filter(said=Said.NOTIFIED).values_list("on", flat=True).first()
    if told is None:
        return f"The supervisor must be told {counted(asked.days, 'day')} before {what} is used: record when it was."
    until = told + timedelta(days=asked.days)
    if now.date() < until:
        return f"The supervisor was told of {what} on {day(told)}; it waits until {day(until)}."
    return ""


def _blockers_in(answer: SupervisoryRecord) -> list[Blocker]:
    if answer.said != Said.OBJECTED:
        return []
    return [Blocker(OBJECTED, f"The supervisor objected to {answer.version} on {day(answer.on)}.")]


def _answer(version: ModelVersion) -> SupervisoryRecord | None:
    """The latest counts."""
    return version.supervision.exclude(said=Said.NOTIFIED).last()
