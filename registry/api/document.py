"""The calls of this API as an OpenAPI document, for programs that are no MLflow client and for who tests it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry import stages
from registry.api import models, versions
from registry.api.calls import answer
from registry.limits import LONGEST_ALIAS, LONGEST_KEY, LONGEST_NAME, LONGEST_SOURCE, LONGEST_VALUE
from registry.refusals import STATUS

TEXT = {"type": ["string", "number"]}  # A number is taken as its text: some programs send versions so.
SOME = {"type": ["string", "number", "null"]}
TEXTS = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": ["string", "null"]}]}
PAIR = {
    "key": {"type": "string", "maxLength": LONGEST_KEY},
    "value": {"type": ["string", "null"], "maxLength": LONGEST_VALUE},
}
TAGS = {"type": ["array", "null"], "items": {"type": "object", "properties": PAIR, "required": ["key"]}}
NAME = TEXT | {"minLength": 1, "maxLength": LONGEST_NAME, "examples": ["Instalment loan default"]}
VERSION = TEXT | {"minLength": 1, "examples": ["1"]}
KEY = TEXT | {"minLength": 1, "maxLength": LONGEST_KEY}
VALUE = SOME | {"maxLength": LONGEST_VALUE}
ALIAS = TEXT | {"minLength": 1, "maxLength": LONGEST_ALIAS, "pattern": r"^[\w\-]+$"}
SOURCE = TEXT | {"minLength": 1, "maxLength": LONGEST_SOURCE}
STAGE = TEXT | {"minLength": 1, "description": f"{', '.join(stages.ASSIGNABLE)}, in any case."}
FLAG = {"enum": [True, False, "true", "True", "false", "False", "", None]}
SEARCH = {"filter": SOME, "order_by": TEXTS, "page_token": SOME}
SEARCH_MODELS, SEARCH_VERSIONS = (
    SEARCH | {"max_results": {"type": "integer", "minimum": 1, "maximum": most}}
    for most in (models.MOST, versions.MOST)
)

MODEL, MODELS, NOTHING = "registered_model", "registered_models", ""
ONE, MANY, LOCATION = "model_version", "model_versions", "artifact_uri"
ONE_MODEL, ONE_VERSION = {"name": NAME}, {"name": NAME, "version": VERSION}
FACTS = dict.fromkeys(("run_id", "run_link", "model_id", "description"), SOME)

# Of each call its fields, those that it needs, and what it answers with.
CALLS: dict[str, tuple[dict, tuple[str, ...], str]] = {
    "POST registered-models/create": ({"name": NAME, "tags": TAGS, "description": SOME}, ("name",), MODEL),
    "GET registered-models/get": (ONE_MODEL, ("name",), MODEL),
    "GET registered-models/search": (SEARCH_MODELS, (), MODELS),
    "PATCH registered-models/update": (ONE_MODEL | {"description": SOME}, ("name",), MODEL),
    "POST registered-models/rename": (ONE_MODEL | {"new_name": NAME}, ("name", "new_name"), MODEL),
    "DELETE registered-models/delete": (ONE_MODEL, ("name",), NOTHING),
    "POST registered-models/get-latest-versions": (ONE_MODEL | {"stages": TEXTS}, ("name",), MANY),
    "GET registered-models/get-latest-versions": (ONE_MODEL | {"stages": TEXTS}, ("name",), MANY),
    "POST registered-models/set-tag": (ONE_MODEL | {"key": KEY, "value": VALUE}, ("name", "key"), NOTHING),
    "DELETE registered-models/delete-tag": (ONE_MODEL | {"key": KEY}, ("name", "key"), NOTHING),
    "POST registered-models/alias": (ONE_VERSION | {"alias": ALIAS}, ("name", "version", "alias"), NOTHING),
    "DELETE registered-models/alias": (ONE_MODEL | {"alias": ALIAS}, ("name", "alias"), NOTHING),
    "GET registered-models/alias": (ONE_MODEL | {"alias": ALIAS}, ("name", "alias"), ONE),
    "POST model-versions/create": (
        ONE_MODEL | {"source": SOURCE, "tags": TAGS} | FACTS,
        ("name", "source"),
        ONE,
    ),
    "GET model-versions/get": (ONE_VERSION, ("name", "version"), ONE),
    "GET model-versions/search": (SEARCH_VERSIONS, (), MANY),
    "PATCH model-versions/update": (ONE_VERSION | {"description": SOME}, ("name", "version"), ONE),
    "DELETE model-versions/delete": (ONE_VERSION, ("name", "version"), NOTHING),
    "POST model-versions/transition-stage": (
        ONE_VERSION | {"stage": STAGE, "archive_existing_versions": FLAG},
        ("name", "version", "stage"),
        ONE,
    ),
    "GET model-versions/get-download-uri": (ONE_VERSION, ("name", "version"), LOCATION),
    "POST model-versions/set-tag": (ONE_VERSION | {"key": KEY, "value": VALUE}, ("name", "version", "key"), NOTHING),
    "DELETE model-versions/delete-tag": (ONE_VERSION | {"key": KEY}, ("name", "version", "key"), NOTHING),
}  # fmt: skip

ANSWERED = {
    "RegisteredModel": {
        "name": {"type": "string"},
        "creation_timestamp": {"type": "integer", "description": "Milliseconds since 1970."},
        "last_updated_timestamp": {"type": "integer"},
        "user_id": {"type": "string", "description": "Who answers for it."},
        "description": {"type": "string"},
        "latest_versions": {"type": "array", "items": {"$ref": "#/components/schemas/ModelVersion"}},
        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
        "aliases": {"type": "array", "items": {"$ref": "#/components/schemas/Alias"}},
    },
    "ModelVersion": {
        **dict.fromkeys(
            ("name", "version", "user_id", "description", "source", "run_id", "run_link"), {"type": "string"}
        ),
        "model_id": {"type": "string", "description": "Of the logged model; left out where there is none."},
        "model_params": {"type": "array", "items": {"$ref": "#/components/schemas/Param"}},
        "model_metrics": {"type": "array", "items": {"$ref": "#/components/schemas/Metric"}},
        "mrm": {
            "type": "object",
            "description": "In a governed workspace: where people see the version, and where it stands.",
            "properties": {"url": {"type": "string"}, "status": {"type": "string"}},
            "required": ["url", "status"],
        },
        "creation_timestamp": {"type": "integer"},
        "last_updated_timestamp": {"type": "integer"},
        "current_stage": {"enum": list(stages.ASSIGNABLE)},
        "status": {"const": "READY"},
        "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
        "aliases": {"type": "array", "items": {"type": "string"}},
    },
    "Tag": {"key": {"type": "string"}, "value": {"type": "string"}},
    "Param": {"name": {"type": "string"}, "value": {"type": "string"}},
    "Metric": {
        "key": {"type": "string"},
        "value": {"type": "number"},
        "timestamp": {"type": "integer"},
        "step": {"type": "integer"},
        "run_id": {"type": "string"},
        "model_id": {"type": "string"},
    },
    "Alias": {"alias": {"type": "string"}, "version": {"type": "string"}},
    "Refusal": {"error_code": {"enum": sorted(STATUS)}, "message": {"type": "string"}},
}
# What is left out where there is nothing to say.
SOMETIMES = {
    "ModelVersion": ("model_id", "model_params", "model_metrics", "mrm"),
    "Metric": ("run_id", "model_id"),
}
SCHEMAS = {
    MODEL: {"$ref": "#/components/schemas/RegisteredModel"},
    MODELS: {"type": "array", "items": {"$ref": "#/components/schemas/RegisteredModel"}},
    ONE: {"$ref": "#/components/schemas/ModelVersion"},
    MANY: {"type": "array", "items": {"$ref": "#/components/schemas/ModelVersion"}},
    LOCATION: {"type": "string"},
}


@require_safe
@login_not_required
def document(request: HttpRequest) -> HttpResponse:
    """The document itself, for everybody: it says no more than docs/mlflow.md."""
    paths: dict[str, dict] = {}
    for call, (fields, needed, answers) in CALLS.items():
        method, path = call.split()
        paths.setdefault(f"/api/2.0/mlflow/{path}", {})[method.lower()] = _operation(call, fields, needed, answers)
    return answer(
        {
            "openapi": "3.1.0",
            "info": {"title": "mrm for MLflow clients", "version": "2.0"},
            "servers": [{"url": "/"}, {"url": "/w/{workspace}", "variables": {"workspace": {"default": "main"}}}],
            "security": [{"token": []}, {"password": []}],
            "paths": paths,
            "components": {
                "schemas": {
                    name: _object(fields, [one for one in fields if one not in SOMETIMES.get(name, ())])
                    for name, fields in ANSWERED.items()
                },
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "password": {"type": "http", "scheme": "basic", "description": "The token is the password."},
                },
            },
        }
    )


def _operation(call: str, fields: dict, needed: tuple[str, ...], answers: str) -> dict:
    method, path = call.split()
    said = {answers: SCHEMAS[answers]} if answers else {}
    optional = {"next_page_token": {"type": "string"}} if path.endswith("/search") else {}
    operation = {
        "operationId": call.replace(" ", "-").replace("/", "-").lower(),
        "tags": [path.partition("/")[0]],
        "responses": {
            "200": _response("What was asked for, or what was done.", _object(said | optional, said)),
            **{
                str(status): _response("Why not.", {"$ref": "#/components/schemas/Refusal"})
                for status in sorted(set(STATUS.values()))
            },
        },
    }
    if method == "GET":
        operation["parameters"] = [
            {"name": name, "in": "query", "required": name in needed, "schema": schema, "explode": True}
            for name, schema in fields.items()
        ]
    else:
        body = {"application/json": {"schema": _object(fields, needed)}}
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _object(properties: dict, required) -> dict:
    return {"type": "object", "properties": properties, "required": list(required)}


def _response(description: str, schema: dict) -> dict:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
