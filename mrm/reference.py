"""The page that documents the REST API: every operation of the OpenAPI document, with a command to paste."""

import json
import shlex
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
FILES = {"text/csv": "rows.csv", "application/vnd.apache.parquet": "rows.parquet", "application/pdf": "report.pdf"}


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    example: str


@dataclass(frozen=True)
class Operation:
    """One operation as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict]
    media_types: list[str]
    command: str
    answers: list[Answer]
    problems: list[Answer]


@login_not_required
def reference(request):
    return render(request, "api/reference.html", {"groups": _groups(), "public_url": settings.PUBLIC_URL})


@cache
def _groups() -> dict[str, list[Operation]]:
    """The operations by their tag, in the order of the document."""
    groups: dict[str, list[Operation]] = {}
    document = SchemaGenerator().get_schema(request=None, public=True)
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                tag = item[method].get("tags", ["other"])[0]
                groups.setdefault(tag, []).append(_operation(method, path, item[method]))
    return groups


def _operation(method: str, path: str, described: dict) -> Operation:
    bodies = described.get("requestBody", {}).get("content", {})
    answers = [_answer(status, answer) for status, answer in described["responses"].items()]
    return Operation(
        name=described["operationId"],
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        parameters=described.get("parameters", []),
        media_types=list(bodies),
        command=_command(method, path, described.get("parameters", []), bodies),
        answers=[answer for answer in answers if answer.status < "300"],
        problems=[answer for answer in answers if answer.status >= "300"],
    )


def _answer(status: str, described: dict) -> Answer:
    contents = described.get("content", {}).values()
    values = [example["value"] for content in contents for example in content.get("examples", {}).values()]
    example = json.dumps(values[0], indent=2, ensure_ascii=False) if values else ""
    return Answer(str(status), described.get("description", ""), example)


def _command(method: str, path: str, parameters: list[dict], bodies: dict) -> str:
    """The call as a line of curl that works once MRM and MRM_TOKEN are set."""
    for parameter in parameters:
        if parameter["in"] == "path" and "example" in parameter:
            path = path.replace("{" + parameter["name"] + "}", str(parameter["example"]))
    lines = [f'curl "$MRM{path}"', '--header "Authorization: Bearer $MRM_TOKEN"']
    if method != "get":
        lines[0] = f'curl --request {method.upper()} "$MRM{path}"'
    if bodies:
        media_type, content = _best(bodies)
        lines.append(f'--header "Content-Type: {media_type}"')
        examples = [example["value"] for example in content.get("examples", {}).values()]
        sent = shlex.quote(json.dumps(examples[0], ensure_ascii=False)) if examples else f"@{_file(media_type)}"
        lines.append(f"--data{'' if examples else '-binary'} {sent}")
    return " \\\n  ".join(lines)


def _best(bodies: dict) -> tuple[str, dict]:
    """The media type with an example, else the first."""
    with_example = [(name, content) for name, content in bodies.items() if content.get("examples")]
    return (with_example or list(bodies.items()))[0]


def _file(media_type: str) -> str:
    return FILES.get(media_type, "model.onnx")
