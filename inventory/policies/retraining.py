"""Retraining: which breaches call for it, and on which rows a model is refitted."""

from dataclasses import dataclass

from inventory.policies.checks import Check, are_some_of, is_count, is_days, is_list_of, is_object, is_one_of, is_share
from inventory.policies.limits import COLOURS, MEASURES, ROLES
from inventory.policies.standard import section, standard
from inventory.policies.tiers import ASSESSMENTS, TIERS, rules_of

_cause = is_object({"measure": is_one_of(MEASURES), "verdict": is_one_of(COLOURS)}, optional={"role": is_one_of(ROLES)})


def _is_none_or(check: Check) -> Check:
    return lambda where, value: [] if value == 0 and not isinstance(value, bool) else check(where, value)


_parallel_run = is_object({"days": _is_none_or(is_days), "rows": _is_none_or(is_count)})
# What is asked of a candidate that a retraining made, besides what is asked of any. A policy from before leaves it to
# the standard policy.
_candidate = is_object(
    {
        "assessed": are_some_of(ASSESSMENTS),
        "decided": are_some_of(MEASURES),
        "parallel_run": is_object(dict.fromkeys(TIERS, _parallel_run)),
    }
)
# Where the policy allows what retraining may change to be approved beforehand; one that says nothing allows it nowhere.
_envelope = is_object({"tiers": are_some_of(TIERS), "most_days": is_days})
_fields = is_object(
    {
        "on": is_list_of(_cause, called="the breaches that call for retraining"),
        "window_days": is_days,
        "validation_share": is_share,
        "holdout_share": is_share,
    },
    optional={"candidate": _candidate, "envelope": _envelope},
)


@dataclass(frozen=True, kw_only=True)
class ParallelRun:
    """How long, and on how many rows, a retrained version first scores the traffic of the one in use."""

    days: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class OfCandidate:
    """What a retrained version must show: assessments where they are possible, and measures that are decided."""

    assessed: list[str]
    decided: list[str]
    parallel_run: ParallelRun


def asked_of_candidate(document: dict, tier: int) -> OfCandidate:
    asked = section(document, "retraining").get("candidate") or standard()["retraining"]["candidate"]
    run = ParallelRun(**asked["parallel_run"][rules_of(tier)])
    return OfCandidate(assessed=asked["assessed"], decided=asked["decided"], parallel_run=run)


def allows_envelope(document: dict, tier: int) -> bool:
    """Whether retrained versions of a model in this tier may be approved beforehand, inside bounds."""
    return rules_of(tier) in section(document, "retraining").get("envelope", {}).get("tiers", ())


def days_of_envelope(document: dict) -> int:
    """For how long at most; nothing where none is allowed."""
    return section(document, "retraining").get("envelope", {}).get("most_days", 0)


def faults(where: str, value) -> list[str]:
    if found := _fields(where, value):
        return found
    if value["validation_share"] + value["holdout_share"] >= 1:
        return [f"{where}.validation_share and holdout_share together must leave rows to train on."]
    return []
