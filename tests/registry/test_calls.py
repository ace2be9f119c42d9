"""How a call comes in: credentials, workspaces, bodies; and that every answer is JSON with MLflow's code."""

import base64

import pytest
from django.test import Client, override_settings

from registry.api import models, versions
from tests.factories import make_token, make_workspace
from tests.registry.conftest import BASE, Registry, refused


@pytest.fixture
def secret(engineer):
    return make_token(engineer)


def basic(user: str, password: str) -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_token_is_taken_as_bearer_or_as_the_password_of_anybody(secret):
    for client in (Registry(secret), Registry(**basic("anything", secret)), Registry(**basic("", secret))):
        assert client.ask("registered-models/search") == {"registered_models": []}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer mrm_unknown"},
        {"Authorization": "Basic !!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Digest x"},
        basic("erin", "wrong"),
    ],
)
def test_whoever_has_no_token_is_told_how_to_send_one(workspace, headers):
    response = Registry(**headers).get("registered-models/search")
    refused(response, 401, "UNAUTHENTICATED")
    assert "Basic" in response.headers["WWW-Authenticate"]


def test_a_session_of_the_pages_is_no_way_in(workspace, engineer):
    client = Registry()
    client.client.force_login(engineer)
    refused(client.get("registered-models/search"), 401, "UNAUTHENTICATED")


def test_the_workspace_may_be_named_in_the_address_or_the_header_but_is_the_tokens(secret, stranger):
    assert Registry(secret, base=f"/w/main{BASE}").ask("registered-models/search") == {"registered_models": []}
    named = {"X-MLFLOW-WORKSPACE": "main"}
    assert Registry(secret, **named).ask("registered-models/search") == {"registered_models": []}
    make_workspace("other")
    for client in (
        Registry(secret, base=f"/w/other{BASE}"),
        Registry(secret, **{"X-MLFLOW-WORKSPACE": "other"}),
        Registry(secret, base=f"/w/main{BASE}", **{"X-MLFLOW-WORKSPACE": "no-such"}),
    ):
        refused(client.get("registered-models/search"), 403, "PERMISSION_DENIED", "belongs to the workspace main")


@pytest.mark.parametrize("prefix", ["", "/w/main"])
def test_a_client_learns_without_signing_in_that_there_are_workspaces(client, prefix):
    answer = client.client.get(f"{prefix}/api/3.0/mlflow/server-info")
    assert answer.status_code == 200 and answer.json()["workspaces_enabled"] is True


@pytest.mark.parametrize(
    "path", ["experiments/search", "webhooks", "webhooks/1/test", "registered-models/get/", "", "x/y"]
)
def test_what_is_not_there_is_said_in_json(client, path):
    refused(client.call("POST", path, {}), 404, "ENDPOINT_NOT_FOUND", "registry")
    refused(client.get(path), 404, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize("method", ["PUT", "POST", "OPTIONS", "TRACE"])
def test_another_method_is_refused_in_json(client, method):
    refused(client.call(method, "registered-models/get", {}), 404, "ENDPOINT_NOT_FOUND", method)


@pytest.mark.parametrize(
    "body",
    ["{", "[]", '"text"', "7", b"\xff\xfe", "[" * 100_000, '{"name": NaN', '{"name": null}', '{"name": ""}', ""],
)
def test_a_body_that_cannot_be_read_is_refused_and_never_an_error(client, body):
    refused(client.call("POST", "registered-models/create", body), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": "text"},
        {"tags": [{"value": "no key"}]},
        {"tags": ["text"]},
        {"tags": [{"key": "a\x00b", "value": "v"}]},
        {"tags": [{"key": "k", "value": "\ud800"}]},
        {"tags": [{"key": "k" * 251, "value": "v"}]},
        {"tags": [{"key": "../k", "value": "v"}]},
        {"tags": [{"key": "k", "value": "v" * 100_001}]},
        {"tags": [{"key": "k", "value": ["v"]}]},
        {"description": {"a": 1}},
        {"description": "x" * 20_001},
    ],
)
def test_fields_that_cannot_be_kept_are_refused_in_words(client, fields):
    refused(client.call("POST", "registered-models/create", {"name": "m"} | fields), 400, "INVALID_PARAMETER_VALUE")


def test_ten_thousand_tags_are_taken_and_a_body_beyond_the_limit_is_refused(client):
    client.make_model("m", {f"key {number}": "v" for number in range(10_000)})
    assert len(client.model("m")["tags"]) >= 10_000
    tags = [{"key": f"more {number}", "value": "v"} for number in range(20_001)]
    too_many = {"name": "n", "tags": tags}
    refused(client.call("POST", "registered-models/create", too_many), 400, "INVALID_PARAMETER_VALUE", "20000 tags")
    large = {"name": "n", "tags": [{"key": f"k{number}", "value": "v" * 100_000} for number in range(60)]}
    refused(client.call("POST", "registered-models/create", large), 400, "INVALID_PARAMETER_VALUE", "MiB")


def test_the_document_of_the_calls_names_every_call_and_no_other(client):
    paths = Client().get("/api/schema/mlflow/").json()["paths"]
    told = {(method.upper(), path.removeprefix(BASE)) for path, item in paths.items() for method in item}
    kinds = {"registered-models": models.VIEWS, "model-versions": versions.VIEWS}
    assert {path for _, path in told} == {f"{kind}/{name}" for kind, views in kinds.items() for name in views}
    for path in {path for _, path in told}:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            answer = client.call(method, path, {}) if method != "GET" else client.get(path)
            assert (answer.json().get("error_code") != "ENDPOINT_NOT_FOUND") == ((method, path) in told), (method, path)


@pytest.mark.parametrize(
    "fields",
    [{"tags": False}, {"tags": {}}, {"tags": [{"key": "k", "value": False}]}, {"tags": [{"key": "k", "value": []}]}],
    ids=["no array", "an object", "a flag for a value", "an array for a value"],
)
def test_what_is_of_another_type_is_refused_and_not_taken_for_nothing(client, fields):
    answer = client.call("POST", "registered-models/create", {"name": "m"} | fields)
    refused(answer, 400, "INVALID_PARAMETER_VALUE", "Invalid value")


def test_too_many_calls_in_a_minute_are_refused_with_when_to_come_again(client):
    with override_settings(REGISTRY_CALLS_PER_MINUTE=3):
        answers = [client.get("registered-models/search") for _ in range(8)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited
    refused(limited[0], 429, "REQUEST_LIMIT_EXCEEDED")
    assert limited[0].headers["Retry-After"] == "60"


def test_a_token_that_may_only_register_versions_cannot_read(registry, engineer):
    limited = registry(engineer, actions=["register_version"])
    refused(limited.get("registered-models/search"), 403, "PERMISSION_DENIED", "may not read")
