"""Who is behind the change being made, and which request it belongs to."""

import hashlib
import logging
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class RequestContext:
    """Who is behind the change being made, as the trail will record it."""

    request_id: str = ""
    authenticated_by: str = "system"
    session: str = ""  # Which sign-in or token it came with: what is shown there can be signed only there.
    origin: str = ""  # Of the page, as the browser knows it.


NOBODY = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("request_context", default=NOBODY)


def enter(context: RequestContext):
    """Make this the context of everything that follows; hand the answer to `leave` when it is over."""
    return _context.set(context)


def leave(token) -> None:
    _context.reset(token)


def request_context() -> RequestContext:
    return _context.get()


def set_authenticated_by(kind: str, *, session: str = "") -> None:
    """Record how the person behind this request proved who they are (session, token, …), and with which of them."""
    digest = hashlib.sha256(session.encode()).hexdigest()  # Whoever reads the database cannot take the session over.
    _context.set(replace(request_context(), authenticated_by=kind, session=digest))


def set_origin(origin: str) -> None:
    _context.set(replace(request_context(), origin=origin))


class RequestIdFilter(logging.Filter):
    """Puts the request id on every log line."""

    def filter(self, record):
        record.request_id = request_context().request_id or "-"
        return True
