"""The OpenAPI document and the page made from it."""

import re
import subprocess

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from inventory.api.urls import urlpatterns
from mrm.reference import _groups

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield method, path, item[method]


def ours(document):
    return [
        (method, path, found)
        for method, path, found in operations(document)
        if re.match("/api/v1/(models|policies)/", path)
    ]


def test_the_document_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate_schema(document)


def test_every_address_is_described(document):
    for pattern in urlpatterns:
        path = "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))
        assert path in document["paths"], path


def test_every_operation_has_a_summary_examples_and_its_refusals(document):
    for method, path, operation in ours(document):
        where = f"{method} {path}"
        assert operation["summary"] and operation["tags"], where
        assert {"401", "429"} <= operation["responses"].keys(), where
        for status, answer in operation["responses"].items():
            media_type = "application/json" if status < "300" else "application/problem+json"
            is_file = "application/octet-stream" in answer["content"]
            content = answer["content"]["application/octet-stream" if is_file else media_type]
            assert content["examples"], f"{where} {status}"
        bodies = operation.get("requestBody", {}).get("content", {})
        if "requestBody" in operation and "application/octet-stream" not in bodies:
            assert bodies["application/json"]["examples"], where
        if method == "post":
            assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, where


def test_anybody_may_read_the_document_and_the_page(client, db):
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/")
    assert page.status_code == 200
    content = page.content.decode()
    assert "Log a batch of predictions" in content
    assert not re.search(r"""(src|href)=["']https?://""", content)


def test_the_commands_of_the_page_are_good_shell():
    commands = [operation.command for group in _groups().values() for operation in group]
    assert len(commands) >= 12
    for command in commands:
        assert "{" not in command.partition("--header")[0] or "/models/" not in command, command
        subprocess.run(["bash", "-n", "-c", command], check=True)
