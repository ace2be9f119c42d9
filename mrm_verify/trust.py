"""Whom to trust, and every signature under a checkpoint held against that."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

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
        try:
            self.roots = [one for pem in trust.authorities for one in x509.load_pem_x509_certificates(pem.encode())]
        except ValueError as fault:
            raise Fault(f"The certificate of a time-stamp authority cannot be read ({fault}).") from fault

    def check(self, checkpoint: Checkpoint, time_stamps: Sequence[str]) -> tuple[int, int]:
        """How many cosignatures and time-stamps hold; Fault where the log's signature or one of these does not."""
        if checkpoint.origin != self.log.name or not checkpoint.is_signed_by(self.log):
            raise Fault(f"The signature of the checkpoint over {checkpoint.size} entries does not hold.")
        for token in time_stamps:
            try:
                check_token(base64.b64decode(token, validate=True), checkpoint.body.encode(), self.roots)
            except (Fault, binascii.Error) as fault:
                raise Fault(f"On the checkpoint over {checkpoint.size} entries: {fault}") from fault
        seen = sum(checkpoint.cosigned_at(witness) is not None for witness in self.witnesses)
        return seen, len(time_stamps)
