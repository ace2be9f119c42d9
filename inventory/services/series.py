"""Operational and business series: points that somebody else measured, kept beside what we measure."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory.models import Model, Series, SeriesPoint
from inventory.states import Status
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import RuleBroken, UnusableData

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
MOST_POINTS = 5000
MOST_SERIES = 50
MOST_FAULTS = 20
LARGEST = 1e300  # Neither NaN nor infinity is within it.
CLOCKS_DIFFER = timedelta(minutes=10)


def receive_points(
    model: Model, *, name: str, unit: str, points: list, pillar: str = "", actor
) -> tuple[Series, int, int]:
    """Keep points of a series, `[time, value]` each; the series, how many are new, and how many say otherwise now.

    The same point again changes nothing. Another value for a time counts from now on; the earlier one is kept.
    """
    require(actor, Permission.LOG_DATA, model.workspace_id, model_slug=model.slug)
    values = _read(name, unit, points)
    with governed():
        model = Model.objects.select_for_update().get(pk=model.pk)
        if model.status == Status.RETIRED:
            raise RuleBroken(f"{model} is retired and takes no data.")
        series = _series(model, name, unit, pillar)
        times = list(values)
        before = dict(series.points.filter(at__in=times).standing().values_list("at", "value"))
        told = {at: value for at, value in values.items() if before.get(at) != value}
        changed = sum(at in before for at in told)
        if told:
            SeriesPoint.objects.bulk_create(SeriesPoint(series=series, at=at, value=told[at]) for at in sorted(told))
            record(
                Action.SERIES_RECEIVED,
                actor=actor,
                subject=series,
                unit=series.unit,
                points=len(told),
                changed=changed,
                first_at=min(told).isoformat(),
                last_at=max(told).isoformat(),
                sha256=digest_of(told),
            )
        return series, len(told) - changed, changed


def digest_of(points: dict[datetime, float]) -> str:
    """What the trail says the points were: SHA-256 of `[[time, value], …]` as JSON, oldest first."""
    rows = [[at.isoformat(), points[at]] for at in sorted(points)]
    return hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()


def _series(model: Model, name: str, unit: str, pillar: str) -> Series:
    """The series of this name; begun here where there is none."""
    found = model.series.filter(name=name).first()
    if found is None:
        if model.series.count() >= MOST_SERIES:
            raise RuleBroken(f"{model} has {MOST_SERIES} series already, which is as many as its page shows.")
        return Series.objects.create(model=model, name=name, unit=unit, pillar=pillar or Series.Pillar.OPERATIONAL)
    for field, given in (("unit", unit), ("pillar", pillar)):
        kept = getattr(found, field)
        if given and given != kept:
            message = f"{name} was begun with the {field} {kept}, not {given}; send it under another name."
            raise UnusableData({"message": message, "field": field})
    return found


def _read(name: str, unit: str, points: list) -> dict[datetime, float]:
    """The points by time; refused with every fault, each at its row and column."""
    if not NAME.fullmatch(name):
        raise UnusableData(
            {
                "message": "A name is at most 100 letters without accents, digits, dots, dashes and underscores, and "
                "begins with a letter.",
                "field": "name",
            }
        )
    if not unit.strip():
        raise UnusableData({"message": "Say the unit, such as ms, % or EUR; 1 where it is a number.", "field": "unit"})
    if not points or len(points) > MOST_POINTS:
        raise UnusableData({"message": f"Send 1 to {MOST_POINTS} points, not {len(points)}.", "field": "points"})
    values, faults = {}, []
    for row, point in enumerate(points, start=1):
        try:
            at, value = _point(point)
            if values.setdefault(at, value) != value:
                raise _Fault("time", f"the time {at.isoformat()} stands twice, with different values")
        except _Fault as fault:
            faults.append(
                {"message": f"Point {row}: {fault.words}.", "field": "points", "row": row, "column": fault.column}
            )
    if faults:
        raise UnusableData(*faults[:MOST_FAULTS])
    return values


class _Fault(ValueError):
    def __init__(self, column: str, words: str):
        super().__init__(words)
        self.column, self.words = column, words


def _point(point) -> tuple[datetime, float]:
    if not isinstance(point, list) or len(point) != 2:
        raise _Fault("time", "it is not a list of two, [time, value]")
    at, value = point
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise _Fault("value", "the value is not a finite number")
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _Fault("time", 'the time is not of the form "2026-06-30T12:00:00Z", with its zone')
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise _Fault("time", "the time lies outside the calendar") from None
    if moment > timezone.now() + CLOCKS_DIFFER:
        raise _Fault("time", f"the time {at} lies in the future")
    return moment, float(value)
