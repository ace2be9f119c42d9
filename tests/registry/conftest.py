"""A client of the MLflow API: `registry(person)` calls with a token of that person in the workspace main."""

import json

import pytest
from django.test import Client

from registry.services import set_rules
from tests.factories import make_token

BASE = "/api/2.0/mlflow/"


class Registry:
    """What a stock client sends, without the client."""

    def __init__(self, secret: str = "", *, base: str = BASE, **headers):
        self.base, self.client = base, Client()
        self.headers = ({"Authorization": f"Bearer {secret}"} if secret else {}) | headers

    def call(self, method: str, path: str, body=None):
        sent = json.dumps(body) if isinstance(body, dict) else body
        return self.client.generic(
            method, self.base + path, sent or "", content_type="application/json", headers=self.headers
        )

    def get(self, path: str, **query):
        return self.client.get(self.base + path, query, headers=self.headers)

    def ask(self, path: str, **query) -> dict:
        response = self.get(path, **query)
        assert response.status_code == 200, response.content
        return response.json()

    def do(self, method: str, path: str, **body) -> dict:
        response = self.call(method, path, body)
        assert response.status_code == 200, response.content
        return response.json()

    def make_model(self, name: str, tags: dict | None = None, description: str = "") -> dict:
        pairs = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        sent = {"name": name, "tags": pairs, "description": description}
        return self.do("POST", "registered-models/create", **sent)["registered_model"]

    def make_version(self, name: str, source: str = "s3://bucket/path", tags: dict | None = None, **fields) -> dict:
        pairs = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        return self.do("POST", "model-versions/create", name=name, source=source, tags=pairs, **fields)["model_version"]

    def model(self, name: str) -> dict:
        return self.ask("registered-models/get", name=name)["registered_model"]

    def version(self, name: str, number: int) -> dict:
        return self.ask("model-versions/get", name=name, version=str(number))["model_version"]


def refused(response, status: int, code: str, words: str = "") -> str:
    """The message of a refusal, having made sure that it is this one."""
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert (response.status_code, body["error_code"]) == (status, code), body
    assert words in body["message"], body["message"]
    return body["message"]


def tags_of(shown: dict) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in shown.get("tags", [])}


@pytest.fixture
def registry(workspace):
    def client(person, *, base: str = BASE, workspace=workspace, **scope) -> Registry:
        return Registry(make_token(person, workspace=workspace, **scope), base=base)

    return client


@pytest.fixture
def client(registry, engineer) -> Registry:
    """The engineer's client, in a governed workspace."""
    return registry(engineer)


@pytest.fixture
def ungoverned(workspace):
    set_rules(workspace, is_governed=False, actor=None)
