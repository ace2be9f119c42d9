"""Work is found, not pushed: a sweep finds what is due; one task does one run."""

from celery import shared_task
from django.conf import settings

from audits.assessments import services
from mrm.sweeps import moment, one_by_one


@shared_task
def run_due_plans():
    """Each step also where one before it failed for some of what it found."""
    steps = (
        services.create_missing_plans,
        lambda: services.shorten_windows(moment()),
        lambda: services.queue_due_runs(moment()),
        services.queue_reruns_for_late_outcomes,
        start_waiting_runs,
    )
    one_by_one(steps, lambda step: step())


@shared_task
def run_plan(run_id):
    services.execute(run_id)


def start_waiting_runs():
    """Hand every unfinished run to a worker; one that is already in hand is left alone by whoever gets it."""
    for run_id in services.waiting_runs():
        run_plan.apply_async((str(run_id),), expires=settings.SWEEP_SECONDS)
