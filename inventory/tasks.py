"""Work that is found: batches to count, sources to look at, approvals past their day, roles to confirm."""

from celery import shared_task

from inventory import policies, services
from inventory.models import ModelVersion, Policy, PredictionBatch, Source, Survey
from mrm.accounts.services import end_unconfirmed, open_recertification
from mrm.sweeps import moment

AT_ONCE = 200


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


@shared_task
def end_lapsed_exemptions():
    services.end_lapsed_exemptions(moment())


@shared_task
def end_lapsed_cadences():
    services.end_lapsed_cadences(moment().date())


@shared_task
def end_expired_approvals():
    services.end_expired_approvals(moment())


@shared_task
def read_sources():
    """Ask every open source once an hour what rows it has by now."""
    for key in Source.objects.to_read(moment(), services.READ_AGAIN_AFTER).values_list("pk", flat=True):
        read_source.delay(str(key))


@shared_task
def read_source(source_id: str):
    source = Source.objects.select_related("version__model").get(pk=source_id)
    if source.closed_at is None:
        services.read_source(source)


@shared_task
def gather_events():
    """Hand every version with pairs of events that wait for their batch, or with old ones, to a worker."""
    for key in services.versions_with_events(moment()):
        gather_events_of.delay(str(key))


@shared_task
def gather_events_of(version_id: str):
    services.gather_events(ModelVersion.objects.select_related("model").get(pk=version_id))


@shared_task
def import_requested_surveys():
    """Hand every survey that somebody asked to import to a worker."""
    for key in Survey.objects.waiting().values_list("pk", flat=True):
        import_survey.delay(str(key))


@shared_task
def import_survey(survey_id: str):
    services.import_survey(Survey.objects.get(pk=survey_id))


@shared_task
def recertify_roles():
    """Ask for the confirmation of every role as often as the policy says; end those that nobody confirmed."""
    now = moment()
    end_unconfirmed(now)
    open_recertification(now, **policies.recertification(Policy.objects.in_force().document))
