"""One entry by itself: its bytes, and a C2SP tlog-proof that they stand in the log under a signed checkpoint."""

import base64
import binascii
from dataclasses import dataclass

from mrm_verify.faults import Fault
from mrm_verify.merkle import leaf_hash, verify_inclusion
from mrm_verify.notes import Checkpoint, VerifierKey

HEADER = "c2sp.org/tlog-proof@v1"
LONGEST = 64  # Hashes: a tree that needs more does not fit on any disk.


@dataclass(frozen=True)
class Proof:
    """Where an entry stands, the hashes that lead to the root, and the checkpoint that signs it."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint

    @classmethod
    def read(cls, text: str) -> "Proof":
        head, blank, note = text.partition("\n\n")
        header, *lines = head.split("\n")
        if header != HEADER or not blank:
            raise Fault(f"This is no proof: its first line is not {HEADER}, or no checkpoint follows.")
        if lines and lines[0].startswith("extra "):  # Of whoever made the file; nothing signs it.
            lines = lines[1:]
        word, _, index = lines[0].partition(" ") if lines else ("", "", "")
        if word != "index" or not (index.isascii() and index.isdecimal() and len(index) < 20):
            raise Fault("The proof does not say which entry it is about.")
        try:
            hashes = tuple(base64.b64decode(line, validate=True) for line in lines[1:])
        except (binascii.Error, ValueError) as fault:
            raise Fault(f"A hash of the proof is malformed ({fault}).") from fault
        if len(hashes) > LONGEST or any(len(one) != 32 for one in hashes):
            raise Fault("The proof holds something that is no SHA-256.")
        return cls(int(index), hashes, Checkpoint.read(note))


def write_proof(index: int, hashes: list[bytes], note: str) -> str:
    """The same as a file."""
    lines = [HEADER, f"index {index}", *(base64.b64encode(one).decode() for one in hashes)]
    return "\n".join(lines) + f"\n\n{note}"


def verify_proof(entry: bytes, text: str, key: str) -> Proof:
    """The proof, if the log of this key has signed a tree in which exactly these bytes stand; else a Fault."""
    proof, log = Proof.read(text), VerifierKey.read(key)
    checkpoint = proof.checkpoint
    if checkpoint.origin != log.name or not checkpoint.is_signed_by(log):
        raise Fault(f"The checkpoint over {checkpoint.size} entries is not signed by {log.name} with this key.")
    leaf = leaf_hash(entry)
    if not verify_inclusion(leaf, proof.index, checkpoint.size, list(proof.hashes), checkpoint.root):
        raise Fault(f"These bytes are not entry {proof.index} of the log.")
    return proof
