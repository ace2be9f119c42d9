"""The scorecard of a policy: questions with points and bands, the matrix, the floors."""

from collections.abc import Iterator

from inventory.policies.checks import is_count, is_days, is_list_of, is_object, is_one_of, is_text
from inventory.policies.findings import SEVERITIES
from inventory.policies.tiers import TIERS

LEVELS = ("low", "medium", "high")
FACTORS = ("exposure", "purpose_level", "complexity", "reliance")
FACTS = ("affects_natural_persons", "uses_machine_learning", "regulatory_categories")  # Attributes of a model.
MONITORED = ("within", "amber", "red", "not measured")
OPINIONS = ("fit", "fit_with_conditions", "not_fit", "none")  # What the last validation says; none: nothing that holds.
RATINGS = ("low", "moderate", "elevated", "high", "very high")

_level = is_one_of(LEVELS)


def _tier(where: str, value) -> list[str]:
    known = isinstance(value, int) and not isinstance(value, bool) and str(value) in TIERS
    return [] if known else [f"{where} must be 1, 2 or 3."]


def _points(where: str, value) -> list[str]:
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
    return [] if known else [f"{where} must be a whole number from 0 to 100."]


def _conditions(where: str, value) -> list[str]:
    """Each what must be one of some values: a fact, a factor's level, or the answer to a question."""
    if not isinstance(value, dict) or not value:
        return [f"{where} must say when the floor applies."]
    plain = (str, bool)
    return [
        f"{where}.{name} must be a list of at least one text, true or false."
        for name, wanted in value.items()
        if not isinstance(wanted, list) or not wanted or not all(isinstance(one, plain) for one in wanted)
    ]


_answer = is_object({"name": is_text, "says": is_text, "points": _points}, optional={"at_least": _level})
_question = is_object({"name": is_text, "asks": is_text, "answers": is_list_of(_answer, called="answers", at_least=2)})
_factor = is_object(
    {"questions": is_list_of(_question, called="questions", at_least=1), "medium": is_count, "high": is_count}
)
_floor = is_object(
    {"when": _conditions, "why": is_text},
    optional={"tier": _tier, "at_least": is_object({}, optional=dict.fromkeys(FACTORS, _level))},
)
_fields = is_object(
    {
        "scorecard": is_text,
        "factors": is_object(dict.fromkeys(FACTORS, _factor)),
        "matrix": is_object({level: is_object(dict.fromkeys(LEVELS, _tier)) for level in LEVELS}),
        "floors": is_list_of(_floor, called="floors"),
        "review_after_days": is_days,
        "exemption_days": is_days,
        "residual": is_object({tier: is_object(dict.fromkeys(MONITORED, is_one_of(RATINGS))) for tier in TIERS}),
    },
    optional={
        # As what in that table each outcome counts; the rating is the worst that any of them gives.
        "residual_from": is_object(
            {
                "opinion": is_object(dict.fromkeys(OPINIONS, is_one_of(MONITORED))),
                "finding": is_object(dict.fromkeys(SEVERITIES, is_one_of(MONITORED))),
            }
        )
    },
)


def faults(where: str, value) -> list[str]:
    if found := _fields(where, value):
        return found
    found = _faults_of_bands(f"{where}.factors", value["factors"])
    found += _faults_of_matrix(f"{where}.matrix", value["matrix"])
    known = _known_facts(value["factors"])
    for place, floor in enumerate(value["floors"]):
        found += _faults_of_floor(f"{where}.floors[{place}]", floor, known)
    return found


def _faults_of_bands(where: str, factors: dict) -> list[str]:
    found = []
    for factor, rules in factors.items():
        if rules["high"] <= rules["medium"]:
            found.append(f"{where}.{factor}.high must lie above medium.")
        for named in _names(rules["questions"]):
            if len(set(named)) < len(named):
                found.append(f"{where}.{factor} names a question or an answer twice: {', '.join(named)}.")
    return found


def _names(questions: list[dict]) -> Iterator[list[str]]:
    """What must differ: the questions of a factor, and the answers to each."""
    yield [question["name"] for question in questions]
    for question in questions:
        yield [answer["name"] for answer in question["answers"]]


def _faults_of_matrix(where: str, matrix: dict) -> list[str]:
    """A worse level never gives a laxer tier."""
    found = []
    for better, worse in zip(LEVELS, LEVELS[1:], strict=False):
        for level in LEVELS:
            if matrix[worse][level] > matrix[better][level]:
                found.append(f"{where}.{worse}.{level} must not be laxer than {where}.{better}.{level}.")
            if matrix[level][worse] > matrix[level][better]:
                found.append(f"{where}.{level}.{worse} must not be laxer than {where}.{level}.{better}.")
    return found


def _faults_of_floor(where: str, floor: dict, known: dict[str, list | None]) -> list[str]:
    found = [] if "tier" in floor or floor.get("at_least") else [f"{where} needs a tier, or at_least for a factor."]
    for name, wanted in floor["when"].items():
        if name not in known:
            found.append(f"{where}.when.{name} is no fact, factor or question of this scorecard.")
        elif known[name] is not None and not all(one in known[name] for one in wanted):
            found.append(f"{where}.when.{name} must be some of {', '.join(known[name])}.")
    return found


def _known_facts(factors: dict) -> dict[str, list | None]:
    """What a floor may ask about, with its possible values; None where only the register knows them."""
    known: dict[str, list | None] = dict.fromkeys(FACTS) | {factor: list(LEVELS) for factor in FACTORS}
    for factor, rules in factors.items():
        for question in rules["questions"]:
            known[f"{factor}.{question['name']}"] = [answer["name"] for answer in question["answers"]]
    return known
