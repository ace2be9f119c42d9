"""Retraining: asked for by the policy, ordered by two people, carried out once, reported back with a secret."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Decision, Retraining, ValidationRequest
from audits.workflows.services import (
    decide,
    dispatch_approved_retrainings,
    open_retraining_requests,
    report_retraining,
    request_change,
)
from audits.workflows.services import retraining as sweeping
from audits.workflows.services.retraining import MOST_ATTEMPTS, begin_attempt, hash_of
from audits.workflows.services.training import split_rows
from audits.workflows.states import ChangeState, RetrainingState
from audits.workflows.tasks import train
from inventory.models import Policy
from inventory.policies import MATERIAL
from inventory.services import attach_artifact, register_version
from inventory.states import Stage
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import (
    PASSWORD,
    dismiss,
    make_model,
    make_otherwise,
    make_version,
    promote,
    publish,
    retire,
    undecided,
)
from tests.fixtures.story import SCHEMA, approve, learn, make_applicants, scored

SECRET = "the secret that came with the order"


@pytest.fixture
def asked(story) -> ChangeRequest:
    (change,) = open_retraining_requests(timezone.now())
    return change


@pytest.fixture
def ordered(asked, story) -> Retraining:
    approve(asked, story.validator)
    approve(asked, story.risk_officer)
    return Retraining.objects.get(change=asked)


@pytest.fixture
def dispatched(ordered) -> Retraining:
    """Handed to a pipeline that knows the secret."""
    dispatch_approved_retrainings()
    Retraining.objects.filter(pk=ordered.pk).update(callback_hash=hash_of(SECRET))
    return Retraining.objects.get(pk=ordered.pk)


def reject(change, person):
    no = {"approved": False, "meaning": Decision.Meaning.REJECTED, "comment": "It is the season."}
    decide(change, **no, evidence_digest=change.evidence_digest, password=PASSWORD, actor=person)


def test_a_breach_that_the_policy_names_asks_for_retraining_once(asked, story):
    assert (asked.kind, asked.breach, asked.requester) == ("retraining", story.breach, None)
    assert asked.reason.startswith("The policy asks for retraining")
    assert open_retraining_requests(timezone.now()) == []


def test_a_breach_of_a_feature_asks_for_none(story):
    dismiss(Breach.objects.get(column="score"), reason="Over.", actor=story.validator)
    assert Breach.objects.open().filter(measure="psi").get().column == "income"
    assert open_retraining_requests(timezone.now()) == []


def breach_elsewhere(story, **facts) -> Breach:
    """The same breach of another model's version."""
    version = make_version(make_model(workspace=story.workspace, owner=story.owner), artifact_sha256="5" * 64)
    promote(version)
    make_otherwise(version, **facts)
    told = {name: getattr(story.breach, name) for name in ("measure", "column", "verdict", "first_run", "last_run")}
    return Breach.objects.create(version=version, **told)


def test_a_breach_whose_request_fails_stops_no_other(story, monkeypatch):
    other, asking = breach_elsewhere(story, artifact_bytes=9), sweeping._request_for

    def fails_once(breach):
        if breach == other:
            raise OperationalError("the disk is full")
        return asking(breach)

    monkeypatch.setattr(sweeping, "_request_for", fails_once)
    with pytest.raises(ExceptionGroup, match="1 of what a sweep found failed"):
        open_retraining_requests(timezone.now())
    assert ChangeRequest.objects.get(kind="retraining").breach == story.breach


def test_a_version_whose_artifact_is_not_here_asks_for_none(story):
    breach_elsewhere(story)
    (change,) = open_retraining_requests(timezone.now())
    assert change.breach == story.breach


def test_an_amber_breach_asks_for_none(story):
    Breach.objects.update(verdict="amber")
    assert open_retraining_requests(timezone.now()) == []


def test_after_a_rejection_the_same_breach_asks_again_only_after_the_waiting_period(asked, story):
    reject(asked, story.validator)
    assert open_retraining_requests(timezone.now() + timedelta(days=29)) == []
    assert len(open_retraining_requests(timezone.now() + timedelta(days=31))) == 1


def test_nothing_is_asked_for_while_a_retrained_candidate_awaits_its_decision(dispatched, story):
    candidate = make_version(story.model, origin=dispatched.change.reference)
    report_retraining(dispatched, state="succeeded", secret=SECRET)
    assert open_retraining_requests(timezone.now() + timedelta(days=99)) == []
    with pytest.raises(RuleBroken, match="was already retrained"):
        request_change("retraining", story.version, reason="Again.", actor=story.engineer)
    with undecided("inventory_modelversion", "inventory_modelversion_is_not_lost"):
        candidate.stage = Stage.RETIRED
        candidate.save(update_fields=["stage"])
    assert len(open_retraining_requests(timezone.now() + timedelta(days=99))) == 1


def test_an_order_is_dispatched_and_recorded_once(ordered):
    dispatch_approved_retrainings()
    first = Retraining.objects.get(pk=ordered.pk)
    dispatch_approved_retrainings()
    again = Retraining.objects.get(pk=ordered.pk)
    assert (first.state, first.callback_hash != "") == (RetrainingState.DISPATCHED, True)
    assert again.callback_hash == first.callback_hash, "the secret that was handed out stays the one that opens"
    assert Entry.objects.about(ordered).filter(action=Action.RETRAINING_DISPATCHED).count() == 1


def test_what_was_not_approved_is_not_dispatched(asked):
    dispatch_approved_retrainings()
    assert not Retraining.objects.exists()


def test_the_built_in_pipeline_trains_registers_and_scores_a_holdout_it_never_saw(dispatched, story):
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    train(dispatched.change.reference)
    dispatched.refresh_from_db()
    candidate, change = dispatched.candidate, dispatched.change
    assert (dispatched.state, change.state) == (RetrainingState.SUCCEEDED, ChangeState.COMPLETED)
    assert (candidate.origin, candidate.predecessor) == (change.reference, story.version)
    assert (candidate.stage, candidate.registered_by) == (Stage.CANDIDATE, None)
    assert candidate.artifact_sha256 != story.version.artifact_sha256
    rows = dispatched.metrics["rows"]
    assert sum(rows.values()) == 1000 and candidate.batches.get().rows == rows["holdout"]
    assert candidate.reference.rows == rows["validation"]
    train(change.reference)
    assert story.model.versions.count() == 2, "delivered twice, trained once"


@pytest.mark.parametrize("part", ["version", "artifact"])
def test_what_somebody_sends_under_its_reference_is_not_what_the_pipeline_trained(dispatched, story, part):
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    sender = {"version": story.engineer, "artifact": None}[part]
    own = register_version(story.model, schema=SCHEMA, origin=dispatched.change.reference, actor=sender)
    (story.folder / "own").write_bytes(bytes(story.booster.save_raw("json")))
    attach_artifact(own, story.folder / "own", actor=story.engineer)
    train(dispatched.change.reference)
    dispatched.refresh_from_db()
    assert (dispatched.state, dispatched.candidate, dispatched.metrics) == (RetrainingState.FAILED, None, {})
    assert f"{own} bears its reference and is of Engineer" in dispatched.reason and not own.batches.exists()


def test_training_that_lacks_outcomes_fails_the_request_with_a_reason(dispatched, story):
    document = Policy.objects.in_force().document
    document["retraining"]["window_days"] = 1
    publish(document)
    train(dispatched.change.reference)
    dispatched.refresh_from_db()
    assert dispatched.state == RetrainingState.FAILED
    assert "have an outcome; training needs" in dispatched.reason
    assert dispatched.change.state == ChangeState.FAILED


def test_a_model_retired_meanwhile_fails_its_retraining_instead_of_trying_for_ever(dispatched, story):
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    retire(story.model)
    train(dispatched.change.reference)
    dispatched.refresh_from_db()
    assert dispatched.state == RetrainingState.FAILED and "retired" in dispatched.reason


def test_attempts_that_end_without_an_answer_are_counted_and_end(dispatched):
    assert [begin_attempt(dispatched) for _ in range(MOST_ATTEMPTS + 1)] == [True] * MOST_ATTEMPTS + [False]
    dispatched.refresh_from_db()
    assert dispatched.state == RetrainingState.FAILED and f"{MOST_ATTEMPTS} attempts" in dispatched.reason
    assert not begin_attempt(dispatched)


def test_the_same_rows_fall_into_the_same_parts_and_no_row_into_two():
    rows = make_applicants(500, seed=1)
    cut = {"id_column": "id", "reference": "CR-2026-0001", "validation_share": 0.2, "holdout_share": 0.3}
    one, two = split_rows(rows, **cut), split_rows(rows[::-1], **cut)
    parts = [set(part["id"]) for part in (one.training, one.validation, one.holdout)]
    assert sum(map(len, parts)) == 500 == len(set.union(*parts))
    assert parts == [set(part["id"]) for part in (two.training, two.validation, two.holdout)]
    assert 100 < one.holdout.height < 200
    assert set(split_rows(rows, **cut | {"reference": "CR-2026-0002"}).holdout["id"]) != parts[2]


def test_only_the_secret_that_was_handed_out_reports(dispatched, ordered):
    for retraining, secret in ((dispatched, "guess"), (dispatched, ""), (None, SECRET)):
        with pytest.raises(NotPermitted, match="not the one that was handed out"):
            report_retraining(retraining, state="failed", secret=secret)
    dispatched.refresh_from_db()
    assert dispatched.state == RetrainingState.DISPATCHED


def test_nothing_is_reported_before_a_secret_was_handed_out(ordered):
    with pytest.raises(NotPermitted):
        report_retraining(ordered, state="started", secret="")


def test_a_pipeline_may_report_before_the_dispatch_is_noted(ordered, story):
    Retraining.objects.filter(pk=ordered.pk).update(callback_hash=hash_of(SECRET))
    ordered.refresh_from_db()
    assert report_retraining(ordered, state="started", secret=SECRET, external_id="run-7").external_id == "run-7"
    make_version(story.model, origin=ordered.change.reference)
    done = report_retraining(ordered, state="succeeded", secret=SECRET)
    assert (done.state, done.external_id) == (RetrainingState.SUCCEEDED, "run-7")


def test_success_needs_a_candidate_registered_for_this_request(dispatched, story):
    make_version(story.model, origin="something else")
    with pytest.raises(RuleBroken, match=f"with the origin {dispatched.change.reference}"):
        report_retraining(dispatched, state="succeeded", secret=SECRET)
    candidate = make_version(story.model, origin=dispatched.change.reference)
    done = report_retraining(dispatched, state="succeeded", secret=SECRET, metrics={"auc": 0.8})
    assert (done.candidate, done.metrics) == (candidate, {"auc": 0.8})


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_the_same_end_again_changes_nothing_and_another_end_is_refused(dispatched, story, state):
    make_version(story.model, origin=dispatched.change.reference)
    facts = {"secret": SECRET, "reason": "Out of memory."}
    for _ in range(2):
        assert report_retraining(dispatched, state=state, **facts).state == state
    entries = Entry.objects.about(dispatched).filter(action=Action.RETRAINING_REPORTED, details__state=state)
    assert entries.count() == 1
    other = "failed" if state == "succeeded" else "succeeded"
    with pytest.raises(RuleBroken):
        report_retraining(dispatched, state=other, **facts)


def test_a_retraining_is_material_until_its_candidate_shows_what_it_does(story):
    found = request_change("retraining", story.version, reason="Drift.", actor=story.engineer).classification
    output = next(one for one in found.step["criteria"] if one["name"] == "output")
    assert (found.change_class, output["standing"]) == (MATERIAL, "not_measured")
    assert not ValidationRequest.objects.exists()
