"""docs/attributes.md: the 58 attributes that examiners ask for, from the table by which page, API and tags check."""

from demo.documents.tables import table
from inventory.attributes import ATTRIBUTES, Attribute, Group, Kind
from mrm.accounts.policies import label
from registry.contents.tagged import TYPED

PREFACE = """# The attributes of a model

*Written by `make docs` from the table of attributes; edit that.*

What examiners ask an inventory for is numbered from 1 to 58; a number stands in several lines where one attribute is
several values. Every one stands on the overview of a model's page and in `GET /api/v1/models/{slug}/attributes/`, with
its history there; an attribute of one value is also a field of the model's entry, an MLflow tag where the last column
names one, and in the register as it stood on a date. What nobody enters follows from versions, assessments, decisions
and validations; all of it is in the register's workbook, CSV and JSON, too. With a date it is told as it was then;
of days before plans were recorded, `next_due` and `monitoring` say that they were not kept. What stands row by row has
both dates as well: since when it held, and since when that was known.

"""
KINDS = {
    Kind.TEXT: "text",
    Kind.CHOICE: "one of a list",
    Kind.CHOICES: "some of a list",
    Kind.TEXTS: "list of texts",
    Kind.FLAG: "yes or no",
    Kind.DATE: "date",
    Kind.AMOUNT: "amount",
    Kind.PERSON: "person",
    Kind.MODEL: "model",
    Kind.ROWS: "rows, added and ended",
    Kind.DERIVED: "follows from other things",
}
TAG_OF = {attribute.name: tag for tag, attribute in TYPED.items()}


def attributes() -> str:
    sections = "\n\n".join(_section(group) for group in Group)
    return f"{PREFACE}{sections}\n"


def _section(group: Group) -> str:
    columns = ["Number", "Attribute", "Field", "What it is", "Set by", "Tag"]
    rows = [_row(attribute) for attribute in ATTRIBUTES if attribute.group == group]
    return f"## {group.capitalize()}\n\n{table(columns, rows)}"


def _row(attribute: Attribute) -> tuple[str, ...]:
    editors = ", ".join(sorted(label(role) for role in attribute.editors)) or "nobody"
    what = f"{KINDS[attribute.kind]}. {attribute.help}".strip()
    tag = TAG_OF.get(attribute.name, "")
    return (str(attribute.number), attribute.label, f"`{attribute.name}`", what, editors, tag)
