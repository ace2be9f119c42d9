"""The days between which an instrument holds: what they may be, and how it stands on one of them."""

from datetime import date

IN_FORCE = "in force"


def is_day(where: str, value) -> list[str]:
    try:
        date.fromisoformat(value)
    except (TypeError, ValueError):
        return [f"{where} must be a day such as 2026-04-17."]
    return []


def is_day_or_open(where: str, value) -> list[str]:
    return [] if value is None else is_day(where, value)


def ends_before_it_begins(where: str, document: dict) -> list[str]:
    """The fault of two days that were found to be days; nothing is said where one is open."""
    begins, ends = document["effective_from"], document["effective_to"]
    if begins and ends and date.fromisoformat(ends) <= date.fromisoformat(begins):
        return [f"{where}.effective_to must come after effective_from."]
    return []


def standing_on(day: date, effective_from: date | None, effective_to: date | None) -> str:
    """Whether it holds on this day, in words; the day on which it ends belongs to its successor."""
    if effective_from is not None and effective_from > day:
        return f"from {effective_from:%-d %B %Y}"
    if effective_to is not None and effective_to <= day:
        return f"historical, to {effective_to:%-d %B %Y}"
    return IN_FORCE
