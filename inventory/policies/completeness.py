"""Completeness: which attributes of a model the register must hold, per tier; and what follows while it does not."""

from dataclasses import dataclass
from datetime import timedelta

from inventory.attributes import COLUMNS, ROWS
from inventory.policies.checks import are_some_of, is_days, is_object, is_one_of
from inventory.policies.findings import SEVERITIES
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

REQUIRABLE = (*COLUMNS, *ROWS)

faults = is_object(
    {
        "required": is_object({tier: are_some_of(REQUIRABLE) for tier in TIERS}),
        "required_to_register": are_some_of(tuple(COLUMNS)),  # Rows are said about what is there already.
    },
    # A policy from before asks for neither.
    optional={
        "required_for_use": are_some_of(TIERS),
        "registration_finding": is_object({"after_days": is_days, "severity": is_one_of(SEVERITIES)}),
    },
)


@dataclass(frozen=True, kw_only=True)
class RegistrationFinding:
    """What a registration that was never completed leads to, and how soon."""

    after: timedelta
    severity: str


def required_attributes(document: dict, tier: int) -> list[str]:
    """What is shown as missing while it is empty."""
    return section(document, "completeness")["required"][rules_of(tier)]


def required_to_register(document: dict) -> list[str]:
    """What nobody registers a model without."""
    return section(document, "completeness")["required_to_register"]


def required_for_use(document: dict, tier: int) -> bool:
    """Whether a version of this tier goes into production only with all that is required, and documents in date."""
    return str(tier) in document.get("completeness", {}).get("required_for_use", ())


def registration_finding(document: dict) -> RegistrationFinding | None:
    """None where the policy leaves it at listing what is missing."""
    asked = document.get("completeness", {}).get("registration_finding")
    return asked and RegistrationFinding(after=timedelta(days=asked["after_days"]), severity=asked["severity"])
