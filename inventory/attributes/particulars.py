"""What is said once for each row: the fields of the attributes that are kept as rows. Plain values."""

from inventory.attributes.choices import DEPENDENCY_KINDS, DISCIPLINES, DOCUMENT_KINDS, LEVELS, VERDICTS
from inventory.attributes.kinds import Field, Kind

SHORT, LONG = 200, 20_000


def _text(name: str, label: str, help: str = "", longest: int = SHORT, required: bool = False) -> Field:
    return Field(name=name, label=label, kind=Kind.TEXT, help=help, longest=longest, is_required=required)


def _choice(name: str, label: str, choices: tuple[str, ...], help: str = "", required: bool = True) -> Field:
    return Field(name=name, label=label, kind=Kind.CHOICE, help=help, choices=choices, is_required=required)


def _other(name: str, label: str, kind: Kind, help: str = "", required: bool = False) -> Field:
    return Field(name=name, label=label, kind=kind, help=help, is_required=required)


PARTICULARS: dict[str, tuple[Field, ...]] = {
    "determinations": (
        _text("regime", "Regime", "The code of a regime pack that is installed, such as sr-26-2.", 50, required=True),
        _choice("verdict", "Verdict", VERDICTS),
        _text("rationale", "Rationale", "Which of the regime's criteria it meets, and which it does not.", LONG, True),
    ),
    "aliases": (
        _text("name", "Name or number", required=True),
        _text("system", "System", "Which system calls it so.", 100),
    ),
    "stakeholders": (
        _choice("discipline", "Discipline", DISCIPLINES),
        _other("person", "Person", Kind.PERSON, required=True),
    ),
    "data_sources": (
        _text(
            "name", "Source", "By the name that every model uses for it: shared sources are found by it.", required=True
        ),
        _text("steward", "Owner of the data", "A unit or a person."),
        _text("refresh", "Refresh", "Such as: daily at 04:00."),
        _text("used_for", "Used for", longest=LONG),
        _other("is_substitute", "Synthetic or a proxy", Kind.FLAG, "Stands in for data that are not to be had."),
    ),
    "assumptions": (
        _text("text", "Assumption", "What must hold.", LONG, required=True),
        _text("answer", "How it is checked", longest=LONG),
    ),
    "limitations": (
        _text("text", "Limitation", "What it cannot do, or does badly.", LONG, required=True),
        _choice("significance", "Significance", LEVELS),
        _text("answer", "Compensating control", "What is done about it.", LONG),
    ),
    "expert_judgements": (
        _text("text", "Judgement", "What people decided in place of data.", LONG, required=True),
        _text("answer", "Basis", "On what they decided it.", LONG),
        _text("made_by", "Made by"),
    ),
    "upstream": (
        _other("upstream", "Upstream model", Kind.MODEL, "Whose output it takes in.", required=True),
        _choice("kind", "How it depends", DEPENDENCY_KINDS),
        _choice("criticality", "Criticality", LEVELS, "High where it cannot run without."),
        _text("note", "Note", longest=LONG),
    ),
    "documents": (
        _text("title", "Title", required=True),
        _choice("kind", "Kind", DOCUMENT_KINDS),
        _text("edition", "Edition", "The document's own version.", 50),
        _other("written_on", "Written on", Kind.DATE),
        _other("review_by", "To be reviewed by", Kind.DATE, "After that day it counts as stale."),
        _text("retention_class", "Retention class", "Of the policy's schedule; none: the general rule."),
    ),
}
