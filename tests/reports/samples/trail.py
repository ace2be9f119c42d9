"""A small trail with its proofs."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audits.trail import chain
from mrm.adapters import notes
from reports.contents.monitoring import (
    TrailEntry,
    TrailExtract,
)


def trail_entries() -> list[dict]:
    happenings = [
        ("2026-07-01T02:14:07.000000Z", "system", "assessment.completed", "Drift run RUN-2026-0287"),
        ("2026-08-14T15:40:02.000000Z", "Amara Okafor", "change.decided", "CR-2026-0017"),
        ("2026-10-01T02:14:09.000000Z", "system", "assessment.completed", "Drift run RUN-2026-0411"),
        ("2026-10-01T02:14:09.000000Z", "system", "breach.opened", "B-2026-0031"),
        ("2026-10-01T02:15:00.000000Z", "system", "change.requested", "CR-2026-0019"),
        ("2026-10-02T09:12:44.000000Z", "Henrik Lindqvist", "change.decided", "CR-2026-0019"),
        ("2026-10-08T07:29:58.000000Z", "Henrik Lindqvist", "report.requested", "R-2026-0042"),
    ]
    return [
        {
            "position": position,
            "at": at,
            "actor": {"id": "", "name": actor},
            "action": action,
            "subject": {"name": subject},
        }
        for position, (at, actor, action, subject) in enumerate(happenings)
    ]


def trail_proofs(entries: list[dict] | None = None) -> dict:
    """What the trail hands out for these entries, taken as the whole log."""
    bodies = trail_entries() if entries is None else entries
    leaves = [chain.leaf_hash(chain.canonical(body)) for body in bodies]
    frontier, nodes = [], {(0, index): leaf for index, leaf in enumerate(leaves)}
    for size, leaf in enumerate(leaves):
        frontier, completed = chain.append(frontier, size, leaf)
        nodes |= {(level, index): node for level, index, node in completed}
    root, key, log = chain.root(frontier), Ed25519PrivateKey.from_private_bytes(b"\x05" * 32), "mrm.example.bank"
    proof = [chain.inclusion_proof(index, len(leaves), lambda *where: nodes[where]) for index in range(len(leaves))]
    return {
        "log": log,
        "key": notes.verifier_key(log, key.public_key()),
        "size": len(leaves),
        "root": root.hex(),
        "checkpoint": notes.sign_note(notes.checkpoint_body(log, len(leaves), root), log, key),
        "entries": [
            {"body": body, "leaf_hash": leaf.hex(), "proof": [node.hex() for node in path]}
            for body, leaf, path in zip(bodies, leaves, proof, strict=True)
        ],
    }


def trail_extract() -> TrailExtract:
    proofs = trail_proofs()
    lines = tuple(
        TrailEntry(
            str(one["body"]["position"]),
            one["body"]["at"][:16].replace("T", " "),
            one["body"]["actor"]["name"],
            one["body"]["action"],
            one["body"]["subject"]["name"],
            one["leaf_hash"],
        )
        for one in proofs["entries"]
    )
    return TrailExtract(proofs["log"], str(proofs["size"]), proofs["root"], "8 October 2026 at 07:30 UTC", lines)
