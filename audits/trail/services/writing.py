"""The pen of the trail: one entry for each governed change, in the same transaction."""

import uuid
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from audits.trail import chain
from audits.trail.models import BODY, Action, Entry, Head, subject_name
from audits.trail.services.details import as_kept, in_words
from mrm.context import request_context

KNOWN_LATER = ("at", "position", "previous")  # In the order in which canonical JSON writes them.
HANDED_OVER = [name for name in BODY if name not in KNOWN_LATER]
APPEND = "SELECT * FROM append_to_trail(%s, %s)"
TELL_OF_CLOCK = "SELECT * FROM append_to_trail(%s, %s, tells_of_clock => true)"
_holds_pen: ContextVar[bool] = ContextVar("holds_trail_pen", default=False)
_together: ContextVar[list[Entry] | None] = ContextVar("entries_to_append_together", default=None)


@contextmanager
def governed():
    """One transaction that holds the trail's pen.

    The head is locked before anything else, so every governed change takes its locks in the same order. Nested blocks
    share the outer one's pen. Keep them short: governed writes run one at a time.
    """
    if _holds_pen.get():
        with _undone_as_one(), transaction.atomic():
            yield
        return
    with in_words(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM trail_head WHERE id = 1 FOR UPDATE")
        token = _holds_pen.set(True)
        try:
            yield
        finally:
            _holds_pen.reset(token)


def holds_pen() -> bool:
    """Whether this is inside a governed block already."""
    return _holds_pen.get()


@contextmanager
def recorded_together():
    """A part of a governed block whose entries are appended in one statement at its end, for thousands at once.

    Until then nobody reads them, not even this transaction.
    """
    if _together.get() is not None:
        yield
        return
    entries: list[Entry] = []
    token = _together.set(entries)
    try:
        yield
    finally:
        _together.reset(token)
    if entries:
        _append(entries)


def record(action: Action, *, actor, subject, **details) -> Entry:
    """Append one entry about `subject`, in the same transaction as the change it describes. None is the system."""
    if not _holds_pen.get():
        raise RuntimeError("record() belongs inside governed(), with the change it describes")
    entry = entry_of(action, actor=actor, subject=subject, details=details)
    together = _together.get()
    if together is not None:
        together.append(entry)
    else:
        _append([entry])
    return entry


def entry_of(action: Action, *, actor, subject, details: dict) -> Entry:
    """An entry that has no place in the trail yet."""
    context = request_context()
    return Entry(
        at=timezone.now(),
        actor_id=str(actor.pk) if actor else "",
        actor_name=str(actor) if actor else "system",
        authenticated_by=context.authenticated_by if actor else "system",
        action=Action(action),
        subject=subject_name(subject),
        subject_name=str(subject)[:300],
        model_slug=getattr(subject, "model_slug", ""),
        details=as_kept(details),
        request_id=context.request_id,
    )


def handed_over(entries: list[Entry]) -> Jsonb:
    """Entries as `append_to_trail` takes them: their fields, and their canonical bytes in pieces."""
    return Jsonb(
        [{name: getattr(entry, name) for name in HANDED_OVER} | {"pieces": _pieces(entry)} for entry in entries]
    )


def _pieces(entry: Entry) -> list[str]:
    """The canonical bytes, cut where the database puts in what it knows; at words that nobody can have written."""
    marks = {name: str(uuid.uuid4()) for name in KNOWN_LATER}
    rest, pieces = chain.canonical(entry.body() | marks).decode(), []
    for mark in marks.values():
        piece, rest = rest.split(f'"{mark}"')
        pieces.append(piece)
    return [*pieces, rest]


def _append(entries: list[Entry]) -> None:
    """Append entries in their order, after one of its own where the clock was set back, and tell them their places."""
    now, rows = timezone.now(), handed_over(entries)
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [now, rows])
        places = cursor.fetchall()
        if not places:
            cursor.execute(TELL_OF_CLOCK, [now, handed_over([_clock_was_set_back(now)])])
            cursor.execute(APPEND, [now, rows])
            places = cursor.fetchall()
    for entry, (position, at, previous, leaf) in zip(entries, places, strict=True):
        entry.position, entry.at, entry.previous, entry.leaf_hash = position, at, previous, leaf
        entry._state.adding, entry._state.db = False, connection.alias


def _clock_was_set_back(now: datetime) -> Entry:
    head = Head.objects.get(pk=1)
    said = {"clock": now.isoformat(), "last_entry": head.last_at.isoformat()}
    return entry_of(Action.CLOCK_SET_BACK, actor=None, subject=head, details=said)


@contextmanager
def _undone_as_one():
    """Where a nested block is undone and the outer one goes on, its entries are not appended either."""
    together = _together.get()
    known = 0 if together is None else len(together)
    try:
        yield
    except BaseException:
        if together is not None:
            del together[known:]
        raise
