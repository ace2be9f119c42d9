"""Reference, batches, outcomes: kept once, whole, and read back as frames."""

import threading
from datetime import timedelta

import polars as pl
import pytest
from django.db import connection

from audits.profiles.grid import Grid
from audits.profiles.profile import Profile
from audits.trail.models import Action, Entry
from inventory import frames
from inventory.models import OutcomeBatch, PredictionBatch, ReferenceData
from inventory.services import profile_batch, receive_batch, receive_outcomes, receive_reference
from inventory.tasks import profile_new_batches
from mrm.accounts.policies import Role
from mrm.adapters import storage
from mrm.celery import app
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import (
    NOON,
    PARQUET,
    SCHEMA,
    make_batch,
    make_model,
    make_outcomes,
    make_person,
    make_reference,
    make_rows,
    make_version,
    promote,
    retire,
)

DAY = timedelta(days=1)


@pytest.fixture
def version(workspace):
    return make_version()


@pytest.fixture
def body(tmp_path):
    """A file of rows that fit the usual schema."""
    path = tmp_path / "body.parquet"
    make_rows(repaid=None).write_parquet(path)
    return path


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ENGINEER])
def test_only_engineers_send_data(version, body, role):
    person = make_person(role, workspace=version.model.workspace)
    for receive, subject in ((receive_reference, version), (receive_batch, version), (receive_outcomes, version.model)):
        with pytest.raises(NotPermitted):
            receive(subject, body, content_type=PARQUET, actor=person)


def test_a_batch_is_kept_with_its_rows_times_and_trail_entry(version, body, engineer):
    batch, is_new = receive_batch(version, body, content_type=PARQUET, actor=engineer)
    assert is_new
    assert (batch.rows, batch.first_at, batch.last_at) == (200, NOON, NOON + timedelta(minutes=199))
    assert storage.is_intact(batch.sha256)
    entry = Entry.objects.get(action=Action.BATCH_RECEIVED)
    assert (entry.details["sha256"], entry.details["rows"]) == (batch.sha256, 200)
    assert entry.model_slug == version.model.slug


def test_a_repeated_body_is_answered_with_the_first_batch(version, body, engineer):
    first, _ = receive_batch(version, body, content_type=PARQUET, actor=engineer)
    again, is_new = receive_batch(version, body, content_type=PARQUET, actor=engineer)
    assert again == first and not is_new
    assert Entry.objects.filter(action=Action.BATCH_RECEIVED).count() == 1


def test_an_id_that_an_earlier_batch_holds_is_refused_by_row(version, tmp_path):
    make_batch(version, tmp_path)
    with pytest.raises(UnusableData) as refusal:
        make_batch(version, tmp_path, rows=make_rows(10, first_id=196, repaid=None))
    assert [error["row"] for error in refusal.value.errors] == [1, 2, 3, 4, 5]
    assert PredictionBatch.objects.count() == 1


def test_another_version_may_score_the_same_ids(version, tmp_path):
    make_batch(version, tmp_path)
    assert make_batch(make_version(version.model), tmp_path).rows == 200


def test_a_refused_batch_leaves_nothing_behind(version, tmp_path, settings):
    settings.STORAGE_URL = (tmp_path / "storage").as_uri()
    with pytest.raises(UnusableData):
        make_batch(version, tmp_path, rows=make_rows(repaid=None, debt_ratio=[None] * 200))
    assert not PredictionBatch.objects.exists()
    assert not Entry.objects.filter(action=Action.BATCH_RECEIVED).exists()
    assert not [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]


def test_a_batch_needs_ids_and_times_but_no_labels(version, tmp_path):
    for name in ("application", "at"):
        with pytest.raises(UnusableData, match=name):
            make_batch(version, tmp_path, rows=make_rows(repaid=None, **{name: None}))
    assert make_batch(version, tmp_path, rows=make_rows(repaid=None)).rows == 200


def test_a_reference_needs_neither_ids_nor_times_nor_labels(version, tmp_path):
    assert make_reference(version, tmp_path, rows=make_rows(application=None, at=None, repaid=None)).rows == 200


def test_retired_versions_and_models_take_no_data(version, tmp_path, body):
    retire(version.model)
    version.refresh_from_db()
    version.model.refresh_from_db()
    for receive, subject in ((receive_reference, version), (receive_batch, version), (receive_outcomes, version.model)):
        with pytest.raises(RuleBroken, match="retired"):
            receive(subject, body, content_type=PARQUET, actor=None)


def test_a_reference_freezes_the_grid_and_is_counted_into_it(version, tmp_path):
    reference = make_reference(version, tmp_path)
    grid = Grid.from_json(reference.grid)
    assert grid.digest == reference.grid_sha256
    assert Profile.from_bytes(storage.read(reference.profile_sha256), grid).rows == 500
    assert frames.reference(version).collect().height == 500


def test_a_version_has_one_reference(version, tmp_path):
    reference = make_reference(version, tmp_path)
    assert make_reference(version, tmp_path) == reference
    with pytest.raises(RuleBroken, match="never changes"):
        make_reference(version, tmp_path, rows=make_rows(100, seed=9))
    assert ReferenceData.objects.count() == 1


def test_a_batch_is_counted_once_its_version_has_a_reference(version, tmp_path):
    batch = make_batch(version, tmp_path)
    assert not PredictionBatch.objects.unprofiled().exists()
    make_reference(version, tmp_path)
    assert list(PredictionBatch.objects.unprofiled()) == [batch]
    batch = profile_batch(PredictionBatch.objects.get(pk=batch.pk))
    grid = Grid.from_json(version.reference.grid)
    assert Profile.from_bytes(storage.read(batch.profile_sha256), grid).rows == 200
    assert not PredictionBatch.objects.unprofiled().exists()


def test_the_sweep_finds_batches_that_nobody_counted(version, tmp_path):
    make_reference(version, tmp_path)
    batch = make_batch(version, tmp_path)
    app.conf.task_always_eager = True
    try:
        profile_new_batches()
    finally:
        app.conf.task_always_eager = False
    batch.refresh_from_db()
    assert batch.profile_sha256


def test_a_window_holds_its_start_and_not_its_end(version, tmp_path):
    make_batch(version, tmp_path)
    make_batch(version, tmp_path, rows=make_rows(100, first_id=1000, start=NOON + DAY, repaid=None))
    rows = frames.window(version, NOON + timedelta(minutes=10), NOON + timedelta(minutes=12)).collect()
    assert rows["application"].to_list() == ["A0000011", "A0000012"]
    assert frames.window(version, NOON, NOON + 2 * DAY).collect().height == 300
    assert frames.window(version, NOON - DAY, NOON).collect().height == 0
    assert frames.window(version, NOON - DAY, NOON).collect().columns == [column["name"] for column in SCHEMA]


def test_labelled_rows_are_those_with_an_outcome_and_the_last_outcome_counts(version, tmp_path):
    make_batch(version, tmp_path)
    first = pl.DataFrame({"application": ["A0000001", "A0000002", "B1"], "repaid": [True, True, False]})
    assert make_outcomes(version.model, tmp_path, rows=first).unknown_ids == 1
    make_outcomes(version.model, tmp_path, rows=pl.DataFrame({"application": ["A0000002"], "repaid": [False]}))
    rows = frames.labelled(version, NOON, NOON + DAY).select("application", "repaid").collect()
    assert rows.rows() == [("A0000001", True), ("A0000002", False)]


def test_an_outcome_may_come_before_its_prediction(version, tmp_path):
    make_outcomes(version.model, tmp_path, rows=pl.DataFrame({"application": ["A0000001"], "repaid": [True]}))
    make_batch(version, tmp_path)
    assert frames.labelled(version, NOON, NOON + DAY).collect().height == 1


def test_a_label_that_came_with_its_row_counts_where_there_is_no_outcome(version, tmp_path):
    make_batch(version, tmp_path, rows=make_rows(50))
    make_outcomes(version.model, tmp_path, rows=pl.DataFrame({"application": ["A0000001"], "repaid": [True]}))
    assert frames.labelled(version, NOON, NOON + DAY).collect().height == 50


def test_outcomes_are_two_columns_with_a_value_in_each(version, tmp_path):
    with pytest.raises(UnusableData, match="repaid"):
        make_outcomes(version.model, tmp_path, rows=pl.DataFrame({"application": ["a"]}))
    with pytest.raises(UnusableData) as refusal:
        make_outcomes(
            version.model, tmp_path, rows=pl.DataFrame({"application": ["a", "b", "a"], "repaid": [True, None, True]})
        )
    assert {error["row"] for error in refusal.value.errors} == {2}
    assert not OutcomeBatch.objects.exists()


def test_repeated_outcomes_are_answered_with_the_first(version, tmp_path):
    rows = pl.DataFrame({"application": ["a"], "repaid": [True]})
    assert make_outcomes(version.model, tmp_path, rows=rows) == make_outcomes(version.model, tmp_path, rows=rows)
    assert Entry.objects.filter(action=Action.OUTCOMES_RECEIVED).count() == 1


def test_outcomes_are_called_as_in_the_version_in_production(workspace, tmp_path):
    model = make_model()
    promote(make_version(model))
    renamed = [column | {"name": "paid_back"} if column["name"] == "repaid" else column for column in SCHEMA]
    make_version(model, schema=renamed)
    assert make_outcomes(model, tmp_path, rows=pl.DataFrame({"application": ["a"], "repaid": [True]})).rows == 1


def test_outcomes_need_a_version_with_an_id_and_a_label(workspace, tmp_path):
    version = make_version(schema=[{"name": "s", "kind": "numeric", "role": "score"}])
    with pytest.raises(RuleBroken, match="role id"):
        make_outcomes(version.model, tmp_path, rows=pl.DataFrame({"application": ["a"], "repaid": [True]}))


def test_six_simultaneous_sendings_of_one_batch_make_one_batch(own_database, tmp_path):
    version = make_version()
    path = tmp_path / "body.parquet"
    make_rows(repaid=None).write_parquet(path)
    answers, faults = [], []

    def send():
        try:
            answers.append(receive_batch(version, path, content_type=PARQUET, actor=None))
        except (RuleBroken, UnusableData) as refusal:
            faults.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert sum(is_new for _, is_new in answers) == 1
    assert len({batch.pk for batch, _ in answers}) == 1
    assert PredictionBatch.objects.count() == 1


def test_two_simultaneous_batches_cannot_both_hold_an_id(own_database, tmp_path):
    version = make_version()
    outcomes = []
    gate = threading.Barrier(2)

    def send(seed):
        path = tmp_path / f"{seed}.parquet"
        make_rows(seed=seed, repaid=None).write_parquet(path)
        gate.wait()
        try:
            receive_batch(version, path, content_type=PARQUET, actor=None)
            outcomes.append("kept")
        except UnusableData:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "refused"]
