"""Sealing, time-stamping and the checkpoint key, from the local authority or from what the administrator configured."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs12

from mrm.adapters.keys.authority import Identity, LocalAuthority, local_authority, trusted_certificates
from mrm.errors import RuleBroken

if TYPE_CHECKING:
    from pyhanko.sign.timestamps import TimeStamper


@dataclass(frozen=True)
class Keyring:
    """The organisation's keys.

    directory        where the local authority lives; created on first use, for the owner only
    organisation     the name on certificates made here
    seal_file        a PKCS#12 file that replaces the local sealing key, with its passphrase
    time_stamp_url   an RFC 3161 authority that replaces the local clock
    """

    directory: Path
    organisation: str
    seal_file: Path | None = None
    passphrase: str = field(default="", repr=False)
    time_stamp_url: str = ""

    def checkpoint_key(self) -> ed25519.Ed25519PrivateKey:
        """The Ed25519 key that signs the checkpoints of the trail."""
        return self._local.checkpoint

    def seal(self, pdf: bytes, *, reason: str, location: str = "") -> bytes:
        """The document with the organisation's PAdES B-T seal over every byte of it, allowing no later change."""
        from mrm.adapters.keys import sealing

        first, last = self._seal.certificate.not_valid_before_utc, self._seal.certificate.not_valid_after_utc
        if not first <= datetime.now(UTC) <= last:
            raise RuleBroken(
                f"The sealing certificate of {self.organisation} is valid from {first:%d %B %Y} to {last:%d %B %Y}, not"
                " today. Set SEAL_KEY to a valid one, or check the clock of this machine."
            )
        try:
            return sealing.sealed(
                pdf,
                self._seal,
                self._clock,
                organisation=self.organisation,
                reason=reason,
                location=location,
            )
        except OSError as problem:
            raise RuleBroken(self._no_time_stamp(problem)) from problem

    def time_stamp(self, digest: bytes) -> bytes:
        """The RFC 3161 token (DER) over a SHA-256 digest."""
        from mrm.adapters.keys import sealing

        try:
            return sealing.time_stamp(digest, self._clock)
        except OSError as problem:
            raise RuleBroken(self._no_time_stamp(problem)) from problem

    def fingerprints(self) -> dict[str, str]:
        """By what each key in use is known: SHA-256 of the seal's certificate, and of the public key of checkpoints."""
        checkpoint = self.checkpoint_key().public_key().public_bytes_raw()
        seal = self._seal.certificate.public_bytes(serialization.Encoding.DER)
        return {"seal": sha256(seal).hexdigest(), "checkpoints": sha256(checkpoint).hexdigest()}

    def trusted_roots(self) -> list[x509.Certificate]:
        """The authorities whose seals and time-stamps this organisation accepts."""
        top = self._seal.chain[-1] if self._seal.chain else self._seal.certificate
        return list(dict.fromkeys([self._local.root, top, *trusted_certificates(self.directory)]))

    @cached_property
    def _local(self) -> LocalAuthority:
        return local_authority(self.directory, organisation=self.organisation)

    @cached_property
    def _seal(self) -> Identity:
        return _from_pkcs12(self.seal_file, self.passphrase) if self.seal_file else self._local.seal

    @property
    def _clock(self) -> TimeStamper:
        from mrm.adapters.keys.clock import LocalClock, OutsideClock
        from mrm.adapters.keys.sealing import signer

        # A fresh one each time: pyHanko keeps answers and an event loop's resources in it.
        if self.time_stamp_url:
            return OutsideClock(self.time_stamp_url)
        return LocalClock(signer(self._local.clock))

    def _no_time_stamp(self, problem: Exception) -> str:
        source = self.time_stamp_url or "the local clock"
        return f"No time-stamp could be had from {source}: {problem}. Nothing was sealed; try again or correct TSA_URL."


def _from_pkcs12(file: Path, passphrase: str) -> Identity:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), passphrase.encode() or None)
    except (OSError, ValueError) as problem:
        raise RuleBroken(f"SEAL_KEY names {file}, which cannot be opened as a PKCS#12 file: {problem}.") from problem
    if key is None or certificate is None:
        raise RuleBroken(f"The PKCS#12 file {file} must hold a private key and its certificate.")
    return Identity(key, certificate, _in_order(certificate, others))


def _in_order(certificate: x509.Certificate, others: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificates above this one, nearest first."""
    chain, current = [], certificate
    while above := next((one for one in others if one.subject == current.issuer and one not in chain), None):
        chain.append(above)
        current = above
    return tuple(chain)
