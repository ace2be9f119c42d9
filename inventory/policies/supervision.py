"""What a supervisor must see: which models' new versions wait for its answer, or for days, or are told of after."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.attributes.choices import REGULATORY_CATEGORIES
from inventory.policies.checks import is_days, is_object, is_one_of
from inventory.policies.standard import section, standard

# The strictest first.
APPROVAL, NOTIFICATION, REPORT = NEEDS = ("approval", "notification", "report")

faults = is_object(
    {}, optional=dict.fromkeys(REGULATORY_CATEGORIES, is_object({"needs": is_one_of(NEEDS), "days": is_days}))
)


@dataclass(frozen=True, kw_only=True)
class Obligation:
    """What a new version of such a model needs of its supervisor.

    days  of notice before; to report in after; or within which an approval is usually answered
    """

    category: str
    needs: str
    days: int


def obligation(document: dict, categories: Iterable[str]) -> Obligation | None:
    """The strictest that any regulatory category of a model asks for; of two alike the longer."""
    rules = section(document, "change_classes").get("supervisor", standard()["change_classes"]["supervisor"])
    found = [Obligation(category=one, **rules[one]) for one in categories if one in rules]
    return min(found, key=lambda one: (NEEDS.index(one.needs), -one.days), default=None)
