"""Proofs, from the perfect subtrees that are kept: O(log n) of them, read in two queries however many are asked for."""

from collections.abc import Callable, Iterable

from django.db.models import Q

from audits.trail import chain
from audits.trail.models import Entry, Head, Subtree

UNREAD = bytes(32)


def length() -> int:
    """How many entries the trail has now."""
    return Head.objects.values_list("length", flat=True).get(pk=1)


def root_at(size: int) -> str:
    """The root of the tree over the first `size` entries, as a checkpoint over them states it."""
    return _from_subtrees(lambda subtree: chain.root_at(size, subtree)).hex()


def inclusion_proof(entry: Entry, size: int) -> list[str]:
    """The hashes that lead from an entry to the root over the first `size`."""
    return inclusion_proofs([entry.position], size)[entry.position]


def inclusion_proofs(positions: Iterable[int], size: int) -> dict[int, list[str]]:
    """The same for many entries at once, by position."""
    positions = list(positions)
    paths = _from_subtrees(lambda subtree: [chain.inclusion_proof(place, size, subtree) for place in positions])
    return {place: [node.hex() for node in path] for place, path in zip(positions, paths, strict=True)}


def consistency_proof(old: int, new: int) -> list[str]:
    """The hashes that show that the tree over `new` entries begins with the one over `old`."""
    return [node.hex() for node in _from_subtrees(lambda subtree: chain.consistency_proof(old, new, subtree))]


def _from_subtrees(proof: Callable):
    """What `proof` makes of the subtrees it asks for: asked once to learn which, read together, asked again."""
    wanted: dict[int, set[int]] = {}

    def ask(level: int, index: int) -> bytes:
        wanted.setdefault(level, set()).add(index)
        return UNREAD

    proof(ask)
    leaves = Entry.objects.filter(position__in=wanted.pop(0, ())).values_list("position", "leaf_hash")
    nodes = {(0, position): bytes.fromhex(leaf) for position, leaf in leaves}
    if wanted:
        chosen = Q(*(Q(level=level, index__in=indexes) for level, indexes in wanted.items()), _connector=Q.OR)
        for level, index, node in Subtree.objects.filter(chosen).values_list("level", "index", "hash"):
            nodes[level, index] = bytes.fromhex(node)
    return proof(lambda level, index: nodes[level, index])
