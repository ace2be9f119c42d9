"""docs/mlflow-tags.md: every tag that fills a field, from the table of attributes by which page and API check too."""

from demo.documents.tables import table
from inventory.attributes import BY_NAME, PARTICULARS, Attribute, Kind
from mrm.accounts.policies import label
from registry.contents.tagged import ROWS, SAID_OTHERWISE, TYPED

PREFACE = """# Tags that fill fields

*Written by `make docs` from the table of attributes; edit that.*

A tag of a registered model that begins with mrm. sets the attribute of that name, by the same rules and for the same
people as the page and the REST API. Reading it gives what the register says now, whoever said it. Deleting it empties
the field. A value that means nothing, and a name that is none of these, is refused with `INVALID_PARAMETER_VALUE`; a
change that the caller's roles do not allow, with `PERMISSION_DENIED`. Lists stand on one line as in CSV: an entry that
holds a comma stands in quotation marks.

What the register keeps row by row is a list in JSON in one tag: `[{"text": "Only Austria.", "significance": "low"}]`.
The rows that stand become those of the list; what it leaves out ends, and stays in the history. Such a tag is answered
once a client set it, with the rows as they are by then, whoever added or ended one; a search compares it with what is
answered. Deleting it ends them.

"""

VALUES = {
    Kind.TEXTS: 'entries with commas between them: `Austria, "Bank, Vienna"`',
    Kind.FLAG: "`true` or `false`",
    Kind.DATE: "a date such as `2026-03-31`",
    Kind.AMOUNT: "an amount such as `1200000.00`",
    Kind.PERSON: "an e-mail address of somebody here",
    Kind.MODEL: "the slug of another model",
}


def tags() -> str:
    rows = [
        (tag, f"{attribute.label} ({attribute.number})", _value(attribute), _editors(attribute))
        for tag, attribute in TYPED.items()
    ]
    rows += [
        (tag, f"{attribute.label} ({attribute.number})", _list(name), _editors(attribute))
        for tag, name in ROWS.items()
        for attribute in [BY_NAME[name]]
    ]
    others = "".join(f"* {tag} is no tag. {words}\n" for tag, words in SAID_OTHERWISE.items())
    return f"{PREFACE}{table(['Tag', 'Attribute, and its number', 'Value', 'Set by'], rows)}\n\n{others}"


def _value(attribute: Attribute) -> str:
    match attribute.kind:
        case Kind.CHOICE:
            return f"one of {', '.join(f'`{word}`' for word in attribute.choices)}"
        case Kind.CHOICES:
            return f"some of {', '.join(f'`{word}`' for word in attribute.choices)}"
        case Kind.TEXT:
            return f"text of at most {attribute.longest} characters"
    return VALUES[attribute.kind]


def _list(name: str) -> str:
    """What one row of it says: what it needs, and what may stand beside it."""
    needed = ", ".join(f"`{field.name}`" for field in PARTICULARS[name] if field.is_required)
    others = ", ".join(f"`{field.name}`" for field in PARTICULARS[name] if not field.is_required)
    return f"a list in JSON of objects with {needed}" + (f" and perhaps {others}" if others else "")


def _editors(attribute: Attribute) -> str:
    return ", ".join(sorted(label(role) for role in attribute.editors))
