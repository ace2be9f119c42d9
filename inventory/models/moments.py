"""Which register is asked for: of which day, as far as it was known when."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.core.exceptions import ValidationError
from django.utils import timezone


def check_day_has_come(day: date) -> None:
    """That a day is not to come; for fields of forms and of the API."""
    if day > timezone.now().date():
        raise ValidationError("This day is to come; the register says what was so until today.")


@dataclass(frozen=True)
class Moment:
    """Which register is asked for: what was true on one day, as far as it was known at the end of another.

    Where only the day is given, it is the register that a reader saw that evening: known then.
    """

    as_of: date
    known_on: date
    by: datetime | None = None  # The instant of that day whose knowledge counts, where it is not its last.

    @classmethod
    def of(cls, as_of: date, known_on: date | None = None) -> "Moment":
        return cls(as_of, known_on or as_of)

    @classmethod
    def at(cls, instant: datetime) -> "Moment":
        """As the register stood at an instant, whatever was said later that day."""
        return cls(instant.date(), instant.date(), instant)

    @property
    def known_at(self) -> datetime:
        """The last instant of the day whose knowledge counts."""
        return self.by or datetime.combine(self.known_on, time.max, tzinfo=UTC)

    @property
    def instant(self) -> datetime:
        """The last instant whose events count: neither after the day nor after what was known."""
        return min(self.known_at, self.end)

    @property
    def end(self) -> datetime:
        """The last instant of the day that is asked about."""
        return self.by or datetime.combine(self.as_of, time.max, tzinfo=UTC)

    @property
    def is_hindsight(self) -> bool:
        return self.known_on != self.as_of
