"""One call of an MLflow client: who calls, for which workspace, with what; and the answer, always JSON."""

import base64
import binascii
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from redis import Redis

from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Permission
from mrm.accounts.services import person_behind, require
from mrm.context import set_authenticated_by
from mrm.errors import DomainError, NotPermitted, RuleBroken
from registry import refusals
from registry.refusals import Refused, invalid
from registry.services import is_governed

WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"
HINT = (
    "This is a model registry, not a tracking server. Set it by mlflow.set_registry_uri() or MLFLOW_REGISTRY_URI, and "
    "leave the tracking URI to where your runs live."
)


@dataclass(frozen=True)
class Call:
    """What a client asked: the fields of its query or its JSON body."""

    person: Person
    workspace: Workspace
    fields: dict
    body: bytes

    @cached_property
    def governed(self) -> bool:
        return is_governed(self.workspace)

    def text(self, name: str, *, required: bool = True) -> str:
        value = self.fields.get(name)
        if value is None or value == "":
            if required:
                more = "See the API docs for more information about request parameters."
                raise invalid(f"Missing value for required parameter '{name}'. {more}")
            return ""
        return _plain(name, value)

    def texts(self, name: str) -> list[str]:
        values = self.fields.get(name)
        values = [] if values is None or values == "" else values
        values = [values] if isinstance(values, str) else values
        if not isinstance(values, list):
            raise _wrong(name, values)
        return [_plain(name, value) for value in values]

    def flag(self, name: str) -> bool:
        value = self.fields.get(name, False)
        if value is True or value in ("true", "True"):
            return True
        if value is False or value in (None, "", "false", "False"):
            return False
        raise _wrong(name, value)

    def count(self, name: str, *, default: int, most: int) -> int:
        value = self.fields.get(name)
        if value is None or value == "":
            return default
        word = str(value)
        is_number = word.isdecimal() and word.isascii() and len(word) < 10
        if isinstance(value, bool) or not is_number or not 1 <= int(word) <= most:
            raise invalid(
                f"Invalid value for request parameter {name}. It must be at least 1 and at most {most}, but got value "
                f"{word[:50]}"
            )
        return int(word)

    def tags(self) -> dict[str, str]:
        """The tags of a new model or version; of a key that comes twice the last counts, as in MLflow."""
        tags = self.fields.get("tags")
        tags = [] if tags is None else tags
        if not isinstance(tags, list):
            raise _wrong("tags", tags)
        found = {}
        for tag in tags:
            if not isinstance(tag, dict) or "key" not in tag:
                raise _wrong("tags", tag)
            value = tag.get("value")
            found[_plain("key", tag["key"])] = _plain("value", "" if value is None else value)
        return found


def endpoint(permission: Permission | None = Permission.READ, **methods: Callable[[Call], dict]):
    """A view that answers these methods; the caller must be allowed to read, since every client reads first."""

    @csrf_exempt
    @login_not_required
    def view(request: HttpRequest, workspace: str = "") -> HttpResponse:
        handler = methods.get(request.method)
        try:
            if handler is None:
                raise Refused(refusals.NO_ENDPOINT, f"{request.path} does not answer {request.method}.")
            call = _call(request, workspace)
            require(call.person, permission, call.workspace, model_slug=None)
            return answer(handler(call))
        except DomainError as refusal:
            return refuse(refusal)
        except RequestDataTooBig:
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
            return refuse(invalid(f"A body may be at most {limit} MiB; set further tags in calls of their own."))
        except UnreadablePostError:
            return refuse(invalid("The body broke off before its end; send it again."))

    return view


def answer(body: dict, status: int = 200) -> HttpResponse:
    return HttpResponse(json.dumps(body), status=status, content_type="application/json")


def refuse(refusal: DomainError) -> HttpResponse:
    """The refusal with MLflow's code for it, and the status that goes with the code."""
    match refusal:
        case Refused(code=code):
            pass
        case NotPermitted():
            code = refusals.DENIED
        case RuleBroken():
            code = refusals.CONFLICT
        case _:
            code = refusals.INVALID
    response = answer({"error_code": code, "message": str(refusal)}, refusals.STATUS[code])
    if code == refusals.UNAUTHENTICATED:
        response["WWW-Authenticate"] = 'Bearer, Basic realm="mrm"'
    if code == refusals.LIMITED:
        response["Retry-After"] = "60"
    return response


@csrf_exempt
@login_not_required
def no_endpoint(request: HttpRequest, rest: str = "", workspace: str = "") -> HttpResponse:
    """Any other address below the base path: in JSON, because a client cannot read anything else."""
    return refuse(Refused(refusals.NO_ENDPOINT, f"There is no endpoint {request.path[:200]}. {HINT}"))


@csrf_exempt
@login_not_required
def server_info(request: HttpRequest, workspace: str = "") -> HttpResponse:
    """What a client asks before it sends the name of a workspace; answered without signing in, as MLflow does."""
    return answer(
        {
            "store_type": None,
            "workspaces_enabled": True,
            "features_enabled": {},
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
        }
    )


def _call(request: HttpRequest, named: str) -> Call:
    person = request.user = _person(request)
    _count(person)
    workspace = _workspace(request, person, named)
    body = b"" if request.method == "GET" else request.body
    return Call(person, workspace, _query(request) if request.method == "GET" else _fields(body), body)


def _person(request: HttpRequest) -> Person:
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    secret = rest.strip()
    if scheme.lower() == "basic":
        try:
            # The user name says nothing: clients that know only Basic send the token as the password.
            secret = base64.b64decode(secret, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            secret = ""
    if scheme.lower() not in ("bearer", "basic") or not secret:
        raise Refused(
            refusals.UNAUTHENTICATED,
            "Send an API token: MLFLOW_TRACKING_TOKEN=<token>, or MLFLOW_TRACKING_USERNAME=token and "
            "MLFLOW_TRACKING_PASSWORD=<token>. People make tokens at "
            f"{settings.PUBLIC_URL}/tokens/.",
        )
    try:
        person = person_behind(secret)
    except NotPermitted as refusal:
        raise Refused(refusals.UNAUTHENTICATED, str(refusal)) from None
    set_authenticated_by("token")
    return person


def _workspace(request: HttpRequest, person: Person, named: str) -> Workspace:
    """The workspace of the token. Naming another one, in the address or in MLflow's header, is refused."""
    own = person.token.workspace
    for name in (named, request.headers.get(WORKSPACE_HEADER, "")):
        if name and name != own.slug:
            raise NotPermitted(f"This token belongs to the workspace {own.slug}, not to {name[:100]}.")
    return own


def _count(person: Person) -> None:
    """One more call of this token in this minute; too many are refused, and clients wait and repeat."""
    counter = f"registry-calls:{person.token.pk}:{time.time() // 60:.0f}"
    calls = _counters().incr(counter)
    if calls == 1:
        _counters().expire(counter, 120)
    if calls > settings.REGISTRY_CALLS_PER_MINUTE:
        most = settings.REGISTRY_CALLS_PER_MINUTE
        raise Refused(refusals.LIMITED, f"More than {most} calls in a minute; wait a minute and go on.")


@cache
def _counters() -> Redis:
    """Django's cache would make a client for each call, and ask twice."""
    return Redis.from_url(settings.REDIS_URL)


def _query(request: HttpRequest) -> dict:
    return {name: values if len(values) > 1 else values[0] for name, values in request.GET.lists() if values}


def _fields(body: bytes) -> dict:
    if not body.strip():
        return {}
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON in UTF-8.") from None
    if not isinstance(fields, dict):
        raise invalid("The body must be a JSON object.")
    return fields


def _plain(name: str, value) -> str:
    """A text that the database can hold."""
    if not isinstance(value, str):
        raise _wrong(name, value)
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise invalid(f"Parameter '{name}' holds a NUL or half a character; remove it.")
    return value


def _wrong(name: str, value) -> Refused:
    shown = json.dumps(value)[:100]
    hint = f"Hint: Value was of type '{type(value).__name__}'."
    more = "See the API docs for more information about request parameters."
    return invalid(f"Invalid value {shown} for parameter '{name}' supplied:  {hint} {more}")
