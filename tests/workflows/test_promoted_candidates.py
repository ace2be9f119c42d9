"""A retraining ends when what it made goes into production, whichever way, once and for good; or it is abandoned."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services import open_retraining_requests, request_change
from audits.workflows.services.retraining import finish_retraining, mark_dispatched
from audits.workflows.states import RetrainingState
from inventory.services import start_challenge
from inventory.states import Stage
from mrm.errors import RuleBroken
from reports.contents.agreement import disagreements
from tests.factories import make_reference, make_version, promote, settle, sql, without_triggers
from tests.fixtures.story import approve
from tests.signing import roll_back
from tests.workflows.envelopes import allow_envelopes
from tests.workflows.kinds import decided, in_days, promoted

MOVED_ON = import_module("audits.workflows.migrations.0109_keep_retrainings_with_their_candidates").MOVED_ON
EMERGENCY = {"emergency": "No score since noon.", "compensating_control": "Every case by hand.", "ends_on": in_days(7)}


@pytest.fixture
def dispatched(story) -> Retraining:
    """Its pipeline has registered the candidate, and has not said so yet."""
    (change,) = open_retraining_requests(timezone.now())
    approve(change, story.validator)
    approve(change, story.risk_officer)
    make_reference(make_version(story.model, origin=change.reference), story.folder)
    return mark_dispatched(Retraining.objects.get(change=change))


@pytest.fixture
def retraining(dispatched) -> Retraining:
    return finish_retraining(dispatched, candidate=made_by(dispatched), metrics={})


def made_by(retraining):
    return retraining.change.model.versions.get(origin=retraining.change.reference)


def by_request(story, candidate) -> ChangeRequest:
    allow_envelopes()
    promoted(story, candidate)
    return candidate.changes.get(kind="promotion")


def by_emergency(story, candidate) -> ChangeRequest:
    officers = (story.validator, story.risk_officer)
    return decided("break_glass", candidate, *officers, terms=EMERGENCY, actor=story.engineer)


def told_of(retraining) -> list[str]:
    return [one for one in disagreements() if "etraining of" in one]


@pytest.mark.parametrize("way", [by_request, by_emergency])
def test_a_retraining_is_promoted_with_its_candidate_once_and_its_entry_names_the_request(story, retraining, way):
    change = way(story, retraining.candidate)
    retraining.refresh_from_db()
    assert (retraining.state, retraining.candidate.stage) == (RetrainingState.PROMOTED, Stage.PRODUCTION)
    told = Entry.objects.about(retraining).get(action=Action.RETRAINING_PROMOTED)
    assert told.details == {"candidate": retraining.candidate.number, "change": change.reference}
    settle()
    assert not told_of(retraining)


def test_what_leaves_production_again_was_promoted_all_the_same(story, retraining):
    by_request(story, retraining.candidate)
    roll_back(story.model, reason="It refuses everybody.", actor=story.risk_officer)
    retraining.refresh_from_db()
    assert (retraining.state, retraining.candidate.stage) == (RetrainingState.PROMOTED, Stage.SUPERSEDED)
    settle()
    assert not told_of(retraining)


def test_a_pipeline_that_reports_again_after_the_promotion_changes_nothing(story, retraining):
    by_request(story, retraining.candidate)
    again = finish_retraining(retraining, candidate=retraining.candidate, metrics={"auc": 0.99})
    assert (again.state, again.metrics) == (RetrainingState.PROMOTED, {})
    assert Entry.objects.about(retraining).filter(action=Action.RETRAINING_PROMOTED).count() == 1


def test_a_pipeline_that_reports_only_after_the_promotion_finds_it_told(story, dispatched):
    by_emergency(story, made_by(dispatched))
    dispatched.refresh_from_db()
    assert dispatched.state == RetrainingState.DISPATCHED
    done = finish_retraining(dispatched, candidate=made_by(dispatched), metrics={})
    assert done.state == RetrainingState.PROMOTED
    settle()
    assert not told_of(done)


def test_nothing_is_asked_for_while_a_candidate_runs_beside_what_is_in_use(story, retraining):
    start_challenge(retraining.candidate, actor=story.engineer)
    assert open_retraining_requests(timezone.now() + timedelta(days=99)) == []
    with pytest.raises(RuleBroken, match="was already retrained"):
        request_change("retraining", story.version, reason="Again.", actor=story.engineer)


def test_the_database_takes_no_retraining_apart_from_its_candidate(story, retraining):
    with pytest.raises(IntegrityError, match="promoted when its candidate"), transaction.atomic():
        sql("UPDATE workflows_retraining SET state = 'promoted' WHERE id = %s", retraining.pk)
        settle()
    with pytest.raises(RuleBroken, match="promoted when its candidate"):
        promote(retraining.candidate)


def test_the_database_leaves_what_has_come_to_its_end(story, retraining):
    by_request(story, retraining.candidate)
    with pytest.raises(IntegrityError, match="is finished is never changed"), transaction.atomic():
        sql("UPDATE workflows_retraining SET state = 'succeeded' WHERE id = %s", retraining.pk)


def test_one_from_before_moves_on_where_its_candidate_is_or_was_in_production(story, retraining):
    by_request(story, retraining.candidate)
    without_triggers("workflows_retraining", "UPDATE workflows_retraining SET state = 'succeeded'")
    assert told_of(retraining)
    sql(MOVED_ON)
    retraining.refresh_from_db()
    assert retraining.state == RetrainingState.PROMOTED and not told_of(retraining)


@pytest.mark.parametrize("state", ["approved", "dispatched", "failed", "promoted", "abandoned"])
def test_one_that_is_not_where_its_entries_left_it_is_named(story, retraining, state):
    without_triggers("workflows_retraining", f"UPDATE workflows_retraining SET state = '{state}'")
    assert told_of(retraining) == [f"The retraining of {retraining.change.reference} is not where its entries left it."]


def test_a_candidate_that_its_entry_does_not_name_is_named(story, retraining):
    other = make_version(story.model)
    without_triggers("workflows_retraining", f"UPDATE workflows_retraining SET candidate_id = '{other.pk}'")
    assert any("The candidate of the retraining of" in one for one in told_of(retraining))


def test_it_is_read_and_chosen_by_where_it_stands_over_rest(story, retraining, api):
    by_request(story, retraining.candidate)
    client, reference = api(story.auditor), retraining.change.reference
    told = client.get(f"/api/v1/changes/{reference}/").json()["retraining"]
    assert (told["state"], told["candidate_stage"], told["abandoned_at"]) == ("promoted", "production", None)
    assert told["promoted_at"]
    for state, found in (("promoted", [reference]), ("succeeded", [])):
        rows = client.get(f"/api/v1/changes/?retraining={state}").json()["results"]
        assert [row["reference"] for row in rows] == found
    assert client.get("/api/v1/changes/?retraining=lost").status_code == 400
