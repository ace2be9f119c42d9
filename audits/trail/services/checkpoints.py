"""Checkpoints: the tree's size and root, signed; and whose signatures under them count."""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Checkpoint, Head
from mrm.adapters import keys, notes
from mrm_verify.trust import Trust

READ_AT_ONCE = 500


@transaction.atomic
def sign_checkpoint() -> Checkpoint | None:
    """Sign the tree as it stands; None while it is empty. The same size is never signed twice."""
    head = Head.objects.select_for_update().get(pk=1)
    if not head.length:
        return None
    signed = Checkpoint.objects.filter(size=head.length).first()
    if signed:
        return signed
    root = chain.root([bytes.fromhex(node) for node in head.frontier])
    name = log_name()
    note = notes.sign_note(notes.checkpoint_body(name, head.length, root), name, keys.configured().checkpoint_key())
    return Checkpoint.objects.create(size=head.length, root=root.hex(), note=note, signed_at=timezone.now())


def log_name() -> str:
    """What this installation's log is called in its checkpoints: the public address, without its scheme, at the first.

    A log keeps its name when its address changes, else its older checkpoints would be somebody else's.
    """
    first = Checkpoint.objects.order_by("size").values_list("note", flat=True).first()
    return first.partition("\n")[0] if first else settings.PUBLIC_URL.partition("://")[2]


def trust() -> Trust:
    """The keys that a verifier of this trail is told."""
    return Trust(notes.verifier_key(log_name(), keys.configured().checkpoint_key().public_key()))


def checkpoints_in_full(*, after: int, upto: int) -> Iterator[dict]:
    """Checkpoints over more than `after` and at most `upto` entries, with everything that attests to them."""
    rows = Checkpoint.objects.filter(size__gt=after, size__lte=upto).order_by("size")
    for checkpoint in rows.iterator(chunk_size=READ_AT_ONCE):
        yield {"note": checkpoint.note, "time_stamps": []}
