from celery import shared_task

from audits.trail import services


@shared_task
def sign_checkpoint():
    services.sign_checkpoint()
