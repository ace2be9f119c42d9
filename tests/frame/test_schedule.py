"""What happens by itself: which tasks the scheduler starts, and how often. Each is tested beside what it does."""

from django.conf import settings

from mrm.celery import app

OURS = ("audits", "inventory", "mrm", "registry", "reports")
FOR_ONE = {  # Queued for one row, by the task that finds such rows or by whoever asks.
    "audits.assessments.tasks.run_plan",
    "audits.workflows.tasks.remind",
    "audits.workflows.tasks.train",
    "inventory.tasks.gather_events_of",
    "inventory.tasks.import_survey",
    "inventory.tasks.profile_batch",
    "inventory.tasks.read_source",
    "reports.tasks.issue_report",
}


def test_every_sweep_is_scheduled_every_minute_and_checkpoints_more_often():
    app.loader.import_default_modules()
    known = {name for name in app.tasks if name.split(".")[0] in OURS}
    scheduled = {one["task"]: one["schedule"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled.keys() == known - FOR_ONE
    assert max(scheduled.values()) <= 60
    assert scheduled["audits.trail.tasks.sign_checkpoint"] <= 20
