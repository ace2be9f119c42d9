"""Work is found, not pushed: breaches that call for retraining, approvals to carry out, requests that expired."""

from datetime import datetime
from functools import partial
from itertools import chain

from celery import shared_task

from audits.scoring.errors import ArtifactRefused, ScoringFailed
from audits.workflows import services
from audits.workflows.contents.portfolio import Counted, counted_until
from audits.workflows.models import ChangeRequest, Retraining, ValidationRequest
from audits.workflows.services import validations
from audits.workflows.services.retraining import begin_attempt, fail_retraining, finish_retraining
from audits.workflows.services.training import CannotTrain, train_candidate
from audits.workflows.services.validations.scope import SIGNED
from mrm.accounts.models import Person
from mrm.errors import DomainError
from mrm.locks import held
from mrm.queue import nudge
from mrm.sweeps import moment, one_by_one


@shared_task
def open_retraining_requests():
    services.open_retraining_requests(moment())


@shared_task
def dispatch_approved_retrainings():
    services.dispatch_approved_retrainings()


@shared_task
def end_envelopes():
    services.end_envelopes(moment())


@shared_task
def decide_retrained():
    """What an envelope approves beforehand; one that is over approves nothing, ended or not."""
    services.decide_retrained(moment())


@shared_task
def expire_change_requests():
    services.expire_change_requests(moment())


@shared_task
def expire_arrangements():
    services.expire_arrangements(moment())


@shared_task
def remind_people():
    """Once a day, in the morning; a morning without workers is made up for later."""
    for person_id in services.people_to_remind(moment()):
        remind.delay(str(person_id))


@shared_task
def remind(person_id):
    services.remind(Person.objects.get(pk=person_id), moment())


@shared_task
def raise_due_findings():
    services.raise_due_findings(moment())


@shared_task
def ask_for_attestations():
    services.withdraw_needless_attestations()
    services.open_due_attestations(moment())


@shared_task
def ask_for_validations():
    validations.open_due_validations(moment())
    services.open_due_reviews(moment())


@shared_task
def end_baselines():
    services.end_baselines(moment())


@shared_task
def count_standings():
    """How models stand that were changed since; whoever looks at them asks for it before the sweep does."""
    services.count_all_marked()


def counted_meanwhile(now: datetime) -> Counted:
    """For whoever looks at how models stand; what waits is counted by a worker, not while they wait."""
    counted = counted_until(now)
    if counted.waiting:
        nudge(count_standings)
    return counted


@shared_task
def void_outdated_decisions():
    """A change of the subject voids what was signed about it even where nobody looks."""
    signed = ChangeRequest.objects.pending().filter(decisions__voided_at__isnull=True, decisions__isnull=False)
    validating = ValidationRequest.objects.filter(state__in=SIGNED)
    refreshed = chain(
        (partial(services.refresh_evidence, change) for change in signed.distinct()),
        (partial(validations.refresh_validation, validation) for validation in validating),
    )
    one_by_one(refreshed, lambda refresh: refresh())


@shared_task
def train(reference):
    """The built-in pipeline. May be delivered twice or start over: the reference decides what is left to do."""
    retraining = Retraining.objects.select_related("change__version__model").get(change__reference=reference)
    with held(retraining.pk) as mine:
        if not mine or not begin_attempt(retraining):
            return
        try:
            candidate, metrics = train_candidate(retraining)
        except (CannotTrain, ArtifactRefused, ScoringFailed, DomainError) as failure:
            fail_retraining(retraining, reason=str(failure))
        else:
            finish_retraining(retraining, candidate=candidate, metrics=metrics)
