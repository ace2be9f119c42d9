"""Attestation: how often an owner confirms what the register says, and by when they answer."""

from datetime import timedelta

from inventory.policies.checks import is_days, is_object, is_one_of
from inventory.policies.standard import section
from inventory.policies.tiers import CADENCES

ALL_TIERS = ("0", "1", "2", "3")

faults = is_object(
    {
        "cadence": is_object({tier: is_one_of(CADENCES) for tier in ALL_TIERS}),
        "answer_within_days": is_days,
    }
)


def attestation_cadence(document: dict, tier: int) -> timedelta:
    return CADENCES[section(document, "attestation")["cadence"][str(tier)]]


def time_to_attest(document: dict) -> timedelta:
    return timedelta(days=section(document, "attestation")["answer_within_days"])
