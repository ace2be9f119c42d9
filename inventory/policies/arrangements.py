"""Exceptions, overlays, accepted risks, emergencies: how long each may hold, and what may be excepted at all."""

from inventory.policies.checks import are_some_of, is_count, is_days, is_number, is_object, is_several
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS
from mrm.accounts.policies import Role

# What an exception may be made from, where the policy allows it: each is a clause that a blocker of the gate names.
# Everything else is required of everybody: an owner, a confirmed tier, separation of duties, that nothing suspended or
# retired is promoted. How often a model is looked at is loosened by a decision of its own (`cadences`).
CLAUSES = {
    "reference_data": "Reference data for the version",
    "assessment.drift": "A drift assessment with results",
    "assessment.bias": "A bias assessment with results",
    "assessment.explainability": "An explainability assessment with results",
    "assessment.performance": "A performance assessment with results",
    "verdict.drift": "No red drift",
    "verdict.bias": "No red bias",
    "verdict.explainability": "No red explainability",
    "verdict.performance": "No red performance",
    "undecided.drift": "A sample that decides about drift",
    "undecided.bias": "A sample that decides about bias",
    "undecided.explainability": "A sample that decides about explainability",
    "undecided.performance": "A sample that decides about performance",
    "findings.high": "No open high finding",
    "conditions": "Conditions of use met in time",
    "documentation": "Complete documentation, reviewed in time",
    "validation": "Validation in time",
    "retraining.compared": "Comparison of a retrained version with the one it replaces",
    "retraining.parallel_run": "Parallel run of a retrained version",
}
# Clauses that bind nobody any more: a policy proposed before may still name them, which allows nothing.
GONE = ("cadence",)


def _are_clauses(where: str, value) -> list[str]:
    left = [clause for clause in value if clause not in GONE] if isinstance(value, list) else value
    return are_some_of(CLAUSES)(where, left)


approvals_last = is_object(dict.fromkeys(TIERS, is_days))  # Days, by tier.
# Which clauses matter most, and from which size on an overlay is material: those are decided otherwise (approvals). A
# policy that names none tells nothing apart.
exceptions = is_object(
    {"most_days": is_days, "renewals": is_count, "waivable": _are_clauses},
    optional={"severe": are_some_of(CLAUSES)},
)
overlays = is_object({"most_days": is_days, "finding_at_renewal": is_count}, optional={"material_percent": is_number})
acceptances = is_object({"most_days": is_days})
suspension = is_object({"ordered_by": are_some_of(tuple(Role), at_least=1)})
committee = is_object({"quorum": is_several, "of_second_line": is_count})
break_glass = is_object({"most_days": is_days})
baselines = is_object({"most_days": is_days})


def is_severe_exception(document: dict, clause: str) -> bool:
    """Whether what is done without is one of the clauses that matter most."""
    return clause in section(document, "exceptions").get("severe", ())


def is_material_overlay(document: dict, size_percent: float) -> bool:
    """Whether it moves the output by so much, up or down, that the policy calls it material."""
    limit = section(document, "overlays").get("material_percent")
    return limit is not None and abs(size_percent) >= limit
