"""Checkpoints: the tree's size and root, signed; and whose signatures under them count."""

from collections.abc import Iterator
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Action, Checkpoint, Endorsement, Entry, Head
from audits.trail.services.proofs import root_at
from audits.trail.services.writing import governed, record
from mrm.adapters import kept, keys, notes, witnesses
from mrm.errors import RuleBroken
from mrm_verify.notes import Checkpoint as Note
from mrm_verify.trust import Trust

READ_AT_ONCE = 500


@transaction.atomic
def sign_checkpoint() -> Checkpoint | None:
    """Sign the tree as it stands; None while it is empty. The same size is never signed twice.

    Refused where a longer or another trail was signed before: that would be a second history under the same name.
    """
    head = Head.objects.select_for_update().get(pk=1)
    if not head.length:
        return None
    signed = Checkpoint.objects.filter(size=head.length).first()
    if signed:
        return signed
    if fault := fault_against_kept(head.length):
        raise RuleBroken(f"{fault} No checkpoint is signed until this is explained: see manage.py accept_restore.")
    root = chain.root([bytes.fromhex(node) for node in head.frontier])
    name = log_name()
    note = notes.sign_note(notes.checkpoint_body(name, head.length, root), name, keys.configured().checkpoint_key())
    transaction.on_commit(partial(kept.keep, note))
    return Checkpoint.objects.create(size=head.length, root=root.hex(), note=note, signed_at=timezone.now())


def fault_against_kept(length: int) -> str:
    """What the checkpoint that was kept outside the database has against a trail of this length; empty for nothing."""
    note = kept.newest()
    if not note:
        return ""
    newest = Note.read(note)
    if newest.size > length:
        return (
            f"Entries {length} to {newest.size - 1} are missing: a checkpoint over {newest.size} was signed and is "
            "kept beside the keys. The database is older than that, was cut off, or is another one."
        )
    if root_at(newest.size) != newest.root.hex():
        return f"The checkpoint over {newest.size} entries that is kept beside the keys was signed over other entries."
    return ""


def take_over_checkpoint_from_before() -> None:
    """Once, of a release that kept the newest checkpoint of each log: this log's is the one that counts."""
    if first := Entry.objects.filter(position=0).values_list("leaf_hash", flat=True).first():
        kept.take_over(first)


@governed()
def accept_restore(*, reason: str, lost: str = "", actor) -> str:
    """Go on from an older trail: the loss is recorded, with the checkpoint that shows it. Gives what was accepted.

    `lost` says what was lost, where whoever restored has seen it.
    """
    head = Head.objects.get(pk=1)
    fault = lost or fault_against_kept(head.length)
    if not fault:
        raise RuleBroken("Nothing is missing: the trail agrees with the checkpoint that is kept beside the keys.")
    record(Action.TRAIL_RESTORED, actor=actor, subject=head, reason=reason, fault=fault, kept=kept.newest())
    transaction.on_commit(kept.forget)
    return fault


def log_name() -> str:
    """What this installation's log is called in its checkpoints: the public address, without its scheme, at the first.

    A log keeps its name when its address changes, else its older checkpoints would be somebody else's.
    """
    first = Checkpoint.objects.order_by("size").values_list("note", flat=True).first()
    return first.partition("\n")[0] if first else settings.PUBLIC_URL.partition("://")[2]


def trust() -> Trust:
    """The keys that a verifier of this trail is told."""
    keyring = keys.configured()
    return Trust(
        log=notes.verifier_key(log_name(), keyring.checkpoint_key().public_key()),
        witnesses=tuple(str(witness.key) for witness in witnesses.configured()),
        authorities=tuple(root.public_bytes(Encoding.PEM).decode() for root in keyring.trusted_roots()),
    )


def note_in_full(checkpoint: Checkpoint) -> str:
    """The signed note with the cosignatures of witnesses under it."""
    lines = [one.content for one in checkpoint.endorsements.all() if one.kind == Endorsement.Kind.COSIGNATURE]
    return checkpoint.note + "".join(f"{line}\n" for line in lines)


def time_stamps_of(checkpoint: Checkpoint) -> list[str]:
    """The time-stamp tokens on it, in base64."""
    return [one.content for one in checkpoint.endorsements.all() if one.kind == Endorsement.Kind.TIME_STAMP]


def checkpoints_in_full(*, after: int, upto: int) -> Iterator[dict]:
    """Checkpoints over more than `after` and at most `upto` entries, with everything that attests to them."""
    rows = Checkpoint.objects.filter(size__gt=after, size__lte=upto).order_by("size").prefetch_related("endorsements")
    for checkpoint in rows.iterator(chunk_size=READ_AT_ONCE):
        yield {"note": note_in_full(checkpoint), "time_stamps": time_stamps_of(checkpoint)}
