"""Calls made at the same moment, each from a thread and a database session of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from mrm.errors import DomainError

TOO_LONG = 60  # seconds; PostgreSQL ends a deadlock after one.


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call answered, in the order of the calls: its value, or the refusal it raised.

    Any other error, a deadlock among them, fails the test.
    """
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()  # Else connecting, which takes its time, would keep the calls apart.
            start.wait(TOO_LONG)
            return call()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(TOO_LONG) for future in [pool.submit(run, call) for call in calls]]


def refusals(answers: list[object]) -> list[DomainError]:
    return [answer for answer in answers if isinstance(answer, DomainError)]
