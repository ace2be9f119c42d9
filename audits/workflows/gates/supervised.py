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
    objections = blockers_in_objections(facts)
    if objections or _own(facts):  # An approval ends any wait.
        return objections
    asked = obligation(facts.document, facts.watched_as)
    if asked is None or asked.needs == REPORT:
        return []
    why = _why_waits(facts, asked)
    return [Blocker(SUPERVISOR, why)] if why else []


def blockers_in_objections(facts: Gathered) -> list[Blocker]:
    """That the latest answer is an objection, whether the policy asks for one or not, and whatever is in use.

    What was answered about the same artifact under another number of the model counts with what was about this one.
    """
    in_model = [one for one in facts.answers if one.version.model_id == facts.version.model_id]
    latest = [*_own(facts), *in_model[-1:]]
    return [Blocker(OBJECTED, _told(one, facts)) for one in dict.fromkeys(latest) if one.said == Said.OBJECTED]


def warnings_of_supervision(facts: Gathered) -> list[str]:
    elsewhere = {one.version.model_id: one for one in facts.answers}  # The latest of each.
    elsewhere.pop(facts.version.model_id, None)
    told = [_told(one, facts) for one in elsewhere.values() if one.said == Said.OBJECTED]
    asked = obligation(facts.document, facts.watched_as)
    if asked and asked.needs == REPORT:
        told.append(
            f"The supervisor is told of it within {counted(asked.days, 'day')} after ({words(asked.category)})."
        )
    return told


def _own(facts: Gathered) -> list[SupervisoryRecord]:
    """The latest answer about this very version, if any."""
    return [one for one in facts.answers if one.version_id == facts.version.pk][-1:]


def _told(answer: SupervisoryRecord, facts: Gathered) -> str:
    same = "" if answer.version_id == facts.version.pk else ", and this is the same artifact"
    return f"The supervisor objected to {answer.version} on {day(answer.on)}{same}."


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
