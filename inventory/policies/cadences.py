"""Cadences: how often each thing about a model is looked at, by its tier and by stricter rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from inventory.attributes.choices import REGULATORY_CATEGORIES
from inventory.policies.attestation import attestation_cadence
from inventory.policies.checks import is_days, is_list_of, is_object, is_text
from inventory.policies.standard import section
from inventory.policies.tiers import CADENCES, cadence, rules_of
from inventory.policies.validation import span_of_months

ATTESTATION, FULL_VALIDATION, ANNUAL_REVIEW = "attestation", "full_validation", "annual_review"
EVERY_MONTHS = {FULL_VALIDATION: "full_every_months", ANNUAL_REVIEW: "annual_review_every_months"}
RHYTHMS: dict[str, str] = {
    "drift": "Drift assessment",
    "bias": "Bias assessment",
    "explainability": "Explainability assessment",
    "performance": "Performance assessment",
    ATTESTATION: "Attestation",
    FULL_VALIDATION: "Full revalidation",
    ANNUAL_REVIEW: "Review",
}
MONTHS = (3, 6, 9, 12, 18, 24, 30, 36, 42, 48, 60)
_OF_VALIDATIONS = {f"every {months} months": span_of_months(months) for months in MONTHS}
LENGTHS: dict[str, dict[str, timedelta]] = {
    rhythm: _OF_VALIDATIONS if rhythm in EVERY_MONTHS else CADENCES for rhythm in RHYTHMS
}
# What a rule may look at: the lists of the register, of which one entry suffices; of regions any word may be asked for.
ASKED = ("regulatory_categories", "regions", "legal_entities")


@dataclass(frozen=True)
class Required:
    """How often the policy wants something looked at, and by which of its rules."""

    every: str
    span: timedelta
    why: str


def fault_in_every(rhythm: str, every: str) -> str:
    """Why this is no length of this rhythm; empty where it is."""
    if rhythm not in RHYTHMS:
        return f"{rhythm} is not looked at in a rhythm; these are: {', '.join(RHYTHMS)}."
    known = LENGTHS[rhythm]
    return "" if every in known else f"{RHYTHMS[rhythm]}: how often must be one of {', '.join(known)}."


def _conditions(where: str, value) -> list[str]:
    if not isinstance(value, dict) or not value or value.keys() - set(ASKED):
        return [f"{where} must ask about some of {', '.join(ASKED)}."]
    faults = []
    for name, wanted in value.items():
        if not isinstance(wanted, list) or not wanted or not all(isinstance(one, str) and one for one in wanted):
            faults.append(f"{where}.{name} must be a list of at least one text.")
        elif name == "regulatory_categories" and (
            unknown := [one for one in wanted if one not in REGULATORY_CATEGORIES]
        ):
            faults.append(f"{where}.{name} does not know {unknown[0]}; known are {', '.join(REGULATORY_CATEGORIES)}.")
    return faults


def _lengths(where: str, value) -> list[str]:
    if not isinstance(value, dict) or not value:
        return [f"{where} must say how often something is looked at, as in full_validation: every 12 months."]
    return [
        f"{where}.{rhythm}: {fault}"
        for rhythm, every in value.items()
        if (fault := fault_in_every(rhythm, every) if isinstance(every, str) else "it must be a text.")
    ]


faults = is_object(
    {
        "rules": is_list_of(
            is_object({"when": _conditions, "at_least": _lengths, "why": is_text}),
            called="rules that make cadences stricter",
        ),
        "loosened_for_days": is_days,
    }
)


def tier_span(document: dict, tier: int, rhythm: str) -> Required:
    """How often the tier alone wants it."""
    why = f"By the cadence of tier {rules_of(tier)}."
    if rhythm == ATTESTATION:
        every = section(document, "attestation")["cadence"][str(tier)]
        return Required(every, attestation_cadence(document, tier), why)
    if rhythm in EVERY_MONTHS:
        months = section(document, "validation")[EVERY_MONTHS[rhythm]][rules_of(tier)]
        return Required(f"every {months} month{'s' if months > 1 else ''}", span_of_months(months), why)
    return Required(section(document, "tiers")[rules_of(tier)]["cadence"][rhythm], cadence(document, tier, rhythm), why)


def stricter_rules(document: dict, tier: int, rhythm: str) -> list[tuple[dict, Required]]:
    """The rules that want it more often than the tier does, the strictest first: its conditions, and how often."""
    usual = tier_span(document, tier, rhythm).span
    found = [
        (rule["when"], Required(every, span, rule["why"]))
        for rule in section(document, "cadences")["rules"]
        if (every := rule["at_least"].get(rhythm)) and (span := LENGTHS[rhythm][every]) < usual
    ]
    return sorted(found, key=lambda rule: rule[1].span)


def required_span(document: dict, tier: int, rhythm: str, facts: Mapping[str, list[str]]) -> Required:
    """How often the policy wants it of a model of this tier, of which the register says this."""
    for when, required in stricter_rules(document, tier, rhythm):
        if all(set(wanted) & set(facts[name]) for name, wanted in when.items()):
            return required
    return tier_span(document, tier, rhythm)


def loosened_for(document: dict) -> timedelta:
    """The longest that a looser cadence may hold."""
    return timedelta(days=section(document, "cadences")["loosened_for_days"])
