"""The pen of the trail: one entry for each governed change, in the same transaction."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Action, Entry, Head, Subtree, subject_name
from mrm.context import request_context

CLOCKS_DIFFER = timedelta(seconds=2)  # Between hosts that are kept in time.
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
        Head.objects.select_for_update().get(pk=1)
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
    entry.save(force_insert=True)
    frontier, completed = chain.append([bytes.fromhex(node) for node in head.frontier], head.length, leaf)
    if completed:
        subtrees = (Subtree(level=level, index=index, hash=node.hex()) for level, index, node in completed)
        Subtree.objects.bulk_create(subtrees)
    head.length, head.frontier, head.last_leaf = head.length + 1, [node.hex() for node in frontier], leaf.hex()
    head.last_at = entry.at
    head.save(update_fields=["length", "frontier", "last_leaf", "last_at", "clock_is_behind"])
    return entry
