"""A nudge: work that a sweep would find anyway, asked for now because somebody waits for it."""

import logging

from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def nudge(task: Task, *args: str) -> None:
    """Send the task once what was written is committed; where the queue cannot be reached, the sweep will find it."""
    transaction.on_commit(lambda: _send(task, args))


def _send(task: Task, args: tuple) -> None:
    try:
        task.apply_async(args, retry=False, expires=settings.SWEEP_SECONDS)
    except OperationalError:
        log.warning("The queue cannot be reached; the scheduled sweep will find the work of %s.", task.name)
