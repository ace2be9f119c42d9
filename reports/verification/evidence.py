"""The evidence bundle, held against the pages it came with and against the trail it cites.

    {"format": "mrm-evidence/1",
     "figures": {identifier: text as printed},
     "trail": {"log": name, "key": verifier key, "size": n, "root": hex, "checkpoint": signed note,
               "entries": [{"body": the entry, "leaf_hash": hex, "proof": [hex]}]},
     …}

The bytes are RFC 8785 canonical JSON, so whoever rebuilds the bundle gets the same digest.
"""

import json

from audits.trail import chain
from mrm_verify import notes
from mrm_verify.canonical import canonical
from mrm_verify.faults import Fault

FORMAT = "mrm-evidence/1"
EVIDENCE = "evidence.json"  # What the attachment is called.
PREFIX = "figure:"  # Of the address that a printed figure links to.
DIGEST_FIGURE = "evidence.sha256"  # Printed on the pages; cannot stand in the bundle whose digest it is.
SHOWN = 5


class Faulty(Exception):
    """The bundle does not hold; the message says where."""


def parse(content: bytes) -> dict:
    """The bundle, if it is one of ours and spelt canonically."""
    try:
        bundle = json.loads(content)
        spelt = canonical(bundle)
    except (ValueError, RecursionError) as fault:
        raise Faulty(f"evidence.json is not JSON ({fault}).") from fault
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        raise Faulty(f"evidence.json is not in the format {FORMAT}.")
    if spelt != content:
        raise Faulty("evidence.json is not spelt canonically (RFC 8785).")
    if not _shaped(bundle):
        raise Faulty("evidence.json lacks its figures or its trail.")
    return bundle


def compare_figures(bundle: dict, digest: str, printed: dict[str, list[str]]) -> int:
    """How many figures are printed exactly as the bundle has them; every one must be, and no other."""
    expected = bundle["figures"] | {DIGEST_FIGURE: digest}
    faults = [f"{name} is printed but not in the evidence" for name in printed if name not in expected]
    faults += [f"{name} is in the evidence but not printed" for name in expected if name not in printed]
    faults += [
        f"{name} is printed as “{text}” but the evidence says “{expected[name]}”"
        for name, texts in printed.items()
        for text in texts
        if name in expected and text != expected[name]
    ]
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise Faulty("; ".join(sorted(faults)[:SHOWN]) + more + ".")
    return len(expected)


def recompute_entries(bundle: dict) -> int:
    """How many trail entries give their recorded leaf hash; every one must."""
    entries = bundle["trail"]["entries"]
    for entry in entries:
        if chain.leaf_hash(chain.canonical(entry["body"])).hex() != entry["leaf_hash"]:
            raise Faulty(f"Trail entry {entry['body'].get('position')} does not give its recorded hash: it was edited.")
    if not entries:
        raise Faulty("The evidence cites no trail entry.")
    return len(entries)


def check_log(bundle: dict) -> int:
    """The size of the log whose signed checkpoint includes every entry; it must include them all."""
    trail = bundle["trail"]
    size, name = trail["size"], trail["log"]
    try:
        root = bytes.fromhex(trail["root"])
        key = notes.VerifierKey.read(trail["key"])
        for entry in trail["entries"]:
            proof = [bytes.fromhex(node) for node in entry["proof"]]
            position = entry["body"].get("position")
            leaf = bytes.fromhex(entry["leaf_hash"])
            if not isinstance(position, int) or not chain.verify_inclusion(leaf, position, size, proof, root):
                raise Faulty(f"The proof that trail entry {position} stands in the log does not lead to its root.")
        checkpoint = notes.Checkpoint.read(trail["checkpoint"])
    except (ValueError, TypeError, Fault) as fault:
        raise Faulty(f"The proofs of the trail are malformed ({fault}).") from fault
    stated = (key.name, key.kind, checkpoint.body) == (name, notes.ED25519, notes.checkpoint_body(name, size, root))
    if not stated or not checkpoint.is_signed_by(key):
        raise Faulty("The signature of the trail's checkpoint does not hold for its size and root.")
    return size


def _shaped(bundle: dict) -> bool:
    figures, trail = bundle.get("figures"), bundle.get("trail")
    if not isinstance(figures, dict) or not all(isinstance(text, str) for text in figures.values()):
        return False
    if not isinstance(trail, dict) or not isinstance(trail.get("size"), int):
        return False
    texts = ("log", "key", "root", "checkpoint")
    if not all(isinstance(trail.get(name), str) for name in texts) or not isinstance(trail.get("entries"), list):
        return False
    return all(
        isinstance(entry, dict)
        and isinstance(entry.get("body"), dict)
        and isinstance(entry.get("leaf_hash"), str)
        and isinstance(entry.get("proof"), list)
        for entry in trail["entries"]
    )
