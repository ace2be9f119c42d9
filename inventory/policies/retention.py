"""Retention: how long records are kept, by class, and from which event on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date

from inventory.policies.checks import is_count, is_list_of, is_object, is_one_of, is_text
from inventory.policies.standard import section

# From when the years of a class run.
RETENTION_EVENTS = {
    "retirement": "the retirement of the model",
    "end": "the day it no longer holds",
    "addition": "the day it was added",
}

_fields = is_object(
    {"years": is_count},
    optional={
        "classes": is_list_of(
            is_object({"name": is_text, "years": is_count, "from": is_one_of(RETENTION_EVENTS)}), called="classes"
        )
    },
)


@dataclass(frozen=True)
class RetentionRule:
    """One class of the schedule: so many years from an event on. Without a name it is the rule for everything else."""

    name: str
    years: int
    runs_from: str

    def __str__(self):
        return f"{self.years} year{'' if self.years == 1 else 's'} from {RETENTION_EVENTS[self.runs_from]}"

    def ends_on(self, begun: date) -> date:
        """The first day on which what it covers may be destroyed."""
        return after_years(begun, self.years)


def faults(where: str, value) -> list[str]:
    return _fields(where, value) or list(_faults_of_names(f"{where}.classes", value.get("classes", [])))


def _faults_of_names(where: str, classes: list[dict]) -> Iterator[str]:
    names = [one["name"].casefold() for one in classes]
    for place, name in enumerate(names):
        if name in names[:place]:
            yield f"{where}[{place}].name is there already: {classes[place]['name']}."


def retention_classes(document: dict) -> dict[str, RetentionRule]:
    """The schedule by the names of its classes; empty under a policy from before there was one."""
    classes = section(document, "retention").get("classes", [])
    return {one["name"]: RetentionRule(one["name"], one["years"], one["from"]) for one in classes}


def retention_rule(document: dict, name: str) -> RetentionRule:
    """The rule of a class; for what has none, or one that the schedule does not know, the general one."""
    general = RetentionRule("", section(document, "retention")["years"], "retirement")
    return retention_classes(document).get(name, general)


def after_years(day: date, years: int) -> date:
    """The same day years later; of a leap day the first of March. For ever ends with the calendar."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=min(day.year + years, MAXYEAR), **({"month": 3, "day": 1} if is_leap_day else {}))
