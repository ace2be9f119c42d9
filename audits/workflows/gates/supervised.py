"""What a supervisor must see before a version replaces another: its answer, or so many days after it was told."""

from datetime import datetime, timedelta

from audits.workflows.gates.gate import Blocker
from audits.workflows.models import SupervisoryRecord
from inventory.models import ModelVersion
from inventory.policies import APPROVAL, REPORT, Obligation, obligation
from mrm.pages.wording import counted, day, words

SUPERVISOR = "supervisor"
Said = SupervisoryRecord.Said


def blockers_in_supervision(version: ModelVersion, document: dict, now: datetime) -> list[Blocker]:
    """Why it waits for its supervisor; nothing where the policy asks for none, or only for a report afterwards."""
    asked = obligation(document, version.model.regulatory_categories)
    if asked is None or asked.needs == REPORT:
        return []
    why = _why_waits(version, asked, now)
    return [Blocker(SUPERVISOR, why)] if why else []


def warnings_of_supervision(version: ModelVersion, document: dict) -> list[str]:
    asked = obligation(document, version.model.regulatory_categories)
    if asked is None or asked.needs != REPORT:
        return []
    return [f"The supervisor is told of it within {counted(asked.days, 'day')} after ({words(asked.category)})."]


def _why_waits(version: ModelVersion, asked: Obligation, now: datetime) -> str:
    """The latest answer counts; an approval ends any wait."""
    records = list(version.supervision.all())
    answer = next((one for one in reversed(records) if one.said != Said.NOTIFIED), None)
    what = f"{version} ({words(asked.category)})"
    if answer is not None and answer.said == Said.APPROVED:
        return ""
    if answer is not None:
        return f"The supervisor objected to {what} on {day(answer.on)}."
    if asked.needs == APPROVAL:
        return f"{what} waits for the approval of the supervisor: record its answer with the document that shows it."
    told = next((one.on for one in records if one.said == Said.NOTIFIED), None)
    if told is None:
        return f"The supervisor must be told {counted(asked.days, 'day')} before {what} is used: record when it was."
    until = told + timedelta(days=asked.days)
    if now.date() < until:
        return f"The supervisor was told of {what} on {day(told)}; it waits until {day(until)}."
    return ""
