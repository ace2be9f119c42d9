"""The Merkle tree of RFC 6962: hashing, growing, and checking proofs.

A tree is kept as its *frontier*: the roots of the perfect subtrees that its leaves decompose into, largest first.
"""

from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962, section 2.1."""
    return sha256(b"\x01" + left + right).digest()


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


def levels_over(leaves: list[bytes]) -> list[list[bytes]]:
    """Every perfect subtree over these leaves by level, level 0 being the leaves; much faster than one by one."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        nodes = levels[-1]
        pairs = zip(nodes[::2], nodes[1::2], strict=False)  # An odd one out waits for its sibling.
        levels.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return levels


def frontier_at(levels: list[list[bytes]], size: int) -> list[bytes]:
    """The frontier of the first `size` of these leaves."""
    frontier, done = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            frontier.append(levels[level][done >> level])
            done += 1 << level
    return frontier


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
