"""What the page of a tier shows: how it came about, and what it means under the policy in force."""

from dataclasses import dataclass

from inventory import policies
from inventory.attributes import BY_NAME
from inventory.contents.sections import ordered
from inventory.models import Policy
from mrm.pages.wording import roles_together, sentence


@dataclass(frozen=True)
class Meaning:
    """What a tier asks for: how often it is looked at, and whose approvals a change needs."""

    cadences: list[tuple[str, str]]
    approvals: list[tuple[str, str]]


def meaning_of(tier: int, policy: Policy) -> Meaning:
    if tier == policies.EXEMPT:
        days = policy.section("tiering")["exemption_days"]
        cadences = [("Assessments", "none"), ("Exemption", f"confirmed again within {days} days")]
    else:
        cadence = policy.section("tiers")[str(tier)]["cadence"]
        cadences = [(sentence(kind), cadence[kind]) for kind in policies.ASSESSMENTS]
    approvals = ordered(policy.section("approvals"), policies.standard()["approvals"])
    return Meaning(
        cadences=cadences,
        approvals=[
            (sentence(policies.name_of(kind)), roles_together(approvals[kind][policies.rules_of(tier)]))
            for kind in approvals
            if policies.rules_of(tier) in approvals[kind]
        ],
    )


def answered(policy: Policy, answers: dict) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """The scorecard as it was filled in: per factor, each question, the answer given and its points."""
    factors = policy.section("tiering")["factors"]
    return [
        (BY_NAME[factor].label, [_answered(question, answers[factor]) for question in factors[factor]["questions"]])
        for factor in policies.FACTORS
        if factor in answers
    ]


def _answered(question: dict, given: dict) -> tuple[str, str, int]:
    answer = next(answer for answer in question["answers"] if answer["name"] == given[question["name"]])
    return question["asks"], answer["says"], answer["points"]
