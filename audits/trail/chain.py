"""The arithmetic of the trail: canonical bytes, leaves, an RFC 6962 Merkle tree and its proofs. No Django.

The tree is never rebuilt: appending keeps the *frontier*, the roots of the perfect subtrees that the leaves so far
decompose into, largest first. A proof needs the hashes of O(log n) perfect subtrees, which a caller hands over through
`subtree(level, index)`: the root of the perfect subtree over the leaves [index * 2^level, (index + 1) * 2^level).
"""

import hashlib
from collections.abc import Callable

import rfc8785

Subtree = Callable[[int, int], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


def canonical(body: dict) -> bytes:
    """The RFC 8785 bytes of an entry's body: the same for everyone who ever recomputes them."""
    return rfc8785.dumps(body)


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(frontier: list[bytes], size: int, leaf: bytes) -> tuple[list[bytes], list[tuple[int, int, bytes]]]:
    """The frontier with one more leaf, and the perfect subtrees (level, index, root) of level 1 and up it completed."""
    frontier, completed, node, level, index = list(frontier), [], leaf, 0, size
    while index & 1:
        node = node_hash(frontier.pop(), node)
        level, index = level + 1, index >> 1
        completed.append((level, index, node))
    frontier.append(node)
    return frontier, completed


def root(frontier: list[bytes]) -> bytes:
    """The Merkle tree hash: the frontier folded from its smallest subtree to its largest."""
    if not frontier:
        return EMPTY_ROOT
    node = frontier[-1]
    for left in reversed(frontier[:-1]):
        node = node_hash(left, node)
    return node


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


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], expected_root: bytes) -> bool:
    """Whether the proof leads from the leaf to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and node == expected_root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """Whether the proof shows that the newer tree extends the older (RFC 9162, section 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


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
