"""The entries of a trail, recomputed from their fields, in stretches that can be checked apart and joined in order.

A stretch starts at a multiple of STRETCH, so its leaves make perfect subtrees of the whole tree. Several processes can
each check one; joining them costs one hash per stretch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from mrm_verify import merkle
from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.faults import Fault

LEVEL = 13
STRETCH = 1 << LEVEL


@dataclass(frozen=True)
class Stretch:
    """What checking one stretch found; the first fault in it, if any, and where."""

    start: int
    length: int = 0
    first_previous: str = ""
    first_at: str = ""
    last_leaf: str = ""
    last_at: str = ""
    frontiers: dict[int, list[bytes]] = field(default_factory=dict)  # By size of the log, where a checkpoint asks.
    fault: str = ""
    fault_at: int = -1


def check_stretch(start: int, entries: Iterable[tuple[dict | None, str]], sizes: Iterable[int]) -> tuple[Stretch, list]:
    """Recompute the leaf, the number, the link and the time of each entry; also gives the tree over them, by level.

    entries    (body, recorded leaf hash) in order; a body that cannot even be read is None
    sizes      the sizes of log beyond `start` whose frontier is wanted
    """
    leaves, previous, first_previous, first_at, last_at, fault = [], None, "", "", "", ""
    for position, (body, recorded) in enumerate(entries, start):
        fault = fault_in(position, body, recorded, previous, last_at)
        if previous is None and body is not None:
            first_previous, first_at = str(body.get("previous")), str(body.get("at"))
        if fault:
            return Stretch(start, len(leaves), first_previous, first_at, fault=fault, fault_at=position), []
        leaves.append(bytes.fromhex(recorded))
        previous, last_at = recorded, body["at"]
    levels = merkle.levels_over(leaves)
    wanted = {start + len(leaves), *(size for size in sizes if start < size <= start + len(leaves))}
    frontiers = {size: merkle.frontier_at(levels, size - start) for size in wanted}
    return Stretch(start, len(leaves), first_previous, first_at, previous or "", last_at, frontiers), levels


def fault_in(position: int, body: dict | None, recorded: str, previous: str | None, last_at: str) -> str:
    """What is wrong with one entry, as a sentence; `previous` None leaves its link to whoever joins the stretches.

    last_at  the time of an entry before it; empty where there is none here
    """
    if body is not None and body.get("position") != position:
        return f"Entry {position} is missing."
    try:
        leaf = "" if body is None else merkle.leaf_hash(canonical(body)).hex()
    except NotCanonical:  # Such as a number that JSON has no exact form of: never written by us.
        leaf = ""
    if leaf != recorded:
        action = f" ({body.get('action')})" if body else ""
        return f"Entry {position}{action} was edited: its fields do not give its recorded hash."
    if not _is_shaped(body):
        return f"Entry {position} does not say what every entry says."
    if previous is not None and body["previous"] != previous:
        return not_following(position, body["action"])
    if not is_time(body.get("at")):
        return f"Entry {position} ({body.get('action')}) is not dated as entries are."
    # Where the clock was set back, entries bear the time of the last one before until it has come back to there.
    if body["at"] < last_at:
        return dated_back(position, body.get("action", ""))
    return ""


def _is_shaped(body: dict) -> bool:
    """Whether who checks an entry further finds there what each of them says."""
    actor, subject = body.get("actor"), body.get("subject")
    return (
        isinstance(body.get("action"), str)
        and isinstance(body.get("previous"), str)
        and "details" in body
        and isinstance(actor, dict)
        and isinstance(actor.get("id"), str)
        and isinstance(subject, dict)
        and isinstance(subject.get("id"), str)
    )


def is_time(at) -> bool:
    """Whether it is a moment in UTC spelt as in every entry; of such, the order of the texts is that of the times."""
    try:
        moment = datetime.fromisoformat(at)
    except (TypeError, ValueError):
        return False
    return at.endswith("+00:00") and moment.isoformat(timespec="microseconds") == at


def dated_back(position: int, action: str = "") -> str:
    about = f" ({action})" if action else ""
    return f"Entry {position}{about} is dated before the entry before it."


def not_following(position: int, action: str = "") -> str:
    about = f" ({action})" if action else ""
    return f"Entry {position}{about} does not follow the entry before it."


@dataclass
class Joined:
    """The log so far: its length, its frontier, and the hash and the time that the next entry must follow."""

    length: int = 0
    frontier: list[bytes] = field(default_factory=list)
    previous: str = ""
    last_at: str = ""

    def add(self, stretch: Stretch) -> tuple[dict[int, bytes], list[tuple[int, int, bytes]]]:
        """Join the next stretch; gives the root at each size it was asked for, and the larger subtrees it completed."""
        if stretch.start != self.length:
            raise Fault(f"Entry {self.length} is missing.")
        if stretch.length or stretch.fault_at > stretch.start:
            if stretch.first_previous != self.previous:
                raise Fault(not_following(stretch.start))
            if stretch.first_at < self.last_at:
                raise Fault(dated_back(stretch.start))
        if stretch.fault:
            raise Fault(stretch.fault)
        roots = {size: merkle.root(self.frontier + local) for size, local in stretch.frontiers.items()}
        if not stretch.length:
            return {}, []
        local, completed = stretch.frontiers[stretch.start + stretch.length], []
        if stretch.length == STRETCH:
            self.frontier, higher = merkle.append(self.frontier, stretch.start // STRETCH, local[0])
            completed = [(level + LEVEL, index, node) for level, index, node in higher]
        else:
            self.frontier = self.frontier + local
        self.length, self.previous, self.last_at = self.length + stretch.length, stretch.last_leaf, stretch.last_at
        return roots, completed
