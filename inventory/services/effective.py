"""Facts that are entered late: told to the triggers that keep the register's records."""

from contextlib import contextmanager
from datetime import date

from django.db import connection
from django.utils import timezone

from inventory.models import Model
from mrm.errors import UnusableData


@contextmanager
def holding_since(day: date | None, fields: list[str]):
    """Within, the named fields of a saved row count as having had their values since that day; None is today.

    The setting belongs to the transaction: should it fail, the setting goes with it.
    """
    if day is not None:
        _tell(day.isoformat(), ",".join(fields))
    yield
    if day is not None:
        _tell("", "")


def check_effective_day(model: Model, day: date) -> None:
    """Refuse a day on which the register cannot have known the model, or one that has not come."""
    first = model.registered_at.date()
    if day > timezone.now().date():
        message = "effective_on lies in the future; enter the change on the day from which it holds."
    elif day < first:
        message = (
            f"effective_on lies before {first:%d %B %Y}, when {model} was registered; give that day or a later one."
        )
    else:
        return
    raise UnusableData({"message": message, "field": "effective_on"})


def _tell(day: str, fields: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('mrm.effective_on', %s, true), set_config('mrm.effective_fields', %s, true)",
            [day, fields],
        )
