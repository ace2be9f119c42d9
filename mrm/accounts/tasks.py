"""Work that is found: notices that were not sent yet."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from mrm.accounts import services
from mrm.locks import held

SENDING = UUID("6e6f7469-6365-7300-0000-000000000001")


@shared_task
def send_notices():
    """One worker at a time, so that nobody is told twice."""
    with held(SENDING) as mine:
        if mine:
            services.send_notices(timezone.now())
