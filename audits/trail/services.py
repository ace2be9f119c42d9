"""Writing the trail and proving what it says."""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import rfc8785
from django.conf import settings
from django.db import transaction
from django.db.models import ExpressionWrapper, F, FloatField
from django.db.models.functions import Power
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Action, Checkpoint, Entry, Head, Subtree, subject_name
from mrm.adapters import keys, notes
from mrm.context import request_context

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
    name = log_name()
    note = notes.sign_note(notes.checkpoint_body(name, head.length, root), name, keys.configured().checkpoint_key())
    return Checkpoint.objects.create(size=head.length, root=root.hex(), note=note, signed_at=timezone.now())


def log_name() -> str:
    """What this installation's log is called in its checkpoints: the public address, without its scheme, at the first.

    A log keeps its name when its address changes, else its older checkpoints would be somebody else's.
    """
    first = Checkpoint.objects.order_by("size").values_list("note", flat=True).first()
    return first.partition("\n")[0] if first else settings.PUBLIC_URL.partition("://")[2]


def length() -> int:
    """How many entries the trail has now."""
    return Head.objects.values_list("length", flat=True).get(pk=1)


def root_at(size: int) -> str:
    """The root of the tree over the first `size` entries, as a checkpoint over them states it."""
    return chain.root_at(size, _subtree).hex()


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
    """Recompute every leaf from its fields, every link, the tree and every checkpoint; name the first fault.

    Others may go on writing meanwhile: what is read first never knows more than what is read later.
    """
    checkpoints = {checkpoint.size: checkpoint for checkpoint in Checkpoint.objects.all()}
    head = Head.objects.get(pk=1)
    walk = _Walk(head)
    for entry in Entry.objects.order_by("position").iterator(chunk_size=2000):
        fault = walk.fault_in(entry) or walk.fault_in_checkpoint(checkpoints.get(walk.length))
        if fault:
            return TrailVerification(walk.length, len(checkpoints), fault)
    fault = walk.fault_at_the_end(max(checkpoints, default=0))
    return TrailVerification(walk.length, len(checkpoints), fault)


class _Walk:
    """One pass over the entries: the tree as it grows, compared with what is kept of it."""

    def __init__(self, head: Head):
        self.log, self.head, self.length, self.frontier, self.previous = log_name(), head, 0, [], ""
        # In the order in which appending completes them, so that no more than one has to be held at a time.
        last_leaf = ExpressionWrapper((F("index") + 1) * Power(2, F("level")), FloatField())
        self.kept = Subtree.objects.order_by(last_leaf, "level").iterator(chunk_size=2000)
        self.fault_in_head = "" if head.length else self._fault_in_head()

    def fault_in(self, entry: Entry) -> str:
        if fault := _fault_in(entry, self.length, self.previous):
            return fault
        self.frontier, completed = chain.append(self.frontier, self.length, bytes.fromhex(entry.leaf_hash))
        self.length, self.previous = self.length + 1, entry.leaf_hash
        for level, index, node in completed:
            kept = next(self.kept, None)
            if kept is None or (kept.level, kept.index, kept.hash) != (level, index, node.hex()):
                return f"The subtree {level}/{index}, from which proofs are made, does not match its entries."
        if self.length == self.head.length:
            self.fault_in_head = self._fault_in_head()
        return ""

    def fault_in_checkpoint(self, checkpoint: Checkpoint | None) -> str:
        return _fault_in_checkpoint(checkpoint, chain.root(self.frontier), self.log) if checkpoint else ""

    def fault_at_the_end(self, signed: int) -> str:
        if signed > self.length:
            return f"Entries {self.length} to {signed - 1} are missing: a checkpoint was signed over {signed} entries."
        if self.head.length > self.length:
            return f"Entries are missing at the end: the head counts {self.head.length}, the table holds {self.length}."
        if Head.objects.get(pk=1).length < self.length:
            return f"There are more entries ({self.length}) than the head counts ({self.head.length})."
        return self.fault_in_head

    def _fault_in_head(self) -> str:
        tree = [node.hex() for node in self.frontier]
        if (self.head.frontier, self.head.last_leaf) != (tree, self.previous):
            return "The head, from which the next entry continues, does not match the entries."
        return ""


def _fault_in(entry: Entry, expected: int, previous: str) -> str:
    if entry.position != expected:
        return f"Entry {expected} is missing."
    try:
        leaf = chain.leaf_hash(chain.canonical(entry.body())).hex()
    except rfc8785.CanonicalizationError:  # Such as a number that JSON has no exact form of: never written by us.
        leaf = ""
    if leaf != entry.leaf_hash:
        return f"Entry {entry.position} ({entry.action}) was edited: its fields do not give its recorded hash."
    if entry.previous != previous:
        return f"Entry {entry.position} ({entry.action}) does not follow the entry before it."
    return ""


def _fault_in_checkpoint(checkpoint: Checkpoint, root: bytes, log: str) -> str:
    if checkpoint.root != root.hex():
        return f"The checkpoint over {checkpoint.size} entries was signed over other entries than these."
    body = notes.checkpoint_body(log, checkpoint.size, root)
    public_key = keys.configured().checkpoint_key().public_key()
    if not notes.note_holds(checkpoint.note, body, log, public_key):
        return f"The signature of the checkpoint over {checkpoint.size} entries does not hold."
    return ""


def _subtree(level: int, index: int) -> bytes:
    if level == 0:
        return bytes.fromhex(Entry.objects.values_list("leaf_hash", flat=True).get(position=index))
    return bytes.fromhex(Subtree.objects.values_list("hash", flat=True).get(level=level, index=index))
