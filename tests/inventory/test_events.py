"""Predictions as KServe and Seldon log them: halves that come in any order, once each, and end as rows of one batch."""

import gzip
import json
import logging
from datetime import timedelta

import polars as pl
import pytest
from django.test import Client
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory import frames
from inventory.models import InferenceEvent, PredictionBatch
from inventory.services import events as service
from inventory.services import gather_events, versions_with_events
from mrm.accounts.models import Token
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role, issue_token, person_behind, rotate_token
from mrm.adapters import storage
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import end_roles, make_otherwise, make_person, make_version
from tests.rest import is_problem, post_json

SENT_AT = "2026-06-01T12:00:00.123456789Z"
INPUTS = {"income": 41000.0, "debt_ratio": 0.3, "purpose": "car", "sex": "female"}
OUTPUTS = {"score": 0.7}


def tensors(values: dict) -> list[dict]:
    """One tensor per column, as the Open Inference Protocol writes them; a list is one value per row."""
    told = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    return [
        {"name": name, "shape": [len(value), 1], "datatype": "BYTES" if isinstance(value[0], str) else "FP64",
         "data": value} for name, value in told.items()
    ]  # fmt: skip


REQUEST, RESPONSE = {"inputs": tensors(INPUTS)}, {"outputs": tensors(OUTPUTS)}


@pytest.fixture
def address(version, engineer) -> str:
    return f"/ingest/cloudevents/{secret_for(version, engineer)}"


def secret_for(version, person, *, number: int = 1, **scope) -> str:
    scope = {"actions": ["log_data"], "models": [version.model.slug], "version": number} | scope
    return issue_token(person, "KServe", workspace=version.model.workspace, **scope, actor=person)[1]


def send(address: str, half: str, payload, *, key: str = "e-1", platform: str = "org.kubeflow", **attributes):
    """In binary mode, as the loggers do."""
    told = {"specversion": "1.0", "type": f"{platform}.serving.inference.{half}", "id": key, "source": "http://pd/"}
    told |= {"time": SENT_AT} | attributes
    headers = {f"Ce-{name}": value for name, value in told.items() if value is not None}
    return Client().post(address, json.dumps(payload), content_type="application/json", headers=headers)


def rows_of(batch: PredictionBatch) -> list[dict]:
    return pl.read_parquet(storage.local_path(batch.sha256)).to_dicts()


@pytest.mark.parametrize("order", ["request first", "response first"])
@pytest.mark.parametrize("platform", ["org.kubeflow", "io.seldon"])
def test_two_halves_become_one_row_of_a_batch_in_whatever_order_they_come(version, address, engineer, order, platform):
    halves = [("request", REQUEST), ("response", RESPONSE)]
    for half, payload in halves if order == "request first" else reversed(halves):
        answer = send(address, half, payload, platform=platform)
        assert answer.status_code == 200, answer.content
        assert (answer.json()["id"], answer.json()["half"]) == ("e-1", half)
    assert gather_events(version) == 1
    batch = version.batches.get()
    (row,) = rows_of(batch)
    assert row | INPUTS | OUTPUTS == row
    assert (row["application"], row["approved"]) == ("e-1", True)
    assert row["at"].isoformat() == "2026-06-01T12:00:00.123456+00:00"
    assert batch.received_from == engineer
    assert Entry.objects.filter(action=Action.BATCH_RECEIVED).count() == 1


def test_a_repeated_event_is_answered_as_the_first_also_after_its_batch_was_made(version, address):
    first = send(address, "request", REQUEST).content
    assert send(address, "request", REQUEST).content == first
    send(address, "response", RESPONSE)
    gather_events(version)
    assert send(address, "request", REQUEST).content == first
    assert gather_events(version) == 0
    assert (version.batches.count(), InferenceEvent.objects.count()) == (1, 2)


def test_an_event_that_says_otherwise_under_the_same_id_is_refused_and_the_first_stays(version, address):
    send(address, "request", REQUEST)
    other = {"inputs": tensors(INPUTS | {"income": 1.0})}
    assert "said otherwise" in is_problem(send(address, "request", other), 409)["detail"]
    send(address, "response", RESPONSE)
    gather_events(version)
    assert rows_of(version.batches.get())[0]["income"] == INPUTS["income"]


def test_structured_mode_and_gzip_say_the_same_as_binary_mode(version, address):
    send(address, "request", REQUEST)
    event = {
        "specversion": "1.0",
        "type": "org.kubeflow.serving.inference.response",
        "id": "e-1",
        "source": "http://pd/",
    }
    body = gzip.compress(json.dumps(event | {"data": RESPONSE}).encode())
    headers = {"Content-Encoding": "gzip"}
    answer = Client().post(address, body, content_type="application/cloudevents+json", headers=headers)
    assert answer.status_code == 200, answer.content
    assert gather_events(version) == 1


def test_several_rows_in_one_event_get_ids_of_their_own(version, address):
    send(address, "request", {"inputs": tensors({name: [value, value] for name, value in INPUTS.items()})})
    send(address, "response", {"outputs": tensors({"score": [0.1, 0.9]})})
    gather_events(version)
    told = [(row["application"], row["approved"]) for row in rows_of(version.batches.get())]
    assert told == [("e-1:1", False), ("e-1:2", True)]


NUMBERS = [
    {"name": "a", "kind": "numeric", "role": "feature"},
    {"name": "b", "kind": "numeric", "role": "feature"},
    {"name": "score", "kind": "numeric", "role": "score"},
]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"instances": [[1, 2], [3, 4]]}, {"predictions": [0.1, 0.2]}),
        ({"instances": [{"a": 1, "b": 2}, {"b": 4, "a": 3}]}, {"predictions": [{"score": 0.1}, {"score": 0.2}]}),
        (
            {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [[1, 2], [3, 4]]}]},
            {"outputs": [{"name": "y", "shape": [2], "datatype": "FP64", "data": [0.1, 0.2]}]},
        ),
        (
            {"inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP64", "data": [1, 2, 3, 4]}]},
            {"outputs": [{"name": "y", "shape": [2, 1], "datatype": "FP64", "data": [[0.1], [0.2]]}]},
        ),
    ],
    ids=["v1-lists", "v1-objects", "v2-nested", "v2-flat"],
)
def test_unnamed_values_are_read_in_the_order_of_the_schema(workspace, engineer, asked, answered):
    version = make_version(schema=NUMBERS, decision_threshold=None)
    address = f"/ingest/cloudevents/{secret_for(version, engineer)}"
    for half, payload in (("request", asked), ("response", answered)):
        assert send(address, half, payload).status_code == 200
    gather_events(version)
    rows = [{"a": 1.0, "b": 2.0, "score": 0.1}, {"a": 3.0, "b": 4.0, "score": 0.2}]
    assert rows_of(version.batches.get()) == rows


NESTED = {"name": "income", "shape": [1], "data": None}


UNREADABLE = [
    ("request", [], "data", "an object with either inputs or instances"),
    ("response", {"error": "no"}, "data", "either outputs or predictions"),
    ("request", {"inputs": []}, "inputs", "not empty"),
    ("request", {"inputs": [5]}, "inputs[0]", "must be a tensor"),
    ("request", {"inputs": [NESTED]}, "inputs[0].data", "must be a list"),
    ("request", {"inputs": [NESTED | {"shape": [0], "data": []}]}, "inputs[0].shape", "above 0"),
    ("request", {"inputs": [NESTED | {"shape": [2], "data": [1]}]}, "inputs[0].data", "1 values where"),
    ("request", {"inputs": [NESTED | {"shape": [2] * 20_000, "data": [1]}]}, "inputs[0].shape", "1 to 8"),
    ("request", {"inputs": tensors({"wages": 1.0})}, "inputs[0].name", "Name the values as the schema does"),
    ("request", {"inputs": tensors(INPUTS | OUTPUTS)}, "inputs[4].name", "cannot be read"),
    ("request", {"inputs": tensors(INPUTS) + tensors({"income": 1.0})}, "inputs[4].name", "comes twice"),
    ("response", {"predictions": [0.4]}, "predictions", "Name the values"),
    ("response", {"predictions": [{"odds": 0.4}]}, "predictions", "is no column"),
]


def test_a_payload_that_cannot_be_read_is_refused_at_its_field(address):
    for half, payload, field, words in UNREADABLE:
        problem = is_problem(send(address, half, payload), 422)
        assert problem["errors"][0]["field"] == field and words in problem["detail"], payload
    assert not InferenceEvent.objects.exists()


def test_a_value_that_does_not_fit_the_schema_is_refused_with_row_and_column(address):
    for values in ({"income": -1.0}, {"purpose": "yacht"}, {"debt_ratio": "much"}):
        error = is_problem(send(address, "request", {"inputs": tensors(INPUTS | values)}), 422)["errors"][0]
        assert {error["row"]: error["column"]} == {1: next(iter(values))}
    deep = json.loads("[" * 500 + "]" * 500)
    error = is_problem(send(address, "request", {"instances": [INPUTS | {"income": deep}]}), 422)["errors"][0]
    assert (error["row"], error["column"]) == (1, "income")
    missing = {name: value for name, value in INPUTS.items() if name != "purpose"}
    error = is_problem(send(address, "request", {"inputs": tensors(missing)}), 422)["errors"][0]
    assert error["column"] == "purpose" and "missing" in error["message"]
    assert not InferenceEvent.objects.exists()


ATTRIBUTES = [
    ("specversion", "0.3"), ("specversion", None), ("type", "com.example"), ("id", "x" * 201), ("id", None),
    ("id", "%00"), ("source", None), ("time", "noon"), ("time", "2026-06-01T12:00:00"),
]  # fmt: skip


def test_an_attribute_that_cannot_be_read_is_refused_by_name(address):
    for field, value in ATTRIBUTES:
        told = {"key" if field == "id" else field: value}
        errors = is_problem(send(address, "request", REQUEST, **told), 422)["errors"]
        assert [error["field"] for error in errors] == [field], value
    assert not InferenceEvent.objects.exists()


def test_a_half_with_another_number_of_rows_is_refused(version, address):
    send(address, "request", REQUEST)
    problem = is_problem(send(address, "response", {"outputs": tensors({"score": [0.1, 0.2]})}), 422)
    assert "has 2 rows; its request came with 1" in problem["detail"]
    assert send(address, "response", RESPONSE).status_code == 200


def test_bodies_are_bounded_and_must_be_json(address):
    is_problem(Client().post(address, "{", content_type="application/json"), 400)
    is_problem(Client().post(address, "{}", content_type="application/octet-stream"), 415)
    is_problem(Client().post(address, b" " * (2**20 + 1), content_type="application/json"), 413)
    many = {"outputs": tensors({"score": [0.5] * 1001})}
    assert "at most 1000 rows" in is_problem(send(address, "response", many), 413)["detail"]
    deep = {"outputs": [{"name": "score", "shape": [1], "data": json.loads("[" * 500 + "0.5" + "]" * 500)}]}
    assert send(address, "response", deep).status_code == 200


def test_the_address_opens_for_its_version_only_and_its_token_nothing_else(version, engineer, address):
    secret = address.rsplit("/", 1)[1]
    other = make_version(version.model)
    send(address, "request", REQUEST)
    assert version.events.count() == 1 and not other.events.exists()
    with pytest.raises(NotPermitted, match="nowhere else"):
        person_behind(secret)
    bearer = {"Authorization": f"Bearer {secret}"}
    batches = f"/api/v1/models/{version.model.slug}/versions/{version.number}/batches/"
    is_problem(post_json(Client(), batches, {}, **bearer), 401)
    usual = issue_token(engineer, "Usual", workspace=version.model.workspace, actor=engineer)[1]
    for token in (usual, "mrm_unknown", ""):
        is_problem(send(f"/ingest/cloudevents/{token}", "request", REQUEST), 401)
    successor = rotate_token(Token.objects.get(version_number=1), actor=engineer)[1]
    assert send(f"/ingest/cloudevents/{successor}", "response", RESPONSE).status_code == 200


def test_a_token_for_an_address_may_log_data_of_one_model_and_nothing_more(version, engineer):
    for scope in ({"actions": []}, {"actions": ["log_data", "read"]}, {"models": []}, {"models": ["a", "b"]}):
        with pytest.raises(RuleBroken, match="log data and touch one model only"):
            secret_for(version, engineer, **scope)


def test_whoever_may_not_log_data_is_refused_at_the_address_as_well(version, engineer, stranger):
    validator = make_person(Role.VALIDATOR, workspace=version.model.workspace)
    is_problem(send(f"/ingest/cloudevents/{secret_for(version, validator)}", "request", REQUEST), 403)
    gone = secret_for(version, engineer, number=99)
    is_problem(send(f"/ingest/cloudevents/{gone}", "request", REQUEST), 404)
    is_problem(send(f"/ingest/cloudevents/{secret_for(version, stranger)}", "request", REQUEST), 403)


def test_the_token_is_in_no_line_of_the_log_whatever_the_answer(address, caplog):
    caplog.set_level(logging.DEBUG)
    secret = address.rsplit("/", 1)[1]
    for half, payload in (("request", REQUEST), ("request", {}), ("response", [])):
        send(address, half, payload)
    Client().get(address)
    assert "/ingest/cloudevents/" in caplog.text and secret not in caplog.text
    assert not any(secret in str(getattr(line, "request", "")) for line in caplog.records)


def test_a_batch_that_was_made_before_the_worker_died_is_found_again(version, address, monkeypatch):
    send(address, "request", REQUEST)
    send(address, "response", RESPONSE)
    service._pack(version)
    (parcel,) = set(version.events.values_list("parcel", flat=True))
    kept = {event.pk: event.values for event in version.events.all()}
    service._hand_over(version, parcel)
    for key, values in kept.items():  # As if the last write had not come to pass.
        InferenceEvent.objects.filter(pk=key).update(batch=None, values=values)
    send(address, "request", REQUEST, key="e-2")
    send(address, "response", RESPONSE, key="e-2")
    assert gather_events(version) == 2
    assert sorted(row["application"] for batch in version.batches.all() for row in rows_of(batch)) == ["e-1", "e-2"]
    assert not version.events.filter(batch=None).exists()


def test_one_faulty_pair_holds_up_no_other_and_says_why(version, address, engineer, client):
    for key in ("e-1", "e-2", "e-3"):
        send(address, "request", REQUEST, key=key)
        send(address, "response", RESPONSE, key=key)
    gather_events(version)
    InferenceEvent.objects.all().delete()  # As they are forgotten in time.
    for key in ("e-2", "e-4", "e-5"):
        send(address, "request", REQUEST, key=key)
        send(address, "response", RESPONSE, key=key)
    send(address, "request", REQUEST, key="e-6")
    gather_events(version)
    logged = sorted(row["application"] for batch in version.batches.all() for row in rows_of(batch))
    assert logged == ["e-1", "e-2", "e-3", "e-4", "e-5"]
    refused = version.events.filter(refused_at__isnull=False)
    assert {(event.event_id, "already logged" in event.fault) for event in refused} == {("e-2", True)}
    client.force_login(engineer)
    page = client.get(f"/models/{version.model.slug}/sources/").content.decode()
    assert "already logged" in page and "Its response has not come." in page and "e-6" in page


def test_pairs_wait_while_a_rule_stands_against_their_batch(version, address, engineer, client):
    send(address, "request", REQUEST)
    send(address, "response", RESPONSE)
    end_roles(engineer)
    assert gather_events(version) == 0
    assert "do not allow you to log data" in version.events.first().fault
    grant_role(engineer, Role.ENGINEER, actor=None)
    assert gather_events(version) == 1


def test_halves_that_stay_alone_and_refused_pairs_are_given_up_and_the_trail_says_how_many(
    version, address, engineer, client
):
    for key, half, payload in (("e-1", "request", REQUEST), ("e-1", "response", RESPONSE), ("e-2", "request", REQUEST)):
        send(address, half, payload, key=key)
    gather_events(version)
    client.force_login(engineer)
    told = client.get(f"/api/v1/models/{version.model.slug}/events/").json()
    assert (told["alone"], told["pairs"], told["refused"], told["kept_days"]) == (1, 0, 0, 30)
    now = timezone.now()
    assert versions_with_events(now) == versions_with_events(now + timedelta(days=7)) == []
    assert versions_with_events(now + timedelta(days=9)) == [version.pk], "what was made into rows is forgotten first"
    version.events.update(received_at=now - timedelta(days=32))
    for _ in range(2):
        gather_events(version)
    assert not version.events.exists()
    entry = Entry.objects.get(action=Action.EVENTS_GIVEN_UP)
    assert entry.details["halves"] == 1 and entry.actor_name == "system"


def test_a_retired_version_takes_no_events(version, address):
    make_otherwise(version, stage="retired")
    assert "takes no data" in is_problem(send(address, "request", REQUEST), 409)["detail"]


def test_an_address_is_shown_once_when_its_token_is_issued_on_the_page(version, engineer, client, settings):
    client.force_login(engineer)
    form = {"name": "KServe", "workspace": str(version.model.workspace.pk), "actions": "log_data"}
    page = client.post("/tokens/", form | {"models": version.model.slug, "version": 1}).content.decode()
    assert f"{settings.PUBLIC_URL}/ingest/cloudevents/mrm_" in page
    refused = client.post("/tokens/", form | {"models": "", "version": 1})
    assert "one model only" in refused.content.decode()
    listed = client.get("/tokens/").content.decode()
    assert f"only {version.model.slug} version 1, in an address" in listed


def test_the_halves_of_a_schema_are_apart(version):
    names = [
        [column.name for column in frames.columns_of_half(version.columns(), half)] for half in InferenceEvent.Half
    ]
    assert names[1] == ["score", "approved"] and not set(names[0]) & set(names[1])
