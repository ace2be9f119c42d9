"""Programs that send the same thing several times at once, as retries do: it is kept once."""

from functools import partial

import pytest
from rest_framework.test import APIClient

from audits.trail.models import Action, Entry
from inventory.models import Model, ModelVersion, OutcomeBatch, PredictionBatch, ReferenceData
from inventory.services import attach_artifact
from tests.factories import (
    PARQUET,
    make_batch,
    make_model,
    make_outcomes,
    make_reference,
    make_rows,
    make_token,
    make_version,
)
from tests.races.threads import at_once, refusals
from tests.registry.conftest import Registry
from tests.scoring.artifacts import xgboost_bytes


@pytest.fixture
def version(workspace, owner, engineer):
    return make_version(make_model(owner=owner, actor=engineer), actor=engineer)


@pytest.fixture
def client(engineer):
    """One program with one token; a client of its own for each thread that calls it."""
    secret = make_token(engineer)

    def post(path: str, **request):
        return APIClient(headers={"Authorization": f"Bearer {secret}"}).post(f"/api/v1{path}", **request)

    return post


def test_a_batch_sent_six_times_at_once_is_one_batch(version, client, tmp_path):
    make_rows(50, repaid=None).write_parquet(tmp_path / "rows")
    body = (tmp_path / "rows").read_bytes()
    path = f"/models/{version.model.slug}/versions/{version.number}/batches/"
    answers = at_once(*[partial(client, path, data=body, content_type=PARQUET)] * 6)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert PredictionBatch.objects.count() == Entry.objects.filter(action=Action.BATCH_RECEIVED).count() == 1


def test_of_two_batches_with_the_same_ids_at_once_one_is_kept(version, engineer, tmp_path):
    rows = [make_rows(50, seed=seed, repaid=None) for seed in (1, 2)]
    answers = at_once(*[partial(make_batch, version, tmp_path, rows=each, actor=engineer) for each in rows])
    (refused,) = refusals(answers)
    assert "A0000001" in str(refused)
    assert PredictionBatch.objects.count() == 1


def test_reference_data_and_outcomes_sent_at_once_are_kept_once(version, engineer, tmp_path):
    rows = make_rows(300)
    answers = at_once(
        *[partial(make_reference, version, tmp_path, rows=rows, actor=engineer)] * 3,
        *[partial(make_outcomes, version.model, tmp_path, rows=rows.select("application", "repaid"), actor=engineer)]
        * 3,
    )
    assert refusals(answers) == []
    assert ReferenceData.objects.count() == OutcomeBatch.objects.count() == 1


def test_an_artifact_sent_six_times_at_once_is_received_once(version, engineer, tmp_path):
    artifact = tmp_path / "artifact"
    artifact.write_bytes(xgboost_bytes())
    answers = at_once(*[partial(attach_artifact, version, artifact, actor=engineer)] * 6)
    assert refusals(answers) == []
    assert Entry.objects.filter(action=Action.ARTIFACT_RECEIVED).count() == 1


def test_the_same_idempotency_key_at_once_is_answered_once_and_registers_one_model(owner, client):
    body = {"name": "Consumer credit", "owner": owner.email}
    call = partial(client, "/models/", data=body, format="json", headers={"Idempotency-Key": "one"})
    answers = at_once(*[call] * 6)
    assert Model.objects.count() == 1
    first = [answer for answer in answers if answer.status_code == 201]
    others = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.json()["slug"] for answer in first}) == 1
    assert len([answer for answer in first if "Idempotency-Replayed" not in answer.headers]) == 1
    assert all(answer.status_code == 409 and "still being answered" in answer.json()["detail"] for answer in others)
    assert call().headers["Idempotency-Replayed"] == "true"


def test_a_create_of_an_mlflow_client_sent_six_times_at_once_makes_one_model_and_gives_one_answer(workspace, engineer):
    secret = make_token(engineer)
    body = {"name": "Consumer credit", "tags": [{"key": "team", "value": "retail"}]}

    def create():
        return Registry(secret).call("POST", "registered-models/create", body)

    answers = at_once(*[create] * 6)
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert Model.objects.count() == Entry.objects.filter(action=Action.MODEL_REGISTERED).count() == 1


def test_versions_registered_at_once_with_one_origin_are_one_version(workspace, owner, engineer):
    model = make_model(owner=owner, actor=engineer)
    versions = at_once(*[partial(make_version, model, origin="CR-2026-0001", actor=engineer)] * 6)
    assert refusals(versions) == []
    assert {version.pk for version in versions} == {ModelVersion.objects.get().pk}


def test_versions_registered_at_once_without_an_origin_are_numbered_without_gaps(workspace, owner, engineer):
    model = make_model(owner=owner, actor=engineer)
    versions = at_once(*[partial(make_version, model, actor=engineer)] * 6)
    assert sorted(version.number for version in versions) == [1, 2, 3, 4, 5, 6]
