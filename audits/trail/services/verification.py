"""Recomputing the whole trail: every leaf from its fields, every link, the tree, every checkpoint."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import django
from django.db import connection, connections
from django.db.models import Count, Max, Subquery, Value

from audits.trail.models import BODY, Checkpoint, Entry, Head, Subtree, body_of
from audits.trail.services.checkpoints import fault_against_kept, note_in_full, time_stamps_of, trust
from mrm_verify.crew import crew
from mrm_verify.faults import Fault
from mrm_verify.log import LEVEL, STRETCH, Joined, Stretch, check_stretch
from mrm_verify.notes import Checkpoint as Note
from mrm_verify.trust import Checker, Trust

MOST_JOBS = 8
WORTH_A_CREW = 4 * STRETCH
AT_ONCE = 1024
DETAILS = BODY.index("details")
# The time as a body writes it and the details as text: what the ORM makes of them costs more than the rest of reading.
WRITTEN = {"at": """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US+00:00')""", "details": "details::text"}
COLUMNS = ", ".join(WRITTEN.get(name, name) for name in BODY)
ROWS = f"SELECT {COLUMNS}, leaf_hash FROM trail_entry WHERE position >= %s AND position < %s ORDER BY position"  # noqa: S608
_read = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class TrailVerification:
    """What recomputing the whole trail found: `fault` is empty when everything holds."""

    entries: int
    checkpoints: int
    fault: str = ""

    @property
    def holds(self) -> bool:
        return not self.fault


@dataclass
class Verifying:
    """A verification on its way: what is behind it, so that it can be taken up again by another request."""

    length: int = 0
    frontier: list[str] = field(default_factory=list)
    previous: str = ""
    last_at: str = ""
    checkpoints: int = 0
    of: int = 0
    finished: bool = False
    fault: str = ""

    @property
    def percent(self) -> int:
        return 100 * self.length // self.of if self.of else 0


def verify_trail(*, jobs: int = 1, progress: Callable[[int, int], None] = lambda done, of: None) -> TrailVerification:
    """Recompute everything, in so many processes; name the first fault. Others may go on writing meanwhile."""
    verifying = Verifying()
    for _ in _stretch_by_stretch(verifying, jobs):
        progress(verifying.length, verifying.of)
    return TrailVerification(verifying.length, verifying.checkpoints, verifying.fault)


def verify_some(verifying: Verifying, *, seconds: float) -> Verifying:
    """Go on for so long; `finished` says whether there is more to do."""
    until = time.monotonic() + seconds
    for _ in _stretch_by_stretch(verifying, jobs=1):
        if time.monotonic() > until and verifying.length % STRETCH == 0:  # Where it can be taken up again.
            break
    return verifying


def _stretch_by_stretch(verifying: Verifying, jobs: int) -> Iterator[None]:
    """Check stretch after stretch, up to what the table holds now; then what stands beside the entries."""
    now = _Snapshot.taken()
    verifying.of = now.length
    frontier = [bytes.fromhex(node) for node in verifying.frontier]
    joined = Joined(verifying.length, frontier, verifying.previous, verifying.last_at)
    jobs = 1 if connection.in_atomic_block or now.length < WORTH_A_CREW else min(jobs, MOST_JOBS)
    if jobs > 1:
        connections.close_all()  # None of them may be shared with another process.
    try:
        with crew(jobs, prepare=django.setup) as run:
            work = ((start, now.length, now.trusted) for start in range(joined.length, now.length, STRETCH))
            for checked in run(_check, work):
                _join(joined, checked)
                verifying.length, verifying.previous, verifying.last_at = joined.length, joined.previous, joined.last_at
                verifying.frontier = [node.hex() for node in joined.frontier]
                verifying.checkpoints += len(checked.roots)
                yield
        _check_the_end(joined, now)
    except Fault as fault:
        verifying.fault = str(fault)
    verifying.finished = True
    yield


@dataclass(frozen=True)
class _Snapshot:
    """What stands beside the entries, all read at one moment."""

    length: int  # By the numbers of the entries, whatever the head says.
    first: int
    head: Head
    signed: int
    subtrees: int
    trusted: Trust

    @classmethod
    def taken(cls) -> "_Snapshot":
        def over(model, aggregate):
            grouped = model.objects.order_by().annotate(one=Value(1)).values("one").annotate(it=aggregate)
            return Subquery(grouped.values("it"))

        head = Head.objects.annotate(
            last=over(Entry, Max("position")),
            signed=over(Checkpoint, Max("size")),
            subtrees=over(Subtree, Count("pk")),
        ).get(pk=1)
        first = Entry.objects.order_by("position").values_list("position", flat=True).first()
        length = 0 if head.last is None else head.last + 1
        return cls(length, first or 0, head, head.signed or 0, head.subtrees or 0, trust())


@dataclass(frozen=True)
class _Checked:
    """What one process found in one stretch."""

    stretch: Stretch
    roots: dict[int, str]  # As the checkpoints over it state them.
    fault_in_subtrees: str = ""
    fault_in_signatures: str = ""


def _check(start: int, length: int, trusted: Trust) -> _Checked:
    """One stretch of the tables: its entries, the subtrees kept over them, the checkpoints signed within it."""
    end = min(start + STRETCH, length)
    within = Checkpoint.objects.filter(size__gt=start, size__lte=end)
    checkpoints = list(within.order_by("size").prefetch_related("endorsements"))
    roots = {checkpoint.size: checkpoint.root for checkpoint in checkpoints}
    stretch, levels = check_stretch(start, entries_between(start, end), roots)
    if stretch.fault:
        return _Checked(stretch, roots)
    kept = {level: [node.hex() for node in nodes] for level, nodes in enumerate(levels) if level}
    return _Checked(stretch, roots, _fault_in_subtrees(start, kept), _fault_in_signatures(checkpoints, trusted))


def entries_between(start: int, end: int) -> Iterator[tuple[dict | None, str]]:
    """Body and recorded hash of the entries from `start` up to `end`, in order; None for a body that cannot be read."""
    for begin in range(start, end, AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [begin, min(begin + AT_ONCE, end)])
            rows = cursor.fetchall()
        for *row, leaf in rows:
            try:
                row[DETAILS], _ = _read(row[DETAILS])
            except (ValueError, RecursionError):  # Nothing that we write: a number of thousands of digits, a deep nest.
                yield None, leaf
                continue
            yield body_of(*row), leaf


def _fault_in_subtrees(start: int, expected: dict[int, list[str]]) -> str:
    for level in range(1, LEVEL + 1):
        first, nodes = start >> level, expected.get(level, [])
        rows = Subtree.objects.filter(level=level, index__gte=first, index__lt=first + len(nodes)).order_by("index")
        kept = dict(rows.values_list("index", "hash"))
        for index, node in enumerate(nodes, first):
            if kept.get(index) != node:
                return _not_matching(level, index)
    return ""


def _not_matching(level: int, index: int) -> str:
    return f"The subtree {level}/{index}, from which proofs are made, does not match its entries."


def _fault_in_signatures(checkpoints: list[Checkpoint], trusted: Trust) -> str:
    checker = Checker(trusted)
    for checkpoint in checkpoints:
        try:
            note = Note.read(note_in_full(checkpoint))
            if (note.size, note.root.hex()) != (checkpoint.size, checkpoint.root):
                raise Fault(f"The signature of the checkpoint over {checkpoint.size} entries is of another one.")
            checker.check(note, time_stamps_of(checkpoint))
        except Fault as fault:
            return str(fault)
    return ""


def _join(joined: Joined, checked: _Checked) -> None:
    roots, completed = joined.add(checked.stretch)
    for size, stated in checked.roots.items():
        if roots[size].hex() != stated:
            raise Fault(f"The checkpoint over {size} entries was signed over other entries than these.")
    if checked.fault_in_subtrees:
        raise Fault(checked.fault_in_subtrees)
    for level, index, node in completed:
        if Subtree.objects.filter(level=level, index=index).values_list("hash", flat=True).first() != node.hex():
            raise Fault(_not_matching(level, index))
    if checked.fault_in_signatures:
        raise Fault(checked.fault_in_signatures)


def _check_the_end(joined: Joined, now: _Snapshot) -> None:
    length, head = joined.length, now.head
    if now.first < 0:
        raise Fault(f"An entry is numbered {now.first}; numbers begin at 0.")
    if now.signed > length:
        raise Fault(
            f"Entries {length} to {now.signed - 1} are missing: a checkpoint was signed over {now.signed} entries."
        )
    if head.length > length:
        raise Fault(f"Entries are missing at the end: the head counts {head.length}, the table holds {length}.")
    if head.length < length:
        raise Fault(f"There are more entries ({length}) than the head counts ({head.length}).")
    if (head.frontier, head.last_leaf) != ([node.hex() for node in joined.frontier], joined.previous):
        raise Fault("The head, from which the next entry continues, does not match the entries.")
    if now.subtrees != length - length.bit_count():
        raise Fault(f"There are {now.subtrees} subtrees for {length} entries; proofs would be made of wrong ones.")
    if fault := fault_against_kept(length):
        raise Fault(fault)
