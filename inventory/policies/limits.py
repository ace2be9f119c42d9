"""Limits: from where a measure is amber and red, and what decides."""

from audits.statistics.limits import DecidedBy, Direction, Limit
from inventory.policies.checks import are_some_of, is_count, is_number, is_object, is_one_of, is_share, is_text
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

# What runs measure. The floors above measure it and say what it means (`audits.assessments.catalogue`, kept equal by
# `test_a_limit_can_be_set_for_every_measure_and_for_nothing_else`); a policy only needs the names.
MEASURES = (
    "psi",
    "psi_of_season",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "chi_square",
    "wasserstein",
    "missing_rate",
    "out_of_range_rate",
    "new_category_rate",
    "type_mismatch_rate",
    "duplicate_rate",
    "freshness",
    "volume_change",
    "reconstruction_error",
    "domain_classifier",
    "maximum_mean_discrepancy",
    "text_domain_classifier",
    "new_segment",
    "estimated_auc_change",
    "impact_ratio",
    "demographic_parity",
    "equalized_odds",
    "importance",
    "attribution_drift",
    "attribution_precision",
    "reason_code_stability",
    "top_reason_changed",
    "additivity_gap",
    "replication_gap",
    "auc",
    "gain_on_champion",
    "error_against_champion",
    "auc_change",
    "realised_against_estimated",
    "segment_error",
    "brier_score",
    "calibration_in_the_large",
    "calibration_slope_deviation",
    "rmse",
    "rmse_ratio",
    "mae",
    "mean_error",
    "r_squared",
)
# Whose runs test whether the true value is within a limit.
TOLERANCE_TESTED = ("psi", "psi_of_season", "kolmogorov_smirnov")
ASKED_PRECISION = "attribution_precision"  # Its amber is also how precise a run makes it, so none of 0.
ROLES = ("score", "feature", "text")
COLOURS = ("amber", "red")

_fields = is_object(
    {"measure": is_one_of(MEASURES)},
    optional={
        "role": is_one_of(ROLES),
        "tiers": are_some_of(TIERS, at_least=1),
        "amber": is_number,
        "red": is_number,
        "direction": is_one_of([direction.value for direction in Direction]),
        "decided_by": is_one_of([decider.value for decider in DecidedBy]),
        "minimum_size": is_count,
        "significance": is_share,
        "tolerance": is_number,
        "why": is_text,
    },
)


def faults(where: str, value) -> list[str]:
    """A list of limits, of which the first that fits column and tier applies; so none may stand where it never does."""
    if not isinstance(value, list) or not value:
        return [f"{where} must be a list of at least one limit."]
    found, earlier = [], {}
    for place, entry in enumerate(value):
        at = f"{where}[{place}]"
        if entry_faults := _fields(at, entry):
            found += entry_faults
            continue
        found += _faults_of_colours(at, entry)
        if entry["measure"] == ASKED_PRECISION and "amber" in entry:
            found += is_share(f"{at}.amber", entry["amber"])
        if entry.get("decided_by") == DecidedBy.TOLERANCE and entry["measure"] not in TOLERANCE_TESTED:
            found.append(f"{at}.decided_by: a tolerance is tested only of {' and '.join(TOLERANCE_TESTED)}.")
        found += _faults_of_tolerance(at, entry)
        covers = [(entry["measure"], role, tier) for role in _roles_of(entry) for tier in entry.get("tiers", TIERS)]
        if all(case in earlier for case in covers):
            found.append(f"{at} never applies: {earlier[covers[0]]} comes before it and fits the same columns.")
        earlier = dict.fromkeys(covers, at) | earlier
    return found


def _roles_of(entry: dict) -> tuple[str, ...]:
    return (entry["role"],) if "role" in entry else ("", *ROLES)


def _faults_of_colours(at: str, entry: dict) -> list[str]:
    set_colours = [colour for colour in COLOURS if colour in entry]
    if not set_colours:
        return [f"{at} needs amber, red or both, as numbers."]
    lower = entry.get("direction") == Direction.LOWER
    if len(set_colours) == 2 and (entry["red"] > entry["amber"] if lower else entry["red"] < entry["amber"]):
        bad = "below" if lower else "above"
        return [f"{at}.red must lie further {bad} than amber, since {bad} is bad: nothing would ever be amber."]
    return []


def _faults_of_tolerance(at: str, entry: dict) -> list[str]:
    if "tolerance" not in entry:
        return []
    if entry.get("decided_by") != DecidedBy.TOLERANCE:
        return [f"{at}.tolerance: nothing would look at it; leave it out, or let decided_by be tolerance."]
    ends = [entry[colour] for colour in COLOURS if colour in entry]
    if entry["tolerance"] < 0 or any(entry["tolerance"] > end for end in ends):
        return [f"{at}.tolerance must lie from 0 up to amber and red: what is beyond them is not tolerated."]
    return []


def limit(document: dict, measure: str, *, role: str = "", tier: int) -> Limit | None:
    """The first limit that is written for the measure, the column's role and the tier; None where there is none."""
    return limit_in(section(document, "limits"), measure, role, tier)


def limits_for(document: dict, tier: int) -> list[dict]:
    """The limits that judge models of this tier, as the document writes them; not those that an earlier one hides."""
    found, hidden = [], set()
    for entry in section(document, "limits"):
        covers = {(entry["measure"], role) for role in _roles_of(entry)}
        if rules_of(tier) in entry.get("tiers", TIERS) and not covers <= hidden:
            found.append(entry)
            hidden |= covers
    return found


def limit_in(limits: list[dict], measure: str, role: str, tier: int) -> Limit | None:
    for entry in limits:
        fits = entry["measure"] == measure and entry.get("role", role) == role
        if fits and rules_of(tier) in entry.get("tiers", TIERS):
            return Limit(
                amber=entry.get("amber"),
                red=entry.get("red"),
                direction=Direction(entry.get("direction", "upper")),
                decided_by=DecidedBy(entry.get("decided_by", "point")),
                minimum_size=entry.get("minimum_size", 0),
                significance=entry.get("significance", 0.05),
                tolerance=entry.get("tolerance"),
            )
    return None
