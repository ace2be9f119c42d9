"""Findings: how long each may take, what needs no plan, who issues and who signs off, what the system raises itself."""

from collections.abc import Mapping
from datetime import timedelta

from inventory.policies.arrangements import CLAUSES
from inventory.policies.checks import are_some_of, is_count, is_days, is_number, is_object, is_one_of
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of
from mrm.accounts.policies import ALLOWED, Permission
from mrm.pages.wording import words

SEVERITIES = ("critical", "high", "medium", "low")
SEVERE = SEVERITIES[:2]
ISSUERS = tuple(sorted(ALLOWED[Permission.RAISE_FINDING]))
SIGNERS = tuple(sorted(ALLOWED[Permission.SIGN_OFF_FINDING]))

_days = is_object(dict.fromkeys(SEVERITIES, is_days))


def _limits(where: str, value) -> list[str]:
    """What is high must not be less than what is medium."""
    faults = is_object({"high": is_number, "medium": is_number})(where, value)
    if faults or 0 < value["medium"] <= value["high"]:
        return faults
    return [f"{where}.medium must lie above 0 and not above {where}.high."]


faults = is_object(
    {
        "days_until_due": is_object(dict.fromkeys(TIERS, _days)),
        "days_to_rebut": is_days,
        "days_to_plan": _days,
        "without_plan": are_some_of(SEVERITIES[2:]),
        "impact": is_object({"effect_percent": _limits, "class_change_percent": _limits}),
        "issued_by": are_some_of(ISSUERS, at_least=1),
        "signed_off_by": are_some_of(SIGNERS, at_least=1),
        "extensions": is_object({"at_officer_level": is_count, "most_days": is_days}),
        "automatic": is_object({"red_breach_days": is_days, "severity": is_one_of(SEVERITIES)}),
    }
)


def time_until_due(document: dict, *, tier: int, severity: str) -> timedelta:
    """How long a finding may take at most, from the day it is issued."""
    return timedelta(days=section(document, "findings")["days_until_due"][rules_of(tier)][severity])


def time_to_rebut(document: dict) -> timedelta:
    return timedelta(days=section(document, "findings")["days_to_rebut"])


def time_to_plan(document: dict, severity: str) -> timedelta:
    return timedelta(days=section(document, "findings")["days_to_plan"][severity])


def needs_plan(document: dict, severity: str) -> bool:
    """Whether the second line reviews a plan first, or the finding is just put right and submitted."""
    return severity not in section(document, "findings")["without_plan"]


def suggested_severity(document: dict, impact: Mapping[str, float | None]) -> str:
    """What the measured impact amounts to; empty where nothing was measured. Never critical: that use must stop is a
    judgement.

    impact  effect_percent, on a key output; class_change_percent, of the cases: either may be None
    """
    limits = section(document, "findings")["impact"]
    measured = [(abs(value), limits[name]) for name, value in impact.items() if value is not None]
    if not measured:
        return ""
    if any(value >= limit["high"] for value, limit in measured):
        return "high"
    return "medium" if any(value >= limit["medium"] for value, limit in measured) else "low"


def is_milder(severity: str, than: str) -> bool:
    return SEVERITIES.index(severity) > SEVERITIES.index(than)


def criteria(document: dict) -> dict[str, str]:
    """What of this policy a finding can say was not kept: each by its path, with its name in words."""
    limits = {f"limits.{entry['measure']}": f"Limit on {words(entry['measure'])}" for entry in document["limits"]}
    clauses = {f"clauses.{name}": told for name, told in CLAUSES.items()}
    rules = {name: f"What the policy says on {words(name)}" for name in document if name not in ("title", "limits")}
    return limits | clauses | rules
