"""What was asked for in particular, as the pages and the reports say it; and who decides about it."""

from datetime import date

from audits.workflows.models import ChangeRequest
from audits.workflows.services.kinds import KINDS, Term
from mrm.pages import wording


def told_terms(change: ChangeRequest) -> list[tuple[str, list[str]]]:
    """Each term with what was said, as lines."""
    asked = {term.name: term for term in KINDS[change.kind].terms}
    return [
        (term.label, _told(term, change, change.terms[name])) for name, term in asked.items() if name in change.terms
    ]


def awaits_words(change: ChangeRequest) -> str:
    """Whose approvals a request of this kind needs, in words."""
    return wording.roles_together(KINDS[change.kind].approvers(change))


def _told(term: Term, change: ChangeRequest, value) -> list[str]:
    match term.shape:
        case "choice" | "several":
            words = term.choices(change)
            chosen = value if isinstance(value, list) else [value]
            return [words.get(one, wording.sentence(one)) for one in chosen]
        case "answers":
            words = term.choices(change)
            return [f"{words.get(item, wording.sentence(item))}: {answer}" for item, answer in value.items()]
        case "numbers":
            words = term.choices(change)
            return [f"{words.get(name, wording.sentence(name))} {number:g}" for name, number in value.items()]
        case "lines":
            return value
        case "day":
            return [wording.day(date.fromisoformat(value))]
        case "number":
            return [f"{value:g}"]
        case _:
            return [str(value)]
