"""The arithmetic of the trail: canonical bytes, leaves, an RFC 6962 Merkle tree and its proofs. No Django.

What a verifier needs as well stands in `mrm_verify`, which is installed alone by whoever checks an export; making
proofs stands here. The tree is never rebuilt: a proof needs the hashes of O(log n) perfect subtrees, which a caller
hands over through `subtree(level, index)`: the root over the leaves [index * 2^level, (index + 1) * 2^level).
"""

from collections.abc import Callable

from mrm_verify.canonical import NotCanonical, canonical
from mrm_verify.merkle import (
    EMPTY_ROOT,
    append,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

__all__ = [
    "EMPTY_ROOT",
    "NotCanonical",
    "append",
    "canonical",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "root_at",
    "verify_consistency",
    "verify_inclusion",
]

Subtree = Callable[[int, int], bytes]


def root_at(size: int, subtree: Subtree) -> bytes:
    """The Merkle tree hash over the first `size` leaves."""
    return _range_root(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"Leaf {index} is not in a tree of {size}.")
    return _path(index, 0, size, subtree)


def consistency_proof(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """What shows that the tree of `new` leaves begins with the tree of `old` (RFC 6962, section 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"A tree of {new} cannot be consistent with one of {old}.")
    return [] if old == new else _subproof(old, 0, new, True, subtree)


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(start: int, count: int, subtree: Subtree) -> bytes:
    """The root over leaves [start, start + count), from perfect subtrees."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    left = _split(count)
    return node_hash(_range_root(start, left, subtree), _range_root(start + left, count - left, subtree))


def _path(index: int, start: int, count: int, subtree: Subtree) -> list[bytes]:
    if count == 1:
        return []
    left = _split(count)
    if index < left:
        return [*_path(index, start, left, subtree), _range_root(start + left, count - left, subtree)]
    return [*_path(index - left, start + left, count - left, subtree), _range_root(start, left, subtree)]


def _subproof(old: int, start: int, count: int, complete: bool, subtree: Subtree) -> list[bytes]:
    if old == count:
        return [] if complete else [_range_root(start, count, subtree)]
    left = _split(count)
    if old <= left:
        return [*_subproof(old, start, left, complete, subtree), _range_root(start + left, count - left, subtree)]
    right = _subproof(old - left, start + left, count - left, False, subtree)
    return [*right, _range_root(start, left, subtree)]
