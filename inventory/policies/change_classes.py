"""Change classes: what makes a change of what is in use material, and what the policy asks for then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from inventory.policies import supervision
from inventory.policies.approvals import APPROVERS, COMMITTEE
from inventory.policies.checks import are_some_of, is_days, is_number, is_object, is_share
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of

NON_MATERIAL, MATERIAL = "non_material", "material"
CLASSES = (NON_MATERIAL, MATERIAL)  # The higher one last; a class only ever rises.

# How far each criterion is from mattering.
SAME, WITHIN, BEYOND, NOT_MEASURED, NOT_APPLICABLE = "same", "within", "beyond", "not_measured", "not_applicable"
# governance.md, section 3.7: what decides. What was registered is compared, the last three are measured.
CRITERIA = {
    "method": "Method and structure",
    "drivers": "Drivers",
    "sources": "Data sources",
    "target": "Target definition",
    "uses": "Range of use",
    "population": "Reference population",
    "output": "Aggregate output",
    "classes": "Cases that change class",
}


def _is_above_zero(where: str, value) -> list[str]:
    faults = is_number(where, value)
    return faults if faults or value > 0 else [f"{where} must lie above 0."]


faults = is_object(
    {
        "output_moves": is_share,
        "cases_change_class": is_share,
        "population_psi": _is_above_zero,
        "also_approved_by": is_object(dict.fromkeys(TIERS, are_some_of((*APPROVERS, COMMITTEE)))),
        "validated_in_tiers": are_some_of(TIERS),
        "review_after_days": is_days,
    },
    optional={"supervisor": supervision.faults},  # A policy from before leaves it to the standard policy.
)
LIMITED = {"output": "output_moves", "classes": "cases_change_class", "population": "population_psi"}


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One thing that could make a change material: where it stands, in words."""

    name: str
    standing: str
    told: str

    @property
    def is_material(self) -> bool:
        """What nobody could measure counts as the higher class."""
        return self.standing in (BEYOND, NOT_MEASURED)

    def as_json(self) -> dict:
        return {"name": self.name, "standing": self.standing, "told": self.told}


def class_of(criteria: Iterable[Criterion]) -> str:
    return MATERIAL if any(one.is_material for one in criteria) else NON_MATERIAL


def limit_of(document: dict, criterion: str) -> float:
    """How far a measured criterion may move in a change that is not material."""
    return section(document, "change_classes")[LIMITED[criterion]]


def also_approved_by(document: dict, change_class: str, tier: int) -> list[str]:
    """The roles whose approval a material change needs besides those of its kind."""
    return section(document, "change_classes")["also_approved_by"][rules_of(tier)] if change_class == MATERIAL else []


def validated_after_change(document: dict, tier: int) -> bool:
    """Whether a material change at this tier asks for a validation by itself."""
    return str(tier) in section(document, "change_classes")["validated_in_tiers"]


def review_after(document: dict) -> timedelta:
    """How long after a material change went into production it is seen what came of it."""
    return timedelta(days=section(document, "change_classes")["review_after_days"])
