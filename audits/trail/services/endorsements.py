"""Asking others to attest to the newest checkpoint: witnesses to cosign it, a time-stamp authority to date it.

What fails is shown and tried again by the next sweep; the trail never waits for it.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.trail.models import Checkpoint, Endorsement, Endorser
from audits.trail.services.checkpoints import trust
from audits.trail.services.proofs import consistency_proof
from mrm.adapters import keys, witnesses
from mrm.errors import RuleBroken
from mrm_verify.faults import Fault
from mrm_verify.notes import Checkpoint as Note
from mrm_verify.notes import VerifierKey
from mrm_verify.timestamps import check_token

Kind = Endorsement.Kind


@dataclass(frozen=True)
class Given:
    """What an endorser gave: to be kept, and the time they state."""

    content: str
    stated_at: datetime


def endorse_checkpoints(*, at_once: bool = False) -> list[Endorser]:
    """Ask everybody who is configured about the newest checkpoint, each at most once; gives how it stands with each.

    at_once  whether the authority is asked though its last time-stamp is not old yet
    """
    checkpoint = Checkpoint.objects.first()
    if checkpoint is None:
        return []
    asked = []
    try:
        configured = witnesses.configured()
    except Fault as fault:
        asked.append(_failed(_endorser(Kind.COSIGNATURE, "WITNESSES"), str(fault)))
        configured = []
    for witness in configured:
        asked.append(_ask(_endorser(Kind.COSIGNATURE, witness.name), checkpoint, _cosigned_by(witness)))
    if settings.TSA_URL:
        clock = _endorser(Kind.TIME_STAMP, settings.TSA_URL)
        pause = timedelta(minutes=settings.TIME_STAMP_MINUTES)
        if at_once or clock.endorsed_at is None or timezone.now() - clock.endorsed_at >= pause:
            asked.append(_ask(clock, checkpoint, _stamped))
    return asked


def _ask(endorser: Endorser, checkpoint: Checkpoint, ask: Callable[[Endorser, Checkpoint], Given]) -> Endorser:
    """Ask outside any transaction; then keep the answer, or why there is none."""
    if endorser.size >= checkpoint.size:
        return endorser
    try:
        given = ask(endorser, checkpoint)
    except (Fault, OSError, RuleBroken, ValueError) as fault:
        return _failed(endorser, str(fault))
    now = timezone.now()
    with transaction.atomic():
        Endorsement.objects.get_or_create(
            checkpoint=checkpoint,
            kind=endorser.kind,
            by=endorser.name,
            defaults={"content": given.content, "stated_at": given.stated_at},
        )
        endorser.size, endorser.endorsed_at, endorser.tried_at, endorser.fault = checkpoint.size, now, now, ""
        endorser.save()
    return endorser


def _cosigned_by(witness: witnesses.Witness) -> Callable[[Endorser, Checkpoint], Given]:
    def ask(endorser: Endorser, checkpoint: Checkpoint) -> Given:
        log, old = VerifierKey.read(trust().log), endorser.size
        for _ in range(2):  # The second time from the size that the witness says it has seen.
            proof = [bytes.fromhex(node) for node in consistency_proof(old, checkpoint.size)] if old else []
            try:
                lines = witnesses.add_checkpoint(witness, log=log, old=old, proof=proof, note=checkpoint.note)
                break
            except witnesses.SeenOther as seen:
                if not 0 < seen.size < checkpoint.size or seen.size == old:
                    raise Fault(
                        f"The witness {witness.name} has cosigned {seen.size} entries of this log, and not these "
                        f"{checkpoint.size}: the trail was set back or rewritten, or somebody else uses its name."
                    ) from seen
                old = seen.size
        else:
            raise Fault(f"The witness {witness.name} goes on naming other sizes.")
        for line in lines:
            seen_at = Note.read(f"{checkpoint.note}{line}\n").cosigned_at(witness.key)
            if seen_at is not None:
                return Given(line, datetime.fromtimestamp(seen_at, UTC))
        raise Fault(f"The answer of the witness {witness.name} holds no signature of its key.")

    return ask


def _stamped(endorser: Endorser, checkpoint: Checkpoint) -> Given:
    signed = Note.read(checkpoint.note).body.encode()
    token = keys.configured().time_stamp(sha256(signed).digest())
    roots = [x509.load_pem_x509_certificate(pem.encode()) for pem in trust().authorities]
    return Given(base64.b64encode(token).decode(), check_token(token, signed, roots))


def _endorser(kind: Kind, name: str) -> Endorser:
    return Endorser.objects.get_or_create(kind=kind, name=name[:300])[0]


def _failed(endorser: Endorser, fault: str) -> Endorser:
    endorser.tried_at, endorser.fault = timezone.now(), fault
    endorser.save(update_fields=["tried_at", "fault"])
    return endorser
