"""Whom to trust, and every signature under a checkpoint held against that."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from mrm_verify.faults import Fault
from mrm_verify.notes import Checkpoint, VerifierKey
from mrm_verify.timestamps import check_token


@dataclass(frozen=True)
class Trust:
    """Whom the auditor trusts; where this is empty, whom the export itself names. Plain text, for other processes."""

    log: str = ""
    witnesses: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()  # PEM
    held: tuple[str, ...] = ()  # Checkpoints that the auditor got earlier or elsewhere.

    def or_as_named_in(self, keys: dict) -> "Trust":
        return Trust(
            self.log or keys["log"],
            self.witnesses or tuple(keys["witnesses"]),
            self.authorities or tuple(keys["authorities"]),
            self.held,
        )


class Checker:
    """Checks one checkpoint after another, the keys having been read once."""

    def __init__(self, trust: Trust):
        self.log = VerifierKey.read(trust.log)
        self.witnesses = [VerifierKey.read(line) for line in trust.witnesses]
        self.roots = [root for pem in trust.authorities for root in _roots(pem)]

    def check(self, checkpoint: Checkpoint, time_stamps: Sequence[str]) -> tuple[list[datetime], list[datetime]]:
        """When it was cosigned and when stamped; Fault where the log's signature or one of these does not hold."""
        if checkpoint.origin != self.log.name or not checkpoint.is_signed_by(self.log):
            raise Fault(f"The signature of the checkpoint over {checkpoint.size} entries does not hold.")
        stamped = []
        for token in time_stamps:
            try:
                stamped.append(
                    check_token(base64.b64decode(token, validate=True), checkpoint.body.encode(), self.roots)
                )
            except (Fault, binascii.Error) as fault:
                raise Fault(f"On the checkpoint over {checkpoint.size} entries: {fault}") from fault
        cosigned = [at for witness in self.witnesses if (at := checkpoint.cosigned_at(witness)) is not None]
        return [datetime.fromtimestamp(at, UTC) for at in cosigned], stamped


def check_attested(given: Trust, newest: Checkpoint, time_stamps: Sequence[str]) -> None:
    """Fault unless every witness and authority whom the auditor named attests to the newest checkpoint."""
    for witness in map(VerifierKey.read, given.witnesses):
        if newest.cosigned_at(witness) is None:
            raise Fault(
                f"The witness {witness.name} has not cosigned the newest checkpoint, over {newest.size} entries."
            )
    for roots in map(_roots, given.authorities):
        if not any(_is_stamped(token, newest, roots) for token in time_stamps):
            name = roots[0].subject.rfc4514_string()
            raise Fault(f"The newest checkpoint, over {newest.size} entries, bears no time-stamp under {name}.")


def _is_stamped(token: str, checkpoint: Checkpoint, roots: list[x509.Certificate]) -> bool:
    try:
        check_token(base64.b64decode(token, validate=True), checkpoint.body.encode(), roots)
    except (Fault, binascii.Error):
        return False
    return True


def _roots(pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as fault:
        raise Fault(f"The certificate of a time-stamp authority cannot be read ({fault}).") from fault
