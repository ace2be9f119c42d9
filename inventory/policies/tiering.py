"""Tiering: what the answers of a scorecard come to, the floors below which no model falls, and what risk remains."""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.policies.scorecard import FACTORS, LEVELS, RATINGS
from inventory.policies.standard import section, standard
from mrm.pages.wording import words

EXEMPT = 0
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Tiering:
    """What the scorecard gives, and how it comes to that, step by step in sentences."""

    levels: dict[str, str]
    tier: int
    steps: list[str]


def materiality(exposure: str, purpose: str) -> str:
    """The worse of exposure and purpose; they are stored apart and judged together."""
    return max(exposure, purpose, key=LEVELS.index)


def levels_from(document: dict, answers: dict) -> tuple[dict[str, str], list[str]]:
    """The level of each factor by the points of its answers, and the arithmetic in sentences."""
    levels, steps = {}, []
    factors = section(document, "tiering")["factors"]
    for factor in FACTORS:
        rules = factors[factor]
        chosen = [_answer(question, answers[factor][question["name"]]) for question in rules["questions"]]
        points = sum(answer["points"] for answer in chosen)
        banded = "high" if points >= rules["high"] else "medium" if points >= rules["medium"] else "low"
        least = max((answer.get("at_least", "low") for answer in chosen), key=LEVELS.index)
        levels[factor] = max(banded, least, key=LEVELS.index)
        sum_of = " + ".join(str(answer["points"]) for answer in chosen)
        why = f"{sum_of} = {points} points; medium from {rules['medium']}, high from {rules['high']}"
        if levels[factor] != banded:
            why += f"; one of the answers alone makes it at least {least}"
        steps.append(f"{_named(factor)} is {levels[factor]}: {why}.")
    return levels, steps


def tier_from(document: dict, *, levels: dict[str, str], facts: dict) -> Tiering:
    """The tier of these levels under the matrix and the floors.

    facts  what floors ask about: attributes of the model, and answers as "factor.question"
    """
    rules, steps = section(document, "tiering"), []
    facts = facts | levels
    levels = dict(levels)
    met = [floor for floor in rules["floors"] if _holds(floor["when"], facts)]
    for floor in met:
        for factor, least in floor.get("at_least", {}).items():
            if LEVELS.index(levels[factor]) < LEVELS.index(least):
                levels[factor] = least
                steps.append(f"{_named(factor)} counts as {least}: {floor['why']}")
    material = materiality(levels["exposure"], levels["purpose_level"])
    tier = rules["matrix"][material][levels["complexity"]]
    steps.append(
        f"Materiality is {material}, the worse of exposure and purpose; with {levels['complexity']} complexity "
        f"the matrix gives tier {tier}."
    )
    for floor in met:
        if floor.get("tier", tier) < tier:
            tier = floor["tier"]
            steps.append(f"Tier {tier} at least: {floor['why']}")
    return Tiering(levels, tier, steps)


def stricter(first: int, second: int) -> int:
    """The stricter of two tiers; being exempt (0) is the laxest."""
    return min(first, second, key=lambda tier: tier or max(first, second) + 1)


def residual_ratings(document: dict, tier: int, *, verdict: str, opinion: str, finding: str) -> dict[str, str]:
    """What risk remains of a tier by each thing that was found: the worst verdict of monitoring, what the validation
    that holds says, and the worst open finding, which counts where there is one. Not for what is exempt."""
    rules = section(document, "tiering")
    counts_as = rules.get("residual_from") or standard()["tiering"]["residual_from"]
    ratings = rules["residual"][str(tier)]
    found = {
        "monitoring": ratings[verdict] if verdict in ratings else ratings[NOT_MEASURED],
        "validation": ratings[counts_as["opinion"][opinion]],
    }
    return found | ({"findings": ratings[counts_as["finding"][finding]]} if finding else {})


def residual_rating(document: dict, tier: int, *, verdict: str, opinion: str, finding: str) -> str:
    """What risk remains of a tier: the worst that anything found about the model gives."""
    if tier == EXEMPT:
        return "exempt"
    found = residual_ratings(document, tier, verdict=verdict, opinion=opinion, finding=finding)
    return max(found.values(), key=RATINGS.index)


def facts_from_answers(answers: dict) -> dict[str, str]:
    return {f"{factor}.{question}": answer for factor, given in answers.items() for question, answer in given.items()}


def faults_in_answers(document: dict, answers) -> list[tuple[str, str]]:
    """What is wrong with the answers to a scorecard: each the path of a question and a sentence."""
    if not isinstance(answers, dict):
        return [("answers", "Answers are an object with one object per factor.")]
    return list(_faults_in_answers(section(document, "tiering")["factors"], answers))


def _faults_in_answers(factors: dict, answers: dict) -> Iterator[tuple[str, str]]:
    for factor in answers.keys() - factors.keys():
        yield f"answers.{factor}", f"{factor} is not a factor; these are: {', '.join(factors)}."
    for factor in FACTORS:
        rules = factors[factor]
        given = answers.get(factor, {})
        if not isinstance(given, dict):
            yield f"answers.{factor}", f"The answers about {words(factor)} are an object."
            continue
        known = {question["name"]: question for question in rules["questions"]}
        for name in given.keys() - known.keys():
            yield f"answers.{factor}.{name}", f"{name} is not a question about {words(factor)}."
        for name, question in known.items():
            wanted = [answer["name"] for answer in question["answers"]]
            if given.get(name) not in wanted:
                yield f"answers.{factor}.{name}", f"“{question['asks']}” is answered by one of {', '.join(wanted)}."


def _answer(question: dict, name: str) -> dict:
    return next(answer for answer in question["answers"] if answer["name"] == name)


def _holds(conditions: dict, facts: dict) -> bool:
    """Whether every condition holds. What nobody said fulfils none; of a list, one entry suffices."""
    return all(
        any(value in wanted for value in (facts[name] if isinstance(facts[name], list) else [facts[name]]))
        if name in facts
        else False
        for name, wanted in conditions.items()
    )


def _named(factor: str) -> str:
    return {"purpose_level": "Purpose"}.get(factor, factor.capitalize())
