"""Writing the trail and proving what it says."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Action, Checkpoint, Entry, Head, Subtree, subject_name
from mrm.adapters import keys, notes
from mrm.context import request_context

_pen: ContextVar[Head | None] = ContextVar("trail_pen", default=None)


@contextmanager
def governed():
    """One transaction that holds the trail's pen.

    The head is locked before anything else, so every governed change takes its locks in the same order. Nested blocks
    share the outer one's pen. Keep them short: governed writes run one at a time.
    """
    if _pen.get() is not None:
        with transaction.atomic():
            yield
        return
    with transaction.atomic():
        token = _pen.set(Head.objects.select_for_update().get(pk=1))
        try:
            yield
        finally:
            _pen.reset(token)


def record(action: Action, *, actor, subject, **details) -> Entry:
    """Append one entry about `subject`, in the same transaction as the change it describes. None is the system."""
    head = _pen.get()
    if head is None:
        raise RuntimeError("record() belongs inside governed(), with the change it describes")
    context = request_context()
    entry = Entry(
        position=head.length,
        at=timezone.now(),
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
    Subtree.objects.bulk_create(Subtree(level=level, index=index, hash=node.hex()) for level, index, node in completed)
    head.length, head.frontier, head.last_leaf = head.length + 1, [node.hex() for node in frontier], leaf.hex()
    head.save(update_fields=["length", "frontier", "last_leaf"])
    return entry


@transaction.atomic
def sign_checkpoint() -> Checkpoint | None:
    """Sign the tree as it stands; None while it is empty. The same size is never signed twice."""
    head = Head.objects.select_for_update().get(pk=1)
    if not head.length:
        return None
    signed = Checkpoint.objects.filter(size=head.length).first()
    if signed:
        return signed
    root = chain.root([bytes.fromhex(node) for node in head.frontier])
    body = notes.checkpoint_body(log_name(), head.length, root)
    note = notes.sign_note(body, log_name(), keys.configured().checkpoint_key())
    return Checkpoint.objects.create(size=head.length, root=root.hex(), note=note, signed_at=timezone.now())


def log_name() -> str:
    """What this installation's log is called in its checkpoints: the public address without its scheme."""
    return settings.PUBLIC_URL.partition("://")[2]


def inclusion_proof(entry: Entry, size: int) -> list[str]:
    return [node.hex() for node in chain.inclusion_proof(entry.position, size, _subtree)]


def consistency_proof(old: int, new: int) -> list[str]:
    return [node.hex() for node in chain.consistency_proof(old, new, _subtree)]


@dataclass(frozen=True)
class TrailVerification:
    """What recomputing the whole trail found: `fault` is empty when everything holds."""

    entries: int
    checkpoints: int
    fault: str = ""

    @property
    def holds(self) -> bool:
        return not self.fault


def verify_trail() -> TrailVerification:
    """Recompute every leaf from its fields, every link, the tree and every checkpoint; name the first fault."""
    frontier, expected, previous = [], 0, ""
    signed = {checkpoint.size: checkpoint for checkpoint in Checkpoint.objects.all()}
    for entry in Entry.objects.order_by("position").iterator(chunk_size=2000):
        fault = _fault_in(entry, expected, previous)
        if fault:
            return TrailVerification(expected, len(signed), fault)
        frontier, completed = chain.append(frontier, expected, bytes.fromhex(entry.leaf_hash))
        expected, previous = expected + 1, entry.leaf_hash
        if expected in signed and (fault := _fault_in_checkpoint(signed.pop(expected), chain.root(frontier))):
            return TrailVerification(expected, len(signed), fault)
    checkpoints = Checkpoint.objects.count()
    if signed:
        missing = min(signed)
        fault = f"Entries {expected} to {missing - 1} are missing: a checkpoint was signed over {missing} entries."
        return TrailVerification(expected, checkpoints, fault)
    head = Head.objects.get(pk=1)
    if head.length != expected:
        fault = f"Entries are missing at the end: the head counts {head.length}, the table holds {expected}."
        return TrailVerification(expected, checkpoints, fault)
    if head.frontier != [node.hex() for node in frontier]:
        return TrailVerification(expected, checkpoints, "The head's tree does not match the entries.")
    return TrailVerification(expected, checkpoints)


def _fault_in(entry: Entry, expected: int, previous: str) -> str:
    if entry.position != expected:
        return f"Entry {expected} is missing."
    if chain.leaf_hash(chain.canonical(entry.body())).hex() != entry.leaf_hash:
        return f"Entry {entry.position} ({entry.action}) was edited: its fields do not give its recorded hash."
    if entry.previous != previous:
        return f"Entry {entry.position} ({entry.action}) does not follow the entry before it."
    return ""


def _fault_in_checkpoint(checkpoint: Checkpoint, root: bytes) -> str:
    if checkpoint.root != root.hex():
        return f"The checkpoint over {checkpoint.size} entries was signed over other entries than these."
    body = notes.checkpoint_body(log_name(), checkpoint.size, root)
    public_key = keys.configured().checkpoint_key().public_key()
    if not notes.note_holds(checkpoint.note, body, log_name(), public_key):
        return f"The signature of the checkpoint over {checkpoint.size} entries does not hold."
    return ""


def _subtree(level: int, index: int) -> bytes:
    if level == 0:
        return bytes.fromhex(Entry.objects.values_list("leaf_hash", flat=True).get(position=index))
    return bytes.fromhex(Subtree.objects.values_list("hash", flat=True).get(level=level, index=index))
