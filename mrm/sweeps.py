"""What a sweep finds is done one by one: what fails stops nothing that comes after it, and is told at the end."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db import connection

Found = TypeVar("Found")

log = logging.getLogger(__name__)


def moment() -> datetime:
    """Now, by the database's clock: a worker's own may be wrong, and what lapses too early has lapsed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def one_by_one(found: Iterable[Found], do: Callable[[Found], object]) -> int:
    """Does it with each; of how many it told that something came of it.

    Raises ExceptionGroup at the end, with what failed of all: the next sweep finds those again.
    """
    done, failures = 0, []
    for one in found:
        try:
            done += bool(do(one))
        except Exception as failure:  # Whatever it is, the others are due as well.
            log.exception("What a sweep found was not done: %s", one)
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of what a sweep found failed.", failures)
    return done
