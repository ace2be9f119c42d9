"""The promises of REST version 1: every address is there, described, and its examples are what it says they are."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

METHODS = {"get", "post", "put", "patch", "delete"}
PROMISED = """
GET POST /models/
GET PATCH /models/{slug}/
GET POST /models/{slug}/versions/
GET /models/{slug}/attributes/
GET POST /models/{slug}/attributes/{name}/
POST /models/{slug}/attributes/{name}/{row}/ending/
POST /models/{slug}/documents/
GET /models/{slug}/documents/{document}/
GET POST /models/{slug}/uses/
GET PATCH /models/{slug}/uses/{number}/
GET /models/{slug}/uses/{number}/approvals/
GET /models/{slug}/versions/{number}/
PUT /models/{slug}/versions/{number}/artifact
POST /models/{slug}/versions/{number}/reference/
POST /models/{slug}/versions/{number}/batches/
POST /models/{slug}/outcomes/
GET POST /models/{slug}/plans/
POST /plans/{plan_id}/runs/
GET /models/{slug}/runs/
GET /runs/{run_id}/
GET /models/{slug}/breaches/
POST /breaches/{breach_id}/closure/
GET POST /findings/
GET /findings/{reference}/
POST /findings/{reference}/response/
POST /findings/{reference}/submission/
POST /findings/{reference}/return/
POST /findings/{reference}/closure/
GET POST /changes/
GET /changes/{reference}/
GET /changes/{reference}/statement/
POST /changes/{reference}/decisions/
POST /changes/{reference}/withdrawal/
GET /models/{slug}/versions/{number}/gate/
GET POST /reports/
GET /reports/{report}/
GET /reports/{report}/pdf
GET /reports/{report}/evidence
POST /reports/verify/
GET /trail/entries/
GET /trail/checkpoint
GET /trail/proof/inclusion
GET /trail/proof/consistency
POST /retraining/{reference}/events/
"""
LINES = [line.split() for line in PROMISED.strip().splitlines()]


@pytest.fixture(scope="module")
def document() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document: dict):
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def test_whatever_answers_in_pages_says_how_one_asks_for_them(document):
    told = {
        line: {one["name"]: one["schema"] for one in read.get("parameters", ())} for line, read in operations(document)
    }
    lengths = {line: read["page_size"] for line, read in told.items() if "page_size" in read}
    assert {"GET /api/v1/models/", "GET /api/v1/regimes/", "GET /api/v1/findings/"} <= lengths.keys()
    assert all((one["minimum"], one["maximum"], one["default"]) == (1, 200, 50) for one in lengths.values())
    assert all("cursor" in told[line] for line in lengths)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[-1])
def test_what_was_promised_is_there(document, line):
    *methods, path = line
    found = document["paths"].get(f"/api/v1{path}", {})
    assert {method.lower() for method in methods} <= found.keys()


def test_the_document_is_made_without_a_warning(tmp_path: Path):
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(tmp_path / "schema.yml"))


def test_every_operation_has_a_summary_and_an_example_of_its_answer(document):
    for where, operation in operations(document):
        assert operation["summary"] and operation["tags"], where
        answers = [answer for status, answer in operation["responses"].items() if status < "300"]
        assert answers, where
        for answer in answers:
            assert all(content.get("examples") for content in answer["content"].values()), where


def test_every_post_takes_an_idempotency_key_except_the_call_back(document):
    for where, operation in operations(document):
        if where.startswith("POST") and "/retraining/" not in where:
            assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, where


def test_no_request_has_room_for_fields_that_nobody_reads(document):
    for where, operation in operations(document):
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            schema = content.get("schema", {})
            if name := schema.get("$ref", "").rpartition("/")[2]:
                schema = document["components"]["schemas"][name]
            if "json" in media_type and "properties" in schema:
                assert schema["additionalProperties"] is False, where


def test_every_example_is_of_the_shape_that_is_documented(document):
    checked = 0
    for where, operation in operations(document):
        described = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (content for one in described for content in one.get("content", {}).items()):
            media_type, shape = content
            if not re.search("json", media_type):
                continue
            schema = {**shape["schema"], "components": document["components"]}
            for name, example in shape.get("examples", {}).items():
                faults = list(jsonschema.Draft202012Validator(schema).iter_errors(example["value"]))
                assert not faults, f"{where}, {name}: {faults[0].message} at {faults[0].json_path}"
                checked += 1
    assert checked > 100


# What is answered to a POST and not read again, with why.
ANSWERED_ONCE = {
    "POST /api/v1/tokens/": "A secret is shown once; the token is read without it.",
    "POST /api/v1/tokens/{token_id}/rotation/": "A secret is shown once; the token is read without it.",
    "POST /api/v1/models/bulk/": "Each model that it names is read as a model.",
    "POST /api/v1/models/{slug}/indicators/": "It counts what came; the points are read at the series.",
    "POST /api/v1/reports/verify/": "Nothing is kept of a file that was checked.",
}
# What is added is read with what it belongs to.
READ_WITH = {
    "POST /api/v1/breaches/{breach_id}/decision/": "/api/v1/models/{slug}/breaches/",
    "POST /api/v1/breaches/{breach_id}/steps/": "/api/v1/models/{slug}/breaches/",
    "POST /api/v1/changes/{reference}/decisions/": "/api/v1/changes/{reference}/",
    "POST /api/v1/models/{slug}/tier/assessments/": "/api/v1/models/{slug}/tier/",
}


def test_whatever_is_written_can_be_read_again_as_it_was_answered(document):
    read = {name for where, one in operations(document) if where.startswith("GET") for name in shapes_in(document, one)}
    written_only = []
    for where, operation in operations(document):
        if where.startswith("GET") or where in ANSWERED_ONCE:
            continue
        told = {ref for answer in answers_of(operation) for ref in refs_in(answer)}
        inner = {name for ref in told for name in refs_in(document["components"]["schemas"][ref])}
        # Read itself, or, where it says two things at once, each of them.
        if not told or not (told <= read or inner and inner <= read):
            written_only.append(f"{where}: {', '.join(sorted(told - read)) or 'nothing'}")
    assert not written_only, "\n".join(written_only)
    assert ANSWERED_ONCE.keys() <= {where for where, _ in operations(document)}


def test_where_one_is_added_the_same_address_lists_them_or_a_known_one_does(document):
    paths = document["paths"]
    assert all("get" in paths[path] for path in READ_WITH.values())
    for where, operation in operations(document):
        method, path = where.split()
        is_addition = method == "POST" and "201" in operation["responses"]
        below = any(other.startswith(path + "{") and "get" in item for other, item in paths.items())
        assert not is_addition or "get" in paths[path] or below or where in ANSWERED_ONCE | READ_WITH, where


def answers_of(operation: dict) -> list[dict]:
    answers = [answer for status, answer in operation["responses"].items() if status < "300"]
    return [content["schema"] for answer in answers for content in answer.get("content", {}).values()]


def refs_in(schema: dict) -> set[str]:
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schema)))


def shapes_in(document: dict, operation: dict) -> set[str]:
    """Every shape that an answer is made of, however deep."""
    found, waiting = set(), [name for answer in answers_of(operation) for name in refs_in(answer)]
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += refs_in(document["components"]["schemas"][name])
    return found
