"""Versions over the MLflow API: candidates like any other, with what the client knows of where they came from."""

import json
import socket
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from audits.trail.models import Action, Entry
from inventory.models import Model, ModelVersion
from inventory.services import receive_reference
from inventory.states import Stage
from mrm.errors import RuleBroken
from tests.factories import PARQUET, SCHEMA, approve_for, make_otherwise, make_rows, make_use, make_version
from tests.registry.conftest import refused, tags_of
from tests.workflows.validating import asked


@pytest.fixture
def model(client):
    return client.make_model("m")


def test_a_version_is_ready_at_once_and_lacks_nothing_that_a_stock_client_cannot_say(client, model):
    shown = client.make_version("m", "runs:/abc/model", run_id="abc", run_link="http://t/abc", tags={"k": "v"})
    assert (shown["version"], shown["status"], shown["current_stage"]) == ("1", "READY", "None")
    assert (shown["source"], shown["run_id"], shown["run_link"]) == ("runs:/abc/model", "abc", "http://t/abc")
    assert tags_of(shown) == {"k": "v", "mrm.status": "pending_validation"}
    version = ModelVersion.objects.get()
    assert (version.stage, version.artifact_uri, version.is_described) == (Stage.CANDIDATE, "runs:/abc/model", False)


def test_a_version_without_a_schema_takes_no_data_until_it_is_described(client, model, engineer, tmp_path):
    client.make_version("m")
    version = ModelVersion.objects.get()
    make_rows().write_parquet(tmp_path / "rows")
    with pytest.raises(RuleBroken, match="has no schema yet"):
        receive_reference(version, tmp_path / "rows", content_type=PARQUET, actor=engineer)
    for _ in range(2):
        client.do("POST", "model-versions/set-tag", name="m", version="1", key="mrm.schema", value=json.dumps(SCHEMA))
    version = ModelVersion.objects.get()
    assert receive_reference(version, tmp_path / "rows", content_type=PARQUET, actor=engineer).rows == 200
    assert Entry.objects.filter(action=Action.VERSION_DESCRIBED).count() == 1
    other = json.dumps(SCHEMA[:-1])
    sent = {"name": "m", "version": "1", "key": "mrm.schema", "value": other}
    refused(client.call("POST", "model-versions/set-tag", sent), 409, "RESOURCE_CONFLICT", "another version")


def test_typed_tags_are_given_with_the_version_and_not_changed(client, model):
    tags = {"mrm.framework": "xgboost", "mrm.code_ref": "abc123", "mrm.metrics": '{"auc": 0.8}', "mrm.status": "x"}
    shown = client.make_version("m", tags=tags)
    version = ModelVersion.objects.get()
    assert (version.framework, version.code_ref, version.metrics) == ("xgboost", "abc123", {"auc": 0.8})
    assert tags_of(shown)["mrm.framework"] == "xgboost"
    sent = {"name": "m", "version": "1", "key": "mrm.framework", "value": "other"}
    refused(client.call("POST", "model-versions/set-tag", sent), 400, "INVALID_PARAMETER_VALUE", "does not change")
    bad = {"name": "m", "source": "s3://x", "tags": [{"key": "mrm.schema", "value": "no json"}]}
    refused(client.call("POST", "model-versions/create", bad), 400, "INVALID_PARAMETER_VALUE", "must be JSON")
    for key, value, words in (("schema", '{"a": 1, "a": 2}', "twice"), ("metrics", '{"auc": NaN}', "NaN is no number")):
        bad["tags"] = [{"key": f"mrm.{key}", "value": value}]
        refused(client.call("POST", "model-versions/create", bad), 400, "INVALID_PARAMETER_VALUE", words)


def test_what_a_version_was_trained_with_is_answered_as_mlflows_params_and_metrics(client, model):
    tags = {"mrm.params": '{"depth": 3, "loss": "log"}', "mrm.metrics": '{"auc": 0.81, "curve": [1], "folds": 5}'}
    shown = client.make_version("m", run_id="r", model_id="m-17", tags=tags)
    assert shown["model_params"] == [{"name": "depth", "value": "3"}, {"name": "loss", "value": "log"}]
    told = {"run_id": "r", "model_id": "m-17", "step": 0, "timestamp": shown["creation_timestamp"]}
    assert shown["model_metrics"] == [{"key": "auc", "value": 0.81} | told, {"key": "folds", "value": 5} | told]
    document = Client().get("/api/schema/mlflow/").json()["components"]["schemas"]
    for name, said in (
        ("ModelVersion", shown),
        ("Metric", shown["model_metrics"][0]),
        ("Param", shown["model_params"][0]),
    ):
        assert set(document[name]["required"]) <= said.keys() <= document[name]["properties"].keys()
    assert client.version("m", 1) == client.model("m")["latest_versions"][0] == shown
    assert "model_params" not in client.make_version("m", "s3://b/without")


def test_a_call_that_is_repeated_makes_one_version(client, model, registry, owner):
    first = client.make_version("m", "s3://b/one", run_id="r")
    assert client.make_version("m", "s3://b/one", run_id="r")["version"] == first["version"]
    assert client.make_version("m", "s3://b/one", run_id="other")["version"] == "2"
    assert registry(owner).make_version("m", "s3://b/one", run_id="r")["version"] == "3", "another caller"
    earliest = ModelVersion.objects.get(number=1)
    make_otherwise(earliest, registered_at=earliest.registered_at - timedelta(hours=1))
    assert client.make_version("m", "s3://b/one", run_id="r")["version"] == "4", "an hour later it is meant"


def test_ungoverned_the_same_call_makes_another_version_as_in_mlflow(client, model, ungoverned):
    assert [client.make_version("m")["version"] for _ in range(2)] == ["1", "2"]


def test_numbers_of_deleted_versions_are_not_used_again(client, model):
    client.make_version("m", "s3://b/1")
    client.make_version("m", "s3://b/2")
    client.do("POST", "registered-models/alias", name="m", alias="a", version="2")
    client.do("DELETE", "model-versions/delete", name="m", version="2")
    refused(client.get("model-versions/get", name="m", version="2"), 404, "RESOURCE_DOES_NOT_EXIST", "version=2")
    shown = client.model("m")
    assert shown["aliases"] == [] and [row["version"] for row in shown["latest_versions"]] == ["1"]
    assert client.make_version("m", "s3://b/3")["version"] == "3"
    assert ModelVersion.objects.get(number=2).stage == Stage.RETIRED
    assert Entry.objects.filter(action=Action.MLFLOW_VERSION_DELETED).count() == 1


def test_a_deleted_version_is_approved_for_nothing_any_more(client, model, ungoverned):
    client.make_version("m")
    version = ModelVersion.objects.get()
    approve_for(version, make_use(version.model))
    client.do("DELETE", "model-versions/delete", name="m", version="1")
    assert not version.use_approvals.filter(ended_at=None).exists()
    connection.check_constraints()


def test_ungoverned_a_candidate_is_deleted_as_by_mlflow_whoever_is_asked_about_it(client, model, ungoverned):
    client.make_version("m")
    asked(ModelVersion.objects.get())
    client.do("DELETE", "model-versions/delete", name="m", version="1")
    assert ModelVersion.objects.get().stage == Stage.RETIRED
    connection.check_constraints()


def test_what_changes_the_model_and_what_does_not(client, model):
    before = client.model("m")["last_updated_timestamp"]
    client.make_version("m")
    made = client.model("m")["last_updated_timestamp"]
    client.do("PATCH", "model-versions/update", name="m", version="1", description="text")
    assert before < made == client.model("m")["last_updated_timestamp"]
    assert client.version("m", 1)["description"] == "text"
    client.do("POST", "model-versions/transition-stage", name="m", version="1", stage="STAGING")
    assert client.model("m")["last_updated_timestamp"] > made


def test_a_copy_is_downloaded_from_where_the_first_one_lies(client, model):
    client.make_version("m", "s3://bucket/first")
    client.make_model("copy of m")
    client.make_version("copy of m", "models:/m/1")
    client.make_model("copy of the copy")
    client.make_version("copy of the copy", "models:/copy of m/1")
    client.do("DELETE", "model-versions/delete", name="copy of m", version="1")
    found = client.ask("model-versions/get-download-uri", name="copy of the copy", version="1")
    assert found == {"artifact_uri": "s3://bucket/first"}
    sent = {"name": "m", "source": "models:/nothing/1"}
    refused(client.call("POST", "model-versions/create", sent), 404, "RESOURCE_DOES_NOT_EXIST", "name=nothing")


def test_a_copy_is_made_of_the_same_artifact(client, model):
    first = make_version(Model.objects.get(), artifact_sha256="7" * 64)
    client.make_model("copy of m")
    client.make_version("copy of m", f"models:/m/{first.number}")
    assert ModelVersion.objects.get(model__name="copy of m").artifact_sha256 == first.artifact_sha256
    tags = [{"key": "mrm.artifact_sha256", "value": "8" * 64}]
    sent = {"name": "copy of m", "source": f"models:/m/{first.number}", "tags": tags}
    refused(client.call("POST", "model-versions/create", sent), 400, "INVALID_PARAMETER_VALUE", "a copy of it has no")


def test_the_model_of_a_training_run_is_left_to_the_tracking_server(client, model):
    shown = client.make_version("m", "models:/m-0a1b", model_id="m-0a1b")
    assert shown["model_id"] == "m-0a1b"
    found = client.ask("model-versions/get-download-uri", name="m", version="1")
    assert found == {"artifact_uri": "models:/m-0a1b"}


@pytest.mark.parametrize(
    "source",
    [
        "s3://b/../secret",
        "file:///a/%2e%2e/b",
        "s3://b/%252e%252e/c",
        "..",
        "a\\..\\b",
        "s3://b/\nx",
        "x" * 1001,
        "runs:/other/m",
        "s3://[bucket]/m",
        "http://[::1",
        "s3://bucket]/m",
        "https://[v1.x/m",
        "http://\u2100.example/m",
    ],
)
def test_a_source_that_would_lead_astray_is_refused(client, model, source):
    sent = {"name": "m", "source": source, "run_id": "mine"}
    refused(client.call("POST", "model-versions/create", sent), 400, "INVALID_PARAMETER_VALUE")
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    "source", ["/home/erin/model", "file:///home/erin/model", "model", "mlflow-artifacts:/1/r/artifacts/m", "runs:/r/m"]
)
def test_what_lies_with_a_run_or_on_a_disk_is_registered_by_naming_the_run(client, model, source):
    lone = client.call("POST", "model-versions/create", {"name": "m", "source": source})
    refused(lone, 400, "INVALID_PARAMETER_VALUE", "run_id")
    assert client.make_version("m", source, run_id="r")["source"] == source


def test_a_copy_is_made_of_what_an_alias_names(client, model):
    for source in ("s3://bucket/one", "s3://bucket/two"):
        client.make_version("m", source)
    client.do("POST", "registered-models/alias", name="m", alias="good", version="2")
    copy = client.make_version("m", "models:/m@good")
    assert client.ask("model-versions/get-download-uri", name="m", version=copy["version"]) == {
        "artifact_uri": "s3://bucket/two"
    }
    lost = client.call("POST", "model-versions/create", {"name": "m", "source": "models:/m@nobody"})
    refused(lost, 400, "INVALID_PARAMETER_VALUE", "alias nobody not found")


def test_nobody_asks_a_source_for_anything(client, model, engineer, monkeypatch, tmp_path):
    """Neither when it is registered nor when it is read, copied, searched for or looked at on a page."""
    asked = []
    connect = socket.socket.connect

    def to_redis_alone(self, address):
        if self.family != socket.AF_UNIX:
            asked.append(address[0])
            raise ConnectionRefusedError(f"A test may not ask {address[0]}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", to_redis_alone)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("203.0.113.7", 80))
    assert asked.pop() == "203.0.113.7"
    file = tmp_path / "model.txt"
    file.write_text("the text of a file on the server")
    sources = ("http://203.0.113.7/model", "https://203.0.113.7/m", "s3://bucket/m", f"file://{file}", "runs:/r/m")
    told = []
    for number, source in enumerate(sources, 1):
        told += [client.make_version("m", source, run_id="r"), client.version("m", number)]
        told.append(client.ask("model-versions/get-download-uri", name="m", version=str(number)))
    client.make_model("copy")
    for number in range(1, len(sources) + 1):
        told.append(client.make_version("copy", f"models:/m/{number}"))
    told.append(client.ask("model-versions/search", filter="name = 'm'"))
    client.client.force_login(engineer)
    for number in range(1, len(sources) + 1):
        page = client.client.get(f"/models/m/versions/{number}/")
        assert page.status_code == 200
        told.append(page.text)
    assert asked == []
    assert "the text of a file" not in json.dumps(told)


@pytest.mark.parametrize("number", ["x", "1.5", "", "1e3", "²"])
def test_a_version_that_is_no_number_is_refused(client, model, number):
    refused(client.get("model-versions/get", name="m", version=number), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999"])
def test_a_number_that_no_version_has_is_not_found(client, model, number):
    refused(client.get("model-versions/get", name="m", version=number), 404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize(
    ("alias", "words"),
    [("v1", "reserved"), ("Latest", "reserved"), ("a b", "Invalid alias"), ("x" * 256, "255"), ("é!", "Invalid alias")],
)
def test_aliases_that_cannot_be(client, model, alias, words):
    client.make_version("m")
    sent = {"name": "m", "alias": alias, "version": "1"}
    refused(client.call("POST", "registered-models/alias", sent), 400, "INVALID_PARAMETER_VALUE", words)


def test_an_alias_is_moved_read_and_taken_away(client, model):
    for source in ("s3://b/1", "s3://b/2"):
        client.make_version("m", source)
    for number in ("1", "2"):
        client.do("POST", "registered-models/alias", name="m", alias="shadow", version=number)
    assert client.ask("registered-models/alias", name="m", alias="shadow")["model_version"]["version"] == "2"
    assert client.model("m")["aliases"] == [{"alias": "shadow", "version": "2"}]
    assert client.version("m", 1)["aliases"] == []
    for _ in range(2):
        client.do("DELETE", "registered-models/alias", name="m", alias="shadow")
    missing = client.get("registered-models/alias", name="m", alias="shadow")
    refused(missing, 400, "INVALID_PARAMETER_VALUE", "Registered model alias shadow not found.")


def test_stages_may_be_asked_for_in_any_case_and_by_get_or_post(client, model):
    for source in ("s3://b/1", "s3://b/2"):
        client.make_version("m", source)
    client.do("POST", "model-versions/transition-stage", name="m", version="1", stage="sTaging")
    ask = {"name": "m", "stages": ["staging"]}
    assert [
        row["version"] for row in client.do("POST", "registered-models/get-latest-versions", **ask)["model_versions"]
    ] == ["1"]
    found = client.ask("registered-models/get-latest-versions", name="m")["model_versions"]
    assert sorted((row["current_stage"], row["version"]) for row in found) == [("None", "2"), ("Staging", "1")]
    bad = client.call("POST", "registered-models/get-latest-versions", {"name": "m", "stages": ["foo"]})
    refused(bad, 400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: foo.")
    sent = {"name": "m", "version": "1", "stage": "None", "archive_existing_versions": True}
    refused(
        client.call("POST", "model-versions/transition-stage", sent), 400, "INVALID_PARAMETER_VALUE", "not an Active"
    )
