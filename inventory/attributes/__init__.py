"""What the register says about a model: the 58 attributes, their types, and who may change each. Plain values."""

from inventory.attributes.choices import LEVELS, TIERS_EXPECTED
from inventory.attributes.kinds import Attribute, Field, Group, Kind, fault_in, fault_in_text, why_not_change
from inventory.attributes.names import fault_in_name
from inventory.attributes.particulars import PARTICULARS
from inventory.attributes.table import ATTRIBUTES, BY_NAME, COLUMNS, ROWS, of_group
from inventory.attributes.tags import (
    PREFIX,
    TAGGED,
    Unreadable,
    text_from_value,
    value_from_text,
    values_from_tags,
    why_no_tag,
)

__all__ = [
    "ATTRIBUTES",
    "BY_NAME",
    "COLUMNS",
    "LEVELS",
    "PARTICULARS",
    "PREFIX",
    "ROWS",
    "TAGGED",
    "TIERS_EXPECTED",
    "Attribute",
    "Field",
    "Group",
    "Kind",
    "Unreadable",
    "fault_in",
    "fault_in_name",
    "fault_in_text",
    "of_group",
    "text_from_value",
    "value_from_text",
    "values_from_tags",
    "why_no_tag",
    "why_not_change",
]
