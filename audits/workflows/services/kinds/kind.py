"""What a kind of change is: what must be said, what stands against it, what approval does and what lapse does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from audits.workflows.gates import Gate
from audits.workflows.models import ChangeRequest
from inventory.policies import roles_about_persons, roles_required
from mrm.accounts.policies import Permission
from mrm.errors import UnusableData
from mrm.facts import why_not_kept
from mrm.pages.wording import day

LONGEST_TEXT = 4000
MOST_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Term:
    """One thing that must be said with a request of a kind.

    shape  text; line, a short text; lines, several of them; day; number; choice, one of `choices`;
           several of `choices`; answers, a text for each of `choices`; numbers, one for some of `choices`
    """

    name: str
    label: str
    shape: str = "text"
    help: str = ""
    required: bool = True
    choices: Callable[[ChangeRequest], dict[str, str]] = lambda change: {}


def no_gate(change: ChangeRequest) -> None:
    return None


def never_ruled_out(change: ChangeRequest) -> str:
    return ""


def all_its_reasons(gate: Gate) -> list[str]:
    return gate.reasons


def nothing_against(change: ChangeRequest) -> list[str]:
    return []


def no_more_evidence(change: ChangeRequest) -> dict:
    return {}


def nobody_else(change: ChangeRequest) -> list[str]:
    return []


def its_kind(change: ChangeRequest) -> str:
    return str(change.kind)


def no_person(change: ChangeRequest) -> bool:
    return False


def natural_persons(change: ChangeRequest) -> bool:
    return bool(change.model and change.model.concerns_persons)


def the_version(change: ChangeRequest) -> str:
    return str(change.version_id)


def the_model(change: ChangeRequest) -> str:
    return str(change.model_id)


@dataclass(frozen=True, kw_only=True)
class ChangeKind:
    """One kind of change. Everything the engine asks of it is a plain function of the request.

    about      version, model, or policy: what a request of this kind names
    of_a_version  whether one about a model may be for a version of it alone; else whoever names one asks about the
               model as a whole, and whose part in it counts is not the asker's choice
    ruled_out  why the policy allows none of its subject, whatever is said: it is not even offered; empty if it does
    gate       what its version must pass to be in use; none where it puts nothing to use
    bars       which reasons of that gate stand against it
    why_not    every other reason against it now; asked, as the gate is, at the request and again, inside the lock,
               when it is carried out
    at_stake   names the one thing that is not asked for twice at a time
    approved_as  under which of the policy's approvals it is decided
    concerns  whether it puts to use what concerns natural persons, so that the policy may want more to agree
    asked_by   what one must be allowed to, to ask for it and to take it back
    decided_by   the roles that decide it, each once, whatever the policy says; empty: the policy says
    renews     the kind of arrangement that one of this kind may take the place of; empty: none
    also_of_retired  whether it can be asked for when the model is retired
    carry_out  what the last approval does; gives the outcome in words, or nothing where the work goes on elsewhere
    """

    about: str
    of_a_version: bool = False
    purpose: str
    if_approved: str
    if_not: str
    on_lapse: str = ""
    terms: tuple[Term, ...] = ()
    ruled_out: Callable[[ChangeRequest], str] = never_ruled_out
    gate: Callable[[ChangeRequest], Gate | None] = no_gate
    bars: Callable[[Gate], list[str]] = all_its_reasons
    why_not: Callable[[ChangeRequest], list[str]] = nothing_against
    evidence: Callable[[ChangeRequest], dict] = no_more_evidence
    carry_out: Callable[[ChangeRequest, object], str]
    at_stake: Callable[[ChangeRequest], str] = the_version
    also_awaits: Callable[[ChangeRequest], list[str]] = nobody_else
    approved_as: Callable[[ChangeRequest], str] = its_kind
    concerns: Callable[[ChangeRequest], bool] = no_person
    asked_by: Permission = Permission.REQUEST_CHANGE
    decided_by: tuple[str, ...] = ()
    renews: str = ""
    also_of_retired: bool = False

    def reasons_against(self, change: ChangeRequest, gate: Gate | None) -> list[str]:
        """Every reason against it, with its gate as it was asked in this step."""
        return [*(self.bars(gate) if gate else []), *self.why_not(change)]

    def approvers(self, change: ChangeRequest) -> list[str]:
        """Whose approvals any request of this kind needs, each by another person."""
        document = change.policy.document
        required = list(self.decided_by) or roles_required(document, self.approved_as(change), change.tier)
        also = roles_about_persons(document, change.tier) if self.concerns(change) else []
        return [*required, *(role for role in also if role not in required)]

    def roles_required(self, change: ChangeRequest) -> list[str]:
        """The same, with what this request in particular awaits as well."""
        required = self.approvers(change)
        return [*required, *(role for role in self.also_awaits(change) if role not in required)]


def cleaned(kind: ChangeKind, change: ChangeRequest, sent: dict) -> dict:
    """The terms as they are kept, or every fault of them by its name."""
    if why := why_not_kept(sent):
        raise UnusableData({"message": f"terms {why}", "field": "terms"})
    known = {term.name: term for term in kind.terms}
    faults = [
        {"message": f"{name} means nothing for this kind of change.", "field": f"terms.{name}"}
        for name in sent
        if name not in known
    ]
    kept = {}
    for name, term in known.items():
        value = sent.get(name)
        value = value.strip() if isinstance(value, str) else value
        if value in (None, "", [], {}):
            if term.required:
                faults.append({"message": f"Say: {term.label.lower()}.", "field": f"terms.{name}"})
            continue
        fault, value = READ[term.shape](term, change, value)
        if fault:
            faults.append({"message": f"{term.label}: {fault}", "field": f"terms.{name}"})
        kept[name] = value
    if faults:
        raise UnusableData(*faults)
    return kept


def end_of(last: str) -> datetime:
    """The end of a day that was written in terms: the first moment of the next, UTC."""
    return datetime.combine(date.fromisoformat(last), time.min, tzinfo=UTC) + timedelta(days=1)


def why_not_until(last: str, *, most_days: int) -> list[str]:
    """What is wrong with an end: it lies in the past, or later than the policy allows."""
    today, end = timezone.now().date(), date.fromisoformat(last)
    latest = today + timedelta(days=most_days)
    if end < today:
        return [f"The end, {day(end)}, has passed."]
    if end > latest:
        return [f"It may last {most_days} days at most, so until {day(latest)}; {day(end)} is later."]
    return []


def _text(term, change, value):
    if not isinstance(value, str):
        return "it must be a text.", value
    return (f"it has {len(value)} characters; at most {LONGEST_TEXT} fit." if len(value) > LONGEST_TEXT else ""), value


def _line(term, change, value):
    fault, value = _text(term, change, value)
    return fault or ("it must fit in 200 characters." if len(value) > 200 else ""), value


def _lines(term, change, value):
    value = value.splitlines() if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        return "it must be a list of sentences.", value
    value = [line.strip() for line in value if line.strip()]
    too_much = len(value) > MOST_LINES or any(len(line) > 500 for line in value)
    return (f"at most {MOST_LINES} sentences of 500 characters fit." if too_much else ""), value


def _day(term, change, value):
    try:
        read = date.fromisoformat(value)
    except (TypeError, ValueError):
        return "write the day as 2026-12-31.", value
    return ("" if 2000 <= read.year <= 2200 else "that is no day of this century."), read.isoformat()


def _choice(term, change, value):
    choices = term.choices(change)
    if str(value) not in choices:
        return f"it must be one of: {', '.join(choices) or 'nothing there is yet'}.", value
    return "", str(value)


def _several(term, change, value):
    choices = term.choices(change)
    if not isinstance(value, list) or not all(str(one) in choices for one in value):
        return f"it must be a list of some of: {', '.join(choices) or 'nothing there is yet'}.", value
    return "", sorted({str(one) for one in value})


def _number(term, change, value):
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return "it must be a number.", value
    if isinstance(value, bool) or number != number or abs(number) > 1e15:
        return "it must be a number, and not larger than 10^15.", value
    return "", number


def _answers(term, change, value):
    asked = term.choices(change)
    if not isinstance(value, dict) or not all(isinstance(answer, str) for answer in value.values()):
        return f"say something about each of: {', '.join(asked)}.", value
    answers = {item: value.get(item, "").strip() for item in asked}
    if unknown := value.keys() - asked.keys():
        return f"{', '.join(sorted(unknown))} is not on the list; it has {', '.join(asked)}.", value
    if open_items := [words for item, words in asked.items() if not answers[item]]:
        return f"nothing is said about: {'; '.join(open_items)}.", value
    return ("an answer has 4000 characters at most." if max(map(len, answers.values())) > LONGEST_TEXT else ""), answers


def _numbers(term, change, value):
    asked = term.choices(change)
    if not isinstance(value, dict) or value.keys() - asked.keys():
        return f"give numbers for some of: {', '.join(asked) or 'nothing there is yet'}.", value
    read = {name: _number(term, change, number) for name, number in value.items()}
    fault = next((f"{name}: {fault}" for name, (fault, _) in read.items() if fault), "")
    return fault, {name: number for name, (_, number) in read.items()}


READ = {
    "text": _text,
    "line": _line,
    "lines": _lines,
    "day": _day,
    "choice": _choice,
    "several": _several,
    "number": _number,
    "answers": _answers,
    "numbers": _numbers,
}
