"""What the OpenAPI document says about every endpoint: who may call, what a refusal looks like, and examples."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from mrm.http import TITLE

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text of yours. The same key with the same body is answered as the first time; with another, 409.",
)
DETAILS = {
    400: "The request cannot be read.",
    401: "There is no usable token.",
    403: "Your roles or your token do not allow this.",
    404: "There is nothing at this address that you may see.",
    409: "A rule does not allow this now.",
    412: "It was changed since the state that If-Match names.",
    413: "The body is larger than MAXIMUM_UPLOAD_MIB.",
    415: "The media type is not read here.",
    422: "The data can be read but not used; each fault names its field, row or column.",
    429: "Too many requests; Retry-After says when to come back.",
}


class FaultOut(serializers.Serializer):
    message = serializers.CharField()
    field = serializers.CharField(required=False)
    row = serializers.IntegerField(required=False, help_text="Counted from 1, without the header.")
    column = serializers.CharField(required=False)


class ShownOut(serializers.Serializer):
    reason = serializers.CharField()
    entry = serializers.IntegerField(help_text="Position in the trail of the entry that shows what it rests on.")


class ProblemOut(serializers.Serializer):
    """A problem as RFC 9457 describes it; `errors`, `reasons` and `shown_by` are there where they say more."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    request_id = serializers.CharField(help_text="Names the entry in the log.")
    reasons = serializers.ListField(child=serializers.CharField(), required=False)
    shown_by = ShownOut(many=True, required=False)
    errors = FaultOut(many=True, required=False)


def problems(*statuses: int) -> dict:
    """The refusals of an operation, by status and media type; 401 and 429 can always come."""
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemOut, DETAILS[status], [_example(status)])
        for status in sorted({401, 429, *statuses})
    }


def request_example(name: str, value, media_type: str = "application/json") -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True, media_type=media_type)


def response_example(name: str, value, status: int = 200) -> OpenApiExample:
    return OpenApiExample(name, value, response_only=True, status_codes=[str(status)])


def _example(status: int) -> OpenApiExample:
    body = {"type": "about:blank", "title": TITLE[status], "status": status, "detail": DETAILS[status]}
    return OpenApiExample(TITLE[status], body | {"request_id": "9f0c3e5d"}, response_only=True)


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "mrm.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A token from your page of tokens."}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "mrm.accounts.authentication.PageAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "Signed in on the pages."}


PATH_EXAMPLES = {
    "slug": "instalment-loan-default",
    "name": "limitations",
    "number": 1,
    "version": 1,
    "reference": "CR-2026-0001",
    "code": "nist-ai-rmf",
    "cadence": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10",
    "row": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10",
    "document": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10",
    "draft_id": "0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10",
}


def add_path_examples(result, generator, request, public):
    """A postprocessing hook: what stands in an address, so that an example can be pasted as it is."""
    for path in result["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in PATH_EXAMPLES:
                    parameter["example"] = PATH_EXAMPLES[parameter["name"]]
    return result


def forbid_other_fields(result, generator, request, public):
    """A postprocessing hook: an object in a request of JSON has the fields that are told, and no others."""
    components = result.get("components", {}).get("schemas", {})
    operations = [operation for path in result["paths"].values() for operation in path.values()]
    bodies = [body for operation in operations for body in operation.get("requestBody", {}).get("content", {}).items()]
    waiting, seen = [body.get("schema", {}) for media_type, body in bodies if "json" in media_type], set()
    while waiting:
        schema = waiting.pop()
        if name := schema.get("$ref", "").rpartition("/")[2]:
            if name not in seen:
                seen.add(name)
                waiting.append(components[name])
            continue
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        waiting += schema.get("properties", {}).values()
        waiting += [schema["items"]] if "items" in schema else []
        waiting += [one for key in ("allOf", "oneOf", "anyOf") for one in schema.get(key, ())]
    return result
