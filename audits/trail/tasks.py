from uuid import UUID

from celery import shared_task

from audits.trail import services
from mrm.locks import held

ENDORSING = UUID("6f0d5a6c-52b5-4a8e-9a55-5f2a3f3d0c11")  # Of the work, so that two sweeps do not ask at once.


@shared_task
def sign_checkpoint():
    services.sign_checkpoint()


@shared_task
def endorse_checkpoints():
    with held(ENDORSING) as mine:
        if mine:
            services.endorse_checkpoints()
