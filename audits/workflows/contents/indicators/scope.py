"""Whose models, and at which moment, an indicator is about."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from django.db.models import Q, QuerySet

from inventory.models import Model, ModelRecord, Moment
from inventory.states import Status
from mrm.accounts.models import Person

A_YEAR = timedelta(days=365)
IN_USE = (Status.IN_USE, Status.RESTRICTED)


@dataclass(frozen=True)
class Found:
    """A number and of how many it is; or, without a number, why it is not measured."""

    value: float | None = None
    size: int = 0
    reason: str = ""


def share(part: int, of: int, *, nothing: str) -> Found:
    """A part of the whole; of nothing there is no share."""
    return Found(part / of, of) if of else Found(reason=nothing)


def count(number: int, size: int | None = None) -> Found:
    return Found(float(number), number if size is None else size)


@dataclass(frozen=True)
class Scope:
    """The models that somebody may see, as the register says now or said at the end of a day."""

    person: Person
    now: datetime
    at: datetime = field(default=None)  # None: now.
    known: dict = field(default_factory=dict, compare=False)  # What several indicators need, counted for the first.

    @property
    def moment(self) -> datetime:
        return self.at or self.now

    @property
    def since(self) -> datetime:
        """A year before."""
        return self.moment - A_YEAR

    @property
    def visible(self) -> QuerySet:
        """The models of today, whatever their state; what happened to them is dated by itself."""
        return Model.objects.visible_to(self.person).order_by()

    @property
    def about(self) -> Q:
        """That a row is about one of them."""
        return Q(model__in=self.visible.values("pk"))

    @property
    def register(self) -> QuerySet:
        """The entries of the register at that moment, of models that were neither retired nor tools."""
        if self.at is None:
            return self.visible.counted().exclude(status=Status.RETIRED)
        moment = Moment.of(self.at.date())
        records = ModelRecord.objects.visible_to(self.person).standing(moment).counted(moment)
        return records.exclude(status=Status.RETIRED).order_by()

    def says(self, name: str) -> str:
        """Where in the register an attribute is found: a record of the past keeps it among its fields."""
        return name if self.at is None else f"fields__{name}"


def end_of_day(day) -> datetime:
    return datetime.combine(day, time.max, tzinfo=UTC)
