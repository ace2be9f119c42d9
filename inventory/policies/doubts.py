"""Doubts about tiers: which changes of a model or of a use ask for its confirmed tier to be assessed again."""

from inventory.attributes import COLUMNS
from inventory.policies.checks import are_some_of, is_object
from inventory.policies.standard import section

OF_USES = ("title", "business_purpose", "population", "reliance")

faults = is_object({"attributes": are_some_of(tuple(COLUMNS)), "uses": are_some_of(OF_USES)})


def doubted_by_attributes(document: dict) -> set[str]:
    return set(section(document, "doubts")["attributes"])


def doubted_by_uses(document: dict) -> set[str]:
    return set(section(document, "doubts")["uses"])
