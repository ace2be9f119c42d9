"""The REST API: bodies that come as a stream, hostile ones, and requests that come twice."""

import base64
import gzip
import hashlib
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Model, OutcomeBatch, PredictionBatch
from mrm.accounts.models import IdempotencyKey
from tests.factories import csv_of, make_batch, make_model, make_version, make_workspace
from tests.rest import is_problem, post_json

MODELS = "/api/v1/models/"
PARQUET = "application/vnd.apache.parquet"


def test_a_batch_is_received_in_the_format_it_says(api, engineer, address):
    response = api(engineer).post(f"{address}batches/", csv_of(20), content_type="text/csv; charset=UTF-8")
    assert response.status_code == 201
    assert response.json()["rows"] == 20
    again = api(engineer).post(f"{address}batches/", csv_of(20), content_type="text/csv")
    assert again.status_code == 200 and again.json() == response.json()


def test_faults_in_a_batch_name_row_and_column(api, engineer, address):
    body = is_problem(
        api(engineer).post(f"{address}batches/", csv_of(20, debt_ratio=["x"] * 20), content_type="text/csv"), 422
    )
    assert (body["errors"][0]["row"], body["errors"][0]["column"]) == (1, "debt_ratio")
    assert not PredictionBatch.objects.exists()


def test_a_body_over_the_limit_is_refused_while_it_is_read(api, engineer, address, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 2**20
    assert (
        "1 MiB"
        in is_problem(api(engineer).post(f"{address}batches/", b"x" * (2**20 + 1), content_type="text/csv"), 413)[
            "detail"
        ]
    )
    is_problem(
        api(engineer).put(f"{address}artifact", b"x" * (2**20 + 1), content_type="application/octet-stream"), 413
    )


def test_a_packed_body_is_unpacked_on_the_way(api, engineer, address):
    content = gzip.compress(csv_of(10)) + gzip.compress(b"")
    sent = {"content_type": "text/csv", "headers": {"Content-Encoding": "gzip"}}
    assert api(engineer).post(f"{address}batches/", content, **sent).json()["rows"] == 10


def test_a_gzip_bomb_is_refused_at_the_limit(api, engineer, address, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 2**20
    bomb = gzip.compress(b"0" * 200_000_000, 9)
    assert len(bomb) < 2**20
    sent = {"content_type": "text/csv", "headers": {"Content-Encoding": "gzip"}}
    is_problem(api(engineer).post(f"{address}batches/", bomb, **sent), 413)


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"a,b\n", "gzip", 400),
        (gzip.compress(b"a" * 1000, mtime=0)[:-9], "gzip", 400),
        (b"a,b\n", "br", 415),
        (b"a", "gzip, gzip", 415),
    ],
)
def test_a_packing_that_is_not_what_it_says_is_refused(api, engineer, address, content, encoding, status):
    sent = {"content_type": "text/csv", "headers": {"Content-Encoding": encoding}}
    is_problem(api(engineer).post(f"{address}batches/", content, **sent), status)


def test_content_digest_is_checked(api, engineer, address):
    content = csv_of(10)
    right = base64.b64encode(hashlib.sha256(content).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    sent = {"content_type": "text/csv"}
    headers = {"Content-Digest": f"sha-256=:{wrong}:"}
    body = is_problem(api(engineer).post(f"{address}batches/", content, **sent, headers=headers), 422)
    assert body["errors"][0]["field"] == "Content-Digest"
    headers = {"Content-Digest": f"sha-256=:{right}:, unixsum=30637"}
    assert api(engineer).post(f"{address}batches/", content, **sent, headers=headers).status_code == 201


def test_an_artifact_is_uploaded_to_what_was_announced(api, engineer, tmp_path):
    from tests.inventory.test_versions import LIGHTGBM

    content = LIGHTGBM.encode()
    model = make_model()
    version = make_version(model, artifact_sha256=hashlib.sha256(content).hexdigest())
    path = f"{MODELS}{model.slug}/versions/{version.number}/artifact"
    client = api(engineer)
    is_problem(client.put(path, content + b"\n", content_type="application/octet-stream"), 422)
    answer = client.put(path, content, content_type="application/octet-stream")
    assert answer.json()["artifact"]["bytes"] == len(content)
    assert client.put(path, content, content_type="application/octet-stream").status_code == 200
    is_problem(client.put(path, content + b"\n", content_type="application/octet-stream"), 409)


HOSTILE = [
    b"",
    b"\x00" * 1000,
    b"PAR1" * 100,
    b"{" * 1000,
    b"[1,2]",
    b"\xff" * 100,
    b"application\n",
    b'{"columns": {}}',
    b"[]",
    b"null",
    b'"x"',
    b"\n\n\n",
]


@pytest.mark.parametrize("where", ["batches/", "reference/", "outcomes/"])
def test_hostile_bodies_are_refused_and_leave_nothing(api, engineer, version, address, where):
    from inventory.frames import CONTENT_TYPES

    path = f"{MODELS}{version.model.slug}/outcomes/" if where == "outcomes/" else address + where
    client = api(engineer)
    for content_type in CONTENT_TYPES:
        for content in HOSTILE:
            is_problem(client.post(path, content, content_type=content_type), 422)
    assert not PredictionBatch.objects.exists() and not OutcomeBatch.objects.exists()


def test_the_same_key_and_body_are_answered_as_the_first_time(api, engineer):
    client = api(engineer)
    first = post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "k1"})
    again = post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "k1"})
    assert again.status_code == 201 and again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Model.objects.count() == 1


def test_the_same_key_for_another_request_is_refused(api, engineer, version, address):
    client = api(engineer)
    post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "k1"})
    is_problem(post_json(client, MODELS, {"name": "Other"}, **{"Idempotency-Key": "k1"}), 409)
    headers = {"Idempotency-Key": "k2"}
    client.post(f"{address}batches/", csv_of(5), content_type="text/csv", headers=headers)
    other = client.post(f"{address}batches/", csv_of(6), content_type="text/csv", headers=headers)
    is_problem(other, 409)


def test_a_streamed_body_is_answered_as_the_first_time(api, engineer, address):
    sent = {"content_type": "text/csv", "headers": {"Idempotency-Key": "k"}}
    first = api(engineer).post(f"{address}batches/", csv_of(5), **sent)
    again = api(engineer).post(f"{address}batches/", csv_of(5), **sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_keys_of_different_people_do_not_meet(api, engineer, owner):
    for person, name in ((engineer, "One"), (owner, "Two")):
        assert post_json(api(person), MODELS, {"name": name}, **{"Idempotency-Key": "k"}).status_code == 201


def test_a_refused_request_does_not_use_up_its_key(api, engineer):
    client = api(engineer)
    is_problem(post_json(client, MODELS, {"name": ""}, **{"Idempotency-Key": "k"}), 400)
    assert post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "k"}).status_code == 201


def test_a_key_that_a_crash_left_claimed_is_free_again_after_a_while(api, engineer):
    content = json.dumps({"name": "Churn"}).encode()
    claim = {"person": engineer, "path": MODELS, "body_sha256": hashlib.sha256(content).hexdigest()}
    IdempotencyKey.objects.create(key="fresh", **claim)
    IdempotencyKey.objects.create(key="stale", **claim, created_at=timezone.now() - timedelta(minutes=11))
    client = api(engineer)
    assert (
        "still being answered"
        in is_problem(post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "fresh"}), 409)["detail"]
    )
    assert post_json(client, MODELS, {"name": "Churn"}, **{"Idempotency-Key": "stale"}).status_code == 201


def test_a_workspace_is_the_tokens_unless_named(api, engineer, workspace):
    elsewhere = make_workspace("cards")
    client = api(engineer)
    assert post_json(client, MODELS, {"name": "Churn"}).json()["workspace"] == "main"
    body = is_problem(post_json(client, MODELS, {"name": "Other", "workspace": elsewhere.slug}), 422)
    assert body["errors"][0]["field"] == "workspace"


def test_a_batch_of_a_version_is_not_found_under_another_model(api, engineer, version, tmp_path):
    make_batch(version, tmp_path)
    other = make_model()
    is_problem(api(engineer).get(f"{MODELS}{other.slug}/versions/1/"), 404)
