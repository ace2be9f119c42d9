"""The arithmetic of the trail against the published vectors of RFC 6962, and against a tree computed the slow way."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.trail import chain

# Inputs, roots and proofs from the reference implementation of Certificate Transparency (merkle_tree_test).
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {  # (leaf, size), both as the RFC counts leaves here: from 0
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Tree:
    """A log in memory, appended to as the trail appends to its tables."""

    def __init__(self, inputs):
        self.frontier, self.nodes, self.roots = [], {}, [chain.EMPTY_ROOT]
        for index, data in enumerate(inputs):
            leaf = chain.leaf_hash(data)
            self.nodes[0, index] = leaf
            self.frontier, completed = chain.append(self.frontier, index, leaf)
            self.nodes |= {(level, place): node for level, place, node in completed}
            self.roots.append(chain.root(self.frontier))

    def subtree(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


def slow_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:split]) + slow_root(leaves[split:])).digest()


def test_the_empty_tree_has_the_root_of_the_rfc():
    assert chain.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_are_those_of_the_reference_implementation():
    assert [root.hex() for root in Tree(INPUTS).roots[1:]] == ROOTS


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_reference_implementation(leaf, size):
    tree = Tree(INPUTS)
    proof = chain.inclusion_proof(leaf, size, tree.subtree)
    assert [node.hex() for node in proof] == INCLUSION[leaf, size]
    assert chain.verify_inclusion(chain.leaf_hash(INPUTS[leaf]), leaf, size, proof, tree.roots[size])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_reference_implementation(old, new):
    tree = Tree(INPUTS)
    proof = chain.consistency_proof(old, new, tree.subtree)
    assert [node.hex() for node in proof] == CONSISTENCY[old, new]
    assert chain.verify_consistency(old, new, tree.roots[old], tree.roots[new], proof)


@given(st.integers(1, 70), st.data())
def test_every_leaf_and_every_older_tree_can_be_proved(size, data):
    inputs = [str(number).encode() for number in range(size)]
    tree = Tree(inputs)
    assert tree.roots[size] == slow_root(inputs)
    leaf, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    proof = chain.inclusion_proof(leaf, size, tree.subtree)
    assert chain.verify_inclusion(tree.nodes[0, leaf], leaf, size, proof, tree.roots[size])
    consistency = chain.consistency_proof(old, size, tree.subtree)
    assert chain.verify_consistency(old, size, tree.roots[old], tree.roots[size], consistency)


@given(st.integers(2, 40), st.data())
def test_a_proof_of_anything_else_does_not_hold(size, data):
    tree = Tree([str(number).encode() for number in range(size)])
    leaf = data.draw(st.integers(0, size - 1))
    proof = chain.inclusion_proof(leaf, size, tree.subtree)
    other = (leaf + 1) % size
    wrong = chain.leaf_hash(b"wrong")
    assert not chain.verify_inclusion(wrong, leaf, size, proof, tree.roots[size])
    assert not chain.verify_inclusion(tree.nodes[0, leaf], other, size, proof, tree.roots[size])
    assert not chain.verify_inclusion(tree.nodes[0, leaf], leaf, size, [*proof, wrong], tree.roots[size])
    assert not chain.verify_inclusion(tree.nodes[0, leaf], leaf, size, proof[:-1], tree.roots[size])
    assert not chain.verify_inclusion(tree.nodes[0, leaf], size, size, proof, tree.roots[size])
    old = data.draw(st.integers(1, size - 1))
    consistency = chain.consistency_proof(old, size, tree.subtree)
    assert not chain.verify_consistency(old, size, wrong, tree.roots[size], consistency)
    assert not chain.verify_consistency(old, size, tree.roots[old], wrong, consistency)
    assert not chain.verify_consistency(old, size, tree.roots[old], tree.roots[size], [*consistency, wrong])
    assert not chain.verify_consistency(old, size, tree.roots[old], tree.roots[size], consistency[:-1])
    assert not chain.verify_consistency(size, old, tree.roots[size], tree.roots[old], consistency)


def test_there_is_no_proof_of_what_is_not_there():
    tree = Tree(INPUTS)
    for leaf, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(ValueError, match="not in a tree"):
            chain.inclusion_proof(leaf, size, tree.subtree)
    for old, new in ((0, 8), (5, 4)):
        with pytest.raises(ValueError, match="cannot be consistent"):
            chain.consistency_proof(old, new, tree.subtree)


def test_the_bytes_of_an_entry_are_the_same_for_everyone():
    body = {"z": [1, 2.5, None, True], "a": "grün €", "\u20ac": {}}
    assert chain.canonical(body) == '{"a":"grün €","z":[1,2.5,null,true],"€":{}}'.encode()
