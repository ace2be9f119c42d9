"""Work that is found: batches that nobody has counted yet."""

import logging

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from inventory import services
from inventory.models import PredictionBatch

AT_ONCE = 200
log = logging.getLogger(__name__)


@shared_task
def profile_new_batches():
    """Hand every batch that is not counted yet to a worker, oldest first."""
    waiting = PredictionBatch.objects.unprofiled().order_by("received_at").values_list("pk", flat=True)
    for key in waiting[:AT_ONCE]:
        profile_batch.delay(str(key))


@shared_task
def profile_batch(batch_id: str):
    batch = PredictionBatch.objects.select_related("version__reference").get(pk=batch_id)
    services.profile_batch(batch)


def nudge_profiling() -> None:
    """Ask for the sweep now instead of within a minute; where the queue cannot be reached, the minute passes."""
    transaction.on_commit(_send)


def _send() -> None:
    try:
        profile_new_batches.apply_async(retry=False)
    except OperationalError:
        log.warning("The queue cannot be reached; the scheduled sweep will profile the new batch.")
