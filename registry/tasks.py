"""Work that is found: what the MLflow registry that is the master here says by now; aliases to be moved or taken."""

import logging

from celery import shared_task
from django.utils import timezone

from mrm.adapters import mlflow
from mrm.adapters.outside import Unreachable
from registry import services

log = logging.getLogger(__name__)


@shared_task
def follow_master():
    """Nothing where this registry is its own master. What could not be done now is found again by the next sweep."""
    master = mlflow.configured()
    if master is None:
        return
    try:
        refusals = services.follow_master(master, timezone.now())
    except Unreachable as reason:
        log.warning("The MLflow registry that is the master could not be read: %s", reason)
        return
    for refusal in refusals:
        log.warning("Of the MLflow registry that is the master, this was not taken over: %s", refusal)


@shared_task
def follow_roll_backs():
    services.follow_roll_backs()


@shared_task
def take_back_aliases():
    """What a policy calls production since it was published, or what a workspace had before it was governed."""
    services.take_back_aliases()
