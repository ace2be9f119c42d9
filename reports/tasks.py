"""Reports that were asked for are found and issued, one task each."""

from celery import shared_task
from django.conf import settings

from reports import services


@shared_task
def issue_requested_reports():
    for report_id in services.waiting_reports():
        issue_report.apply_async((str(report_id),), expires=settings.SWEEP_SECONDS)


@shared_task
def report_emergencies():
    services.report_emergencies()


@shared_task
def issue_report(report_id):
    services.issue_report(report_id)
