"""Promotion: what must have been looked at, and decided, before a version goes into production."""

from inventory.policies.checks import are_some_of, is_list_of, is_object, is_one_of
from inventory.policies.limits import MEASURES
from inventory.policies.standard import section
from inventory.policies.tiers import ASSESSMENTS, TIERS, rules_of

AFFECTS_PERSONS = "affects_natural_persons"
_narrowed = is_object({"kind": is_one_of(ASSESSMENTS)}, optional={
    "tiers": are_some_of(TIERS, at_least=1),
    "when": is_one_of((AFFECTS_PERSONS,)),
})  # fmt: skip


def _is_required(where: str, value) -> list[str]:
    """An assessment that every version needs, or an object that says in which tiers and when it is needed."""
    if isinstance(value, dict):
        return _narrowed(where, value)
    return is_one_of(ASSESSMENTS)(where, value)


faults = is_object(
    {
        "required_assessments": is_list_of(_is_required, called=f"some of {', '.join(ASSESSMENTS)}"),
        "must_be_decided": are_some_of(MEASURES),
    }
)


def required_assessments(document: dict, *, tier: int, affects_natural_persons: bool) -> list[str]:
    """What a version of such a model must have been assessed for."""
    required = []
    for entry in section(document, "promotion")["required_assessments"]:
        rule = entry if isinstance(entry, dict) else {"kind": entry}
        in_tier = rules_of(tier) in rule.get("tiers", TIERS)
        if in_tier and (affects_natural_persons or rule.get("when") != AFFECTS_PERSONS):
            required.append(rule["kind"])
    return required
