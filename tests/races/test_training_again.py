"""The built-in training, started over by a worker that does not know how far the one before it came."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services import request_change
from audits.workflows.services.training import train_candidate
from tests.factories import confirm, make_model, promote
from tests.fixtures.story import approve, learn, log, make_applicants, make_scoring_version, scored, train


@pytest.fixture
def month_of_predictions():
    return scored(train(), make_applicants(1200, seed=5, start=timezone.now() - timedelta(days=30)))


@pytest.fixture
def retraining(open_gate, owner, engineer, validator, risk_officer, month_of_predictions, tmp_path) -> Retraining:
    """Approved, with outcomes for half of what was predicted."""
    model = make_model(owner=owner, actor=engineer)
    confirm(model)
    version = make_scoring_version(model, train(), tmp_path, actor=engineer)
    log(version, month_of_predictions, tmp_path, actor=engineer)
    learn(model, month_of_predictions[:600], tmp_path, actor=engineer)
    promote(version)
    change = request_change(ChangeRequest.Kind.RETRAINING, version, reason="Applicants changed.", actor=engineer)
    for person in (validator, risk_officer):
        approve(change, person)
    return Retraining.objects.get()


def test_outcomes_that_arrive_between_two_attempts_change_nothing_that_was_registered(
    retraining, month_of_predictions, tmp_path
):
    candidate, _ = train_candidate(retraining)
    candidate.refresh_from_db()
    kept = (candidate.artifact_sha256, candidate.reference.sha256, candidate.batches.get().sha256)
    learn(candidate.model, month_of_predictions[600:], tmp_path)
    again, _ = train_candidate(retraining)
    assert again == candidate
    again.refresh_from_db()
    assert (again.artifact_sha256, again.reference.sha256, again.batches.get().sha256) == kept
