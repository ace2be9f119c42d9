"""Validation: what a validation looks at per type and tier, how often it is due, and what rests on it."""

from datetime import timedelta

from inventory.policies.checks import are_some_of, is_days, is_months, is_object
from inventory.policies.standard import section
from inventory.policies.tiers import TIERS, rules_of
from mrm.accounts.policies import Role

# governance.md, section 3.6: what a validation is made of, and what each part must show.
COMPONENTS = {
    "conceptual_soundness": "The method fits the purpose, and its theory holds for this use.",
    "data": "The data are relevant, complete and of known origin.",
    "assumptions": "Each assumption is stated, tested, and its failure understood.",
    "developmental_evidence": "The developer's tests are there, and repeating some gives the same numbers.",
    "process_verification": "What runs is what was approved: an independent replication gives the same scores.",
    "outcomes_analysis": "Realised outcomes agree with what the model said.",
    "benchmarking": "A simpler or other model does not do better.",
    "sensitivity": "Stress and small changes of inputs move the output as they should.",
    "stability": "Inputs and scores are distributed as they were when the model was built.",
    "calibration": "Predicted levels agree with those observed.",
    "discrimination": "The model tells apart what it must tell apart, well enough.",
    "fairness": "No protected group is treated worse beyond the limits.",
    "explainability": "Its results can be explained to those whom they concern.",
    "limitations": "Limitations are listed with their significance and what compensates for them.",
    "monitoring_plan": "What is monitored would find the failures that matter, in time.",
    "documentation": "Somebody else could rebuild and run the model from what is written.",
    "tier_confirmation": "The tier is what exposure, purpose, complexity and reliance give.",
    "use_test": "It is used for what it was approved for, within its boundaries.",
    "vendor": "The vendor's evidence suffices, or outcomes make up for what it withholds.",
}
FULL_TYPES = ("initial", "periodic_full", "vendor")
LIGHTER_TYPES = ("periodic_targeted", "change_triggered", "event_triggered", "post_implementation", "annual_review")

_per_tier = is_object(dict.fromkeys(TIERS, are_some_of(COMPONENTS, at_least=1)))
_months = is_object(dict.fromkeys(TIERS, is_months))

faults = is_object(
    {
        "required_for_tiers": are_some_of(TIERS),
        "components": is_object({"full": _per_tier, **dict.fromkeys(LIGHTER_TYPES, _per_tier)}),
        "full_every_months": _months,
        "annual_review_every_months": _months,
        "opens_days_before": is_days,
        "restricts_when_lapsed": are_some_of(TIERS),
        "approved_by": is_object(
            dict.fromkeys(TIERS, are_some_of((Role.HEAD_OF_VALIDATION, Role.RISK_OFFICER), at_least=1))
        ),
    }
)
DAYS_IN_A_MONTH = 365.25 / 12


def required_components(document: dict, kind: str, tier: int) -> list[str]:
    """What a validation of this type must look at in this tier; a vendor's model also at the vendor."""
    components = section(document, "validation")["components"]
    required = components["full" if kind in FULL_TYPES else kind][rules_of(tier)]
    return [*required, "vendor"] if kind == "vendor" and "vendor" not in required else list(required)


def validation_required(document: dict, tier: int) -> bool:
    """Whether a version of this tier goes into production only with a fit opinion in force."""
    return str(tier) in section(document, "validation")["required_for_tiers"]


def restricts_when_lapsed(document: dict, tier: int) -> bool:
    return str(tier) in section(document, "validation")["restricts_when_lapsed"]


def validation_approvers(document: dict, tier: int) -> list[str]:
    """The roles of which one approves what the validators concluded."""
    return section(document, "validation")["approved_by"][rules_of(tier)]


def validation_opens_before(document: dict) -> timedelta:
    """How long before it is due a periodic validation is asked for by itself."""
    return timedelta(days=section(document, "validation")["opens_days_before"])


def span_of_months(months: int) -> timedelta:
    return timedelta(days=round(months * DAYS_IN_A_MONTH))
