"""The pen of the trail: one entry for each governed change, in the same transaction."""

import json
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import BODY, Action, Entry, Head, subject_name
from mrm.context import request_context

CLOCKS_DIFFER = timedelta(seconds=2)  # Between hosts that are kept in time.
APPEND = f"""
WITH entry AS (
    INSERT INTO trail_entry ({", ".join(BODY)}, leaf_hash)
    VALUES ({", ".join(f"%({name})s" for name in BODY)}, %(leaf_hash)s)
), subtrees AS (
    INSERT INTO trail_subtree (level, index, hash)
    SELECT * FROM unnest(%(levels)s::smallint[], %(indexes)s::bigint[], %(hashes)s::text[])
)
UPDATE trail_head SET length = %(length)s, frontier = %(frontier)s, last_leaf = %(leaf_hash)s, last_at = %(at)s,
    clock_is_behind = %(clock_is_behind)s
WHERE id = 1
"""  # noqa: S608 -- Names of columns only.
_holds_pen: ContextVar[bool] = ContextVar("holds_trail_pen", default=False)


@contextmanager
def governed():
    """One transaction that holds the trail's pen.

    The head is locked before anything else, so every governed change takes its locks in the same order. Nested blocks
    share the outer one's pen. Keep them short: governed writes run one at a time.
    """
    if _holds_pen.get():
        with transaction.atomic():
            yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM trail_head WHERE id = 1 FOR UPDATE")
        token = _holds_pen.set(True)
        try:
            yield
        finally:
            _holds_pen.reset(token)


def record(action: Action, *, actor, subject, **details) -> Entry:
    """Append one entry about `subject`, in the same transaction as the change it describes. None is the system."""
    if not _holds_pen.get():
        raise RuntimeError("record() belongs inside governed(), with the change it describes")
    # Read anew every time: a part of the change may have been undone since the last entry, and its entries with it.
    head = Head.objects.get(pk=1)
    now = timezone.now()
    behind = head.last_at is not None and now < head.last_at - CLOCKS_DIFFER
    if behind and not head.clock_is_behind:
        said = {"clock": now.isoformat(), "last_entry": head.last_at.isoformat()}
        _append(head, now, Action.CLOCK_SET_BACK, actor=None, subject=head, details=said)
    head.clock_is_behind = behind
    return _append(head, now, action, actor=actor, subject=subject, details=details)


def _append(head: Head, now: datetime, action: Action, *, actor, subject, details: dict) -> Entry:
    """Write one entry, the subtrees it completes, and the head. An entry is never dated before the one before it."""
    context = request_context()
    entry = Entry(
        position=head.length,
        at=max(now, head.last_at or now),
        actor_id=str(actor.pk) if actor else "",
        actor_name=str(actor) if actor else "system",
        authenticated_by=context.authenticated_by if actor else "system",
        action=Action(action),
        subject=subject_name(subject),
        subject_name=str(subject)[:300],
        model_slug=getattr(subject, "model_slug", ""),
        details=details,
        request_id=context.request_id,
        previous=head.last_leaf,
    )
    leaf = chain.leaf_hash(chain.canonical(entry.body()))
    entry.leaf_hash = leaf.hex()
    frontier, completed = chain.append([bytes.fromhex(node) for node in head.frontier], head.length, leaf)
    head.length, head.frontier, head.last_leaf = head.length + 1, [node.hex() for node in frontier], leaf.hex()
    head.last_at = entry.at
    _write(entry, completed, head)
    return entry


def _write(entry: Entry, completed: list[tuple[int, int, bytes]], head: Head) -> None:
    """One statement for all three tables: every governed change waits for this one, so it is worth the SQL."""
    values = {name: getattr(entry, name) for name in BODY} | {"details": json.dumps(entry.details)}
    subtrees = {
        "levels": [level for level, _, _ in completed],
        "indexes": [index for _, index, _ in completed],
        "hashes": [node.hex() for _, _, node in completed],
    }
    state = {
        "length": head.length,
        "frontier": json.dumps(head.frontier),
        "leaf_hash": entry.leaf_hash,
        "clock_is_behind": head.clock_is_behind,
    }
    with connection.cursor() as cursor:
        cursor.execute(APPEND, values | subtrees | state)
    entry._state.adding, entry._state.db = False, connection.alias
