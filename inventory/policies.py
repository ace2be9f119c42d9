"""Reading a published policy: cadences, limits and approvals per tier; and what makes a tier. Plain values."""

from datetime import timedelta

from audits.statistics.limits import DecidedBy, Direction, Limit

CADENCES = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "semi-annual": timedelta(days=182),
    "annual": timedelta(days=365),
}
LEVELS = ("low", "medium", "high")

# governance.md, section 3.2: rows are materiality, columns complexity.
TIER_MATRIX = {
    ("high", "high"): 1,
    ("high", "medium"): 1,
    ("high", "low"): 2,
    ("medium", "high"): 2,
    ("medium", "medium"): 2,
    ("medium", "low"): 3,
    ("low", "high"): 2,
    ("low", "medium"): 3,
    ("low", "low"): 3,
}


TIERS = ("1", "2", "3")
ASSESSMENTS = ("drift", "bias", "explainability", "performance")
APPROVED_KINDS = ("retraining", "promotion", "retirement")
REFERENCE_GROUPS = ("best", "largest")  # With the highest selection rate; with the most rows.
APPROVERS = ("validator", "risk_officer")


def faults_in(document: dict) -> list[str]:
    """Why a document cannot be the policy: what is missing or means nothing. Empty where it can."""
    if not isinstance(document, dict) or not isinstance(document.get("title"), str) or not document["title"].strip():
        return ["A policy is an object with a title."]
    faults = []
    for tier in TIERS:
        for kind in ASSESSMENTS:
            if _at(document, "tiers", tier, "cadence", kind) not in CADENCES:
                faults.append(f"tiers.{tier}.cadence.{kind} must be one of {', '.join(CADENCES)}.")
        for kind in APPROVED_KINDS:
            roles = _at(document, "approvals", kind, tier)
            if not isinstance(roles, list) or len(roles) < 2 or not set(map(str, roles)) <= set(APPROVERS):
                faults.append(f"approvals.{kind}.{tier} must name two or more of {', '.join(APPROVERS)}.")
    limits = document.get("limits")
    if not isinstance(limits, list) or not limits:
        faults.append("limits must be a list of at least one limit.")
    else:
        faults += [fault for index, entry in enumerate(limits) if (fault := _fault_in_limit(f"limits[{index}]", entry))]
    for purpose in ("minimum_display", "minimum_gating"):
        if not _is_count(_at(document, "fairness", purpose)):
            faults.append(f"fairness.{purpose} must be a whole number of at least 1.")
    if _at(document, "fairness", "reference_group") not in REFERENCE_GROUPS:
        faults.append(f"fairness.reference_group must be one of {', '.join(REFERENCE_GROUPS)}.")
    for days in ("expire_after_days", "ask_again_after_days"):
        if not _is_count(_at(document, "changes", days)):
            faults.append(f"changes.{days} must be a whole number of at least 1.")
    return faults + _faults_in_promotion(document) + _faults_in_retraining(document)


def _faults_in_promotion(document: dict) -> list[str]:
    faults, required = [], _at(document, "promotion", "required_assessments")
    if not isinstance(required, list) or not all(kind in ASSESSMENTS for kind in required):
        faults.append(f"promotion.required_assessments must be a list of some of {', '.join(ASSESSMENTS)}.")
    decided = _at(document, "promotion", "must_be_decided")
    if not isinstance(decided, list) or not all(isinstance(measure, str) for measure in decided):
        faults.append("promotion.must_be_decided must be a list of measures.")
    return faults


def _faults_in_retraining(document: dict) -> list[str]:
    rules = _at(document, "retraining", "on")
    if not isinstance(rules, list):
        return ["retraining.on must be a list of the breaches that call for retraining."]
    faults = [
        f"retraining.on[{index}] must be an object that names its measure, and amber or red as its verdict."
        for index, rule in enumerate(rules)
        if not isinstance(rule, dict)
        or not isinstance(rule.get("measure"), str)
        or rule.get("verdict") not in ("amber", "red")
    ]
    if not _is_count(_at(document, "retraining", "window_days")):
        faults.append("retraining.window_days must be a whole number of at least 1.")
    shares = [_at(document, "retraining", name) for name in ("validation_share", "holdout_share")]
    if not all(isinstance(share, float) and share > 0 for share in shares) or sum(shares) >= 1:
        faults.append("retraining.validation_share and holdout_share must be above 0 and leave rows to train on.")
    return faults


def _fault_in_limit(where: str, entry) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("measure"), str):
        return f"{where} must be an object that names its measure."
    numbers = [entry[name] for name in ("amber", "red") if entry.get(name) is not None]
    if not numbers or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
        return f"{where} needs amber, red or both, as numbers."
    for field, known in (("direction", Direction), ("decided_by", DecidedBy)):
        if field in entry and entry[field] not in [member.value for member in known]:
            return f"{where}.{field} must be one of {', '.join(member.value for member in known)}."
    return ""


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _at(document: dict, *path: str):
    """What stands at a path, None where the path breaks off."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def materiality(exposure: str, purpose: str) -> str:
    """The worse of exposure and purpose; they are stored apart and judged together."""
    return max(exposure, purpose, key=LEVELS.index)


def computed_tier(*, exposure: str, purpose: str, complexity: str, reliance: str) -> int:
    """The tier the scorecard gives. A sole driver of decisions (high reliance) is never in the lowest tier."""
    tier = TIER_MATRIX[materiality(exposure, purpose), complexity]
    return min(tier, 2) if reliance == "high" else tier


def cadence(document: dict, tier: int, kind: str) -> timedelta:
    """How long the window of one run is, and so how often the plan is due."""
    return CADENCES[document["tiers"][str(tier)]["cadence"][kind]]


def limit(document: dict, measure: str, *, role: str = "") -> Limit | None:
    """The limit of a measure, the one written for the column's role first; None where the policy sets none."""
    for entry in document["limits"]:
        if entry["measure"] == measure and entry.get("role", role) == role:
            return Limit(
                amber=entry.get("amber"),
                red=entry.get("red"),
                direction=Direction(entry.get("direction", "upper")),
                decided_by=DecidedBy(entry.get("decided_by", "point")),
                minimum_size=entry.get("minimum_size", 0),
                significance=entry.get("significance", 0.05),
            )
    return None


def roles_required(document: dict, kind: str, tier: int) -> list[str]:
    """The roles whose approval a change of this kind needs at this tier, each by another person."""
    return document["approvals"][kind][str(tier)]


def minimum_group(document: dict, purpose: str) -> int:
    """The smallest group that may be shown (`display`) or judged (`gating`)."""
    return document["fairness"][f"minimum_{purpose}"]


def reference_group(document: dict) -> str:
    """Which group's selection rate the others' are compared with: that of the highest rate, or of the most rows."""
    return document["fairness"]["reference_group"]


def expiry_of_changes(document: dict) -> timedelta:
    return timedelta(days=document["changes"]["expire_after_days"])


def retraining_waits(document: dict) -> timedelta:
    """How long after a rejection the same breach may not ask for retraining again."""
    return timedelta(days=document["changes"]["ask_again_after_days"])
