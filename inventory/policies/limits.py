"""Limits: from where a measure is amber and red, and what decides."""

from audits.statistics.limits import DecidedBy, Direction, Limit
from inventory.policies.checks import is_count, is_number, is_object, is_one_of, is_share, is_text
from inventory.policies.standard import section

# What runs measure. The floors above measure it and say what it means (`audits.assessments.catalogue`, kept equal by
# `test_a_limit_can_be_set_for_every_measure_and_for_nothing_else`); a policy only needs the names.
MEASURES = (
    "psi",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "chi_square",
    "missing_rate",
    "impact_ratio",
    "demographic_parity",
    "equalized_odds",
    "importance",
    "attribution_drift",
    "additivity_gap",
    "replication_gap",
    "auc",
    "auc_change",
    "brier_score",
    "calibration_in_the_large",
    "calibration_slope_deviation",
    "rmse",
    "rmse_ratio",
    "mae",
    "mean_error",
    "r_squared",
)
ROLES = ("score", "feature")
COLOURS = ("amber", "red")

_fields = is_object(
    {"measure": is_one_of(MEASURES)},
    optional={
        "role": is_one_of(ROLES),
        "amber": is_number,
        "red": is_number,
        "direction": is_one_of([direction.value for direction in Direction]),
        "decided_by": is_one_of([decider.value for decider in DecidedBy]),
        "minimum_size": is_count,
        "significance": is_share,
        "why": is_text,
    },
)


def faults(where: str, value) -> list[str]:
    """A list of limits, of which the first that fits a column applies; so none may stand where it never would."""
    if not isinstance(value, list) or not value:
        return [f"{where} must be a list of at least one limit."]
    found, earlier = [], {}
    for place, entry in enumerate(value):
        at = f"{where}[{place}]"
        if entry_faults := _fields(at, entry):
            found += entry_faults
            continue
        found += _faults_of_colours(at, entry)
        measure, role = entry["measure"], entry.get("role")
        if first := earlier.get((measure, role)) or earlier.get((measure, None)):
            found.append(f"{at} never applies: {first} is a limit of {measure} for the same columns.")
        earlier.setdefault((measure, role), at)
    return found


def _faults_of_colours(at: str, entry: dict) -> list[str]:
    set_colours = [colour for colour in COLOURS if colour in entry]
    if not set_colours:
        return [f"{at} needs amber, red or both, as numbers."]
    lower = entry.get("direction") == Direction.LOWER
    if len(set_colours) == 2 and (entry["red"] > entry["amber"] if lower else entry["red"] < entry["amber"]):
        bad = "below" if lower else "above"
        return [f"{at}.red must lie further {bad} than amber, since {bad} is bad: nothing would ever be amber."]
    return []


def limit(document: dict, measure: str, *, role: str = "") -> Limit | None:
    """The limit of a measure, the one written for the column's role first; None where the policy sets none."""
    for entry in section(document, "limits"):
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
