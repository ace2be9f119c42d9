"""How the domain's answers become HTTP: request ids, problem+json for programs, pages for people."""

import errno
import sys
import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request
from django_htmx.http import HttpResponseClientRedirect
from redis.exceptions import ConnectionError as QueueLost
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from mrm.context import RequestContext, enter, leave, request_context, set_authenticated_by, set_origin
from mrm.errors import (
    CursorUnknown,
    DomainError,
    NotPermitted,
    Outdated,
    RuleBroken,
    TookTooLong,
    TooLarge,
    UnusableData,
    shown_by,
)

STATUS = {NotPermitted: 403, RuleBroken: 409, Outdated: 412, UnusableData: 422, TookTooLong: 422, TooLarge: 413}
TITLE = {
    400: "The request is malformed",
    401: "Sign in first",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "A rule does not allow this",
    412: "Changed since you read it",
    413: "Too large",
    415: "Unsupported media type",
    422: "The data cannot be used",
    429: "Too many requests",
    503: "Not available at this moment",
    507: "No room left",
}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DISK_FULL = "53100"  # PostgreSQL's code.
SHUTTING_DOWN = {"57P01", "57P02", "57P03"}
COME_AGAIN_AFTER = 10  # Seconds; a restart takes no longer.


class RequestContextMiddleware:
    """Gives each request an id, which its log lines, trail entries and answer carry."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = enter(RequestContext(uuid.uuid4().hex, "anonymous"))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_context().request_id
            return response
        finally:
            leave(token)


class SignedInMiddleware(LoginRequiredMiddleware):
    """Pages are for people who have signed in; views that serve everybody say so with `login_not_required`.

    What somebody was shown is kept by no cache, and not shown again by going back after they have signed out.
    """

    def __call__(self, request):
        set_origin(f"{request.scheme}://{request.get_host()}")
        if request.user.is_authenticated:
            set_authenticated_by("session", session=request.session.session_key or "")
        response = super().__call__(request)
        if request.user and request.user.is_authenticated:  # By session, or as the API found by a token.
            response.setdefault("Cache-Control", "private, no-store")
        return response

    def handle_no_permission(self, request, view_func):
        """To the sign-in page as a whole, also where htmx asked for a part of another."""
        response = super().handle_no_permission(request, view_func)
        return HttpResponseClientRedirect(response.url) if request.htmx else response


class ContentSecurityMiddleware:
    """Nothing on a page may come from another host, and nothing inline may run.

    Vega compiles expressions to functions unless its interpreter is used, so the pages use the interpreter and need no
    'unsafe-eval'; it sets inline styles, hence the style exception.
    """

    POLICY = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.POLICY)
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response


class RefusalMiddleware:
    """A refusal becomes a page with every reason; part of a page where htmx asked for a part. A place in a list that
    does not exist becomes the beginning of that list."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, CursorUnknown):
            return redirect(request.path)
        if isinstance(exception, DomainError):
            status, reasons = STATUS[type(exception)], exception.reasons
        elif sentence := no_room(exception):
            if "/api/" in request.path:
                return _for_programs(507, sentence, error_code="RESOURCE_EXHAUSTED")
            status, reasons = 507, [sentence]
        else:
            return None
        return _refused(request, status, reasons, errors=getattr(exception, "errors", None))


def no_room(exception: Exception) -> str:
    """Where a disk is full, in words; empty for any other fault."""
    if isinstance(exception, OSError) and exception.errno in NO_ROOM:
        where = "for files"
    elif isinstance(exception, OperationalError) and getattr(exception.__cause__, "sqlstate", "") == DISK_FULL:
        where = "in the database"
    else:
        return ""
    return (
        f"There is no room left {where}, so nothing of this was kept. Tell whoever runs this installation; "
        "once there is room, send it again."
    )


def cannot_be_reached(exception: BaseException | None) -> str:
    """Where the database or the queue is away, restarting for example, in words; empty for any other fault."""
    if isinstance(exception, QueueLost):
        where = "queue"
    elif isinstance(exception, OperationalError | InterfaceError):
        code = getattr(exception.__cause__, "sqlstate", None)
        if code and not code.startswith("08") and code not in SHUTTING_DOWN:
            return ""
        where = "database"
    else:
        return ""
    return (
        f"The {where} cannot be reached at this moment. Wait a minute, look whether what you sent was done, and send "
        "it again if not."
    )


def problem_body(status: int, detail: str, **members) -> dict:
    """An RFC 9457 problem; `members` that are empty are left out."""
    body = {"type": "about:blank", "title": TITLE.get(status, "The request failed"), "status": status, "detail": detail}
    body["request_id"] = request_context().request_id
    return body | {name: value for name, value in members.items() if value}


def problem(status: int, reasons: list[str], *, errors=None) -> JsonResponse:
    told = reasons if status == 409 else None
    body = problem_body(status, " ".join(reasons), reasons=told, shown_by=shown_by(reasons), errors=errors)
    return JsonResponse(body, status=status, content_type="application/problem+json")


def api_exception_handler(exc, context):
    """The one place that maps errors of the API to statuses."""
    if isinstance(exc, DomainError):
        set_rollback()
        status = STATUS[type(exc)]
        reasons = exc.reasons if isinstance(exc, RuleBroken) else None
        told = {"reasons": reasons, "shown_by": shown_by(exc.reasons), "errors": getattr(exc, "errors", None)}
        return _answer(problem_body(status, str(exc), **told))
    if sentence := no_room(exc):
        set_rollback()
        return _answer(problem_body(507, sentence))
    if isinstance(exc, CursorUnknown):
        return _answer(problem_body(400, "The cursor is not one that this list gave; begin again without it."))
    if isinstance(exc, Http404):
        return _answer(problem_body(404, str(exc) or "There is nothing at this address that you may see."))
    if isinstance(exc, PermissionDenied):
        return _answer(problem_body(403, str(exc) or "You may not do this."))
    if isinstance(exc, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        return _answer(problem_body(413, f"A JSON body may be at most {limit} MiB; send large tables as Parquet."))
    if isinstance(exc, exceptions.APIException):
        set_rollback()
        headers = {}
        if getattr(exc, "auth_header", None):
            headers["WWW-Authenticate"] = exc.auth_header
        if getattr(exc, "wait", None):
            headers["Retry-After"] = str(int(exc.wait) + 1)
        errors = list(field_errors(exc.detail)) if isinstance(exc, exceptions.ValidationError) else None
        detail = " ".join(error["message"] for error in errors) if errors else str(exc.detail)
        return _answer(problem_body(exc.status_code, detail, errors=errors), headers)
    return None


def field_errors(detail, path: str = ""):
    """Serializer errors, nested as deep as they are, as a flat list of {field, message}."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from field_errors(inner, path if name == "detail" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from field_errors(inner, f"{path}[{index}]" if nested and len(detail) > 1 else path)
    else:
        yield {"field": path, "message": f"{path}: {detail}" if path else str(detail)}


def api_not_found(request, exception=None):
    return problem(404, ["There is nothing at this address."])


@login_not_required
@require_safe
def icon(request):
    """The icon, for whatever asks for it without having read a page."""
    return redirect(static("icon.svg"), permanent=True)


def not_found(request, exception=None, **named):
    if _wants_json(request):
        return api_not_found(request)
    return render(request, "errors/not_found.html", status=404)


def malformed(request, exception=None):
    """What no page sends: a form of a size or a shape that is refused before it is read."""
    if isinstance(exception, DisallowedHost):  # Of an address that is not ours no page can be made.
        return bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
        return _refused(request, 413, [f"A form may hold at most {limit} MiB besides its files. Send less at once."])
    return _refused(request, 400, ["What was sent is no form of this page. Open the page again, then repeat it."])


def not_permitted(request, exception=None):
    return _refused(request, 403, [str(exception or "") or "You may not do this."])


def foreign_form(request, reason=""):
    """A form that this session was not shown here."""
    told = f"This form was opened before you signed in or out, or at another address than {settings.PUBLIC_URL}."
    return _refused(request, 403, [f"{told} Open its page again there, then repeat it."])


def too_many_requests(request):
    return _refused(request, 429, ["This was tried too often in a short time. Wait a few minutes, then try again."])


def _refused(request, status: int, reasons: list[str], *, errors=None):
    if _wants_json(request):
        return problem(status, reasons, errors=errors)
    template = "errors/refusal_part.html" if getattr(request, "htmx", False) else "errors/refusal.html"
    return render(request, template, {"title": TITLE[status], "reasons": reasons}, status=status)


def server_error(request):
    """Django calls this while it handles what was raised, wherever that was."""
    status, code, title = 500, "INTERNAL_ERROR", "mrm made a mistake"
    told = "Nothing was changed. Tell whoever runs this installation the request id; it names the entry in the log."
    if sentence := cannot_be_reached(sys.exc_info()[1]):
        status, code, title, told = 503, "TEMPORARILY_UNAVAILABLE", TITLE[503], sentence
    if _wants_json(request) or "/api/" in request.path:
        response = _for_programs(status, told if status == 503 else f"{title}. {told}", error_code=code)
    else:
        context = {"title": title, "told": told, "request_id": request_context().request_id}
        response = render(request, "errors/server_error.html", context, status=status)
    if status == 503:
        response["Retry-After"] = str(COME_AGAIN_AFTER)
    return response


def _for_programs(status: int, detail: str, *, error_code: str) -> JsonResponse:
    """MLflow clients read a code and a message, and repeat what they may."""
    body = problem_body(status, detail, error_code=error_code, message=detail)
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _answer(body: dict, headers: dict | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers, content_type="application/problem+json")


def _wants_json(request) -> bool:
    return request.path.startswith("/api/")
