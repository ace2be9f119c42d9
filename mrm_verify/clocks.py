"""What clocks outside say of the dates of entries: when somebody else first saw each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

MOMENT = timedelta(minutes=2)  # Clocks of two houses differ by less.


@dataclass(frozen=True)
class Seen:
    """An entry, its date, and when it was first seen from outside."""

    position: int
    dated: datetime
    seen: datetime


@dataclass(frozen=True)
class Clocks:
    """How the dates of entries stand to what outside clocks say.

    latest  the entry that was seen the longest after its date, and may have been dated back by as much
    ahead   the first that is dated after it was seen
    unseen  how many at the end nobody outside has seen
    """

    latest: Seen | None = None
    ahead: Seen | None = None
    unseen: int = 0


def compare(seen: Iterable[tuple[int, datetime]], dates: Mapping[int, str], length: int) -> Clocks:
    """Hold dates against what was seen.

    seen   the sizes of checkpoints, with when they were first seen from outside
    dates  of the last entry under each of these, and of the one after it, by position
    """
    latest = ahead = None
    covered = 0
    for size, moment in sorted(seen):
        first, last = (Seen(place, datetime.fromisoformat(dates[place]), moment) for place in (covered, size - 1))
        if latest is None or moment - first.dated > latest.seen - latest.dated:
            latest = first
        if ahead is None and last.dated - moment > MOMENT:
            ahead = last
        covered = size
    return Clocks(latest, ahead, length - covered)
