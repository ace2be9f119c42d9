"""Completeness: which attributes of a model the register must hold, per tier, and which already at registration."""

from inventory.attributes import COLUMNS, ROWS
from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

NAMES = (*COLUMNS, *ROWS)

faults = is_object(
    {
        "required": is_object({tier: are_some_of(NAMES) for tier in TIERS}),
        "required_to_register": are_some_of(tuple(COLUMNS)),  # Rows are said about what is there already.
    }
)


def required_attributes(document: dict, tier: int) -> list[str]:
    """What is shown as missing while it is empty."""
    return section(document, "completeness")["required"][rules_of(tier)]


def required_to_register(document: dict) -> list[str]:
    """What nobody registers a model without."""
    return section(document, "completeness")["required_to_register"]
