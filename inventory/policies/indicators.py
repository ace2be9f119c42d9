"""Indicators: what a board looks at, and from where on each is amber or red and somebody answers for it."""

from collections.abc import Iterator

from audits.statistics.limits import Direction, Limit
from inventory.policies.checks import is_number, is_object, is_one_of
from inventory.policies.limits import COLOURS
from inventory.policies.standard import section
from mrm.accounts.policies import Role

UPPER, LOWER = Direction.UPPER, Direction.LOWER

# On which side of its limits each is bad. What they mean, and how they are counted, is a floor further up
# (`audits.workflows.contents.indicators`, kept equal by `test_every_indicator_of_the_policy_is_told`).
INDICATORS: dict[str, Direction] = {
    "unapproved_in_use": UPPER,
    "emergency_releases_open": UPPER,
    "oldest_emergency_release": UPPER,
    "emergency_changes": UPPER,
    "validated_on_time": LOWER,
    "assessed_on_time": LOWER,
    "red_share": UPPER,
    "amber_share": UPPER,
    "unmeasured_share": UPPER,
    "fairness_breaches": UPPER,
    "breach_to_decision": UPPER,
    "residual_high_share": UPPER,
    "findings_high_open": UPPER,
    "findings_past_due": UPPER,
    "findings_age": UPPER,
    "repeat_findings": UPPER,
    "exceptions_live": UPPER,
    "exceptions_lapsed": UPPER,
    "overlays_live": UPPER,
    "overlays_renewed_often": UPPER,
    "register_incomplete": UPPER,
    "tier_provisional_share": UPPER,
    "attestation_late": UPPER,
    "unregistered_models": UPPER,
    "machine_learning_share": UPPER,
    "vendor_share": UPPER,
    "concentration_source": UPPER,
    "concentration_vendor": UPPER,
    "concentration_method": UPPER,
    "retirements": UPPER,
    "policy_loosened": UPPER,
    "incidents": UPPER,
    "validator_capacity": LOWER,
}

_appetite = is_object({"owner": is_one_of(tuple(Role))}, optional=dict.fromkeys(COLOURS, is_number))
_fields = is_object({"appetite": is_object({}, optional=dict.fromkeys(INDICATORS, _appetite))})


def faults(where: str, value) -> list[str]:
    return _fields(where, value) or list(_faults_of_limits(f"{where}.appetite", value["appetite"]))


def _faults_of_limits(where: str, appetite: dict) -> Iterator[str]:
    for name, entry in appetite.items():
        ends = [entry[colour] for colour in COLOURS if colour in entry]
        if not ends:
            yield f"{where}.{name} needs amber, red or both, as numbers."
        elif len(ends) == 2 and (ends[1] > ends[0] if INDICATORS[name] is LOWER else ends[1] < ends[0]):
            side = "below" if INDICATORS[name] is LOWER else "above"
            yield f"{where}.{name}.red must lie further {side} than amber, since {side} is bad."


def appetite(document: dict, name: str) -> tuple[Limit | None, str]:
    """The limit of an indicator and the role that answers for it; no limit and nobody where the policy sets none."""
    entry = section(document, "indicators")["appetite"].get(name)
    if entry is None:
        return None, ""
    return Limit(amber=entry.get("amber"), red=entry.get("red"), direction=INDICATORS[name]), entry["owner"]
