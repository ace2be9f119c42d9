"""The local authority: created on first use, so that seals and time-stamps work on a machine without any network.

    <directory>/local/authority.pem, .key    signs the two certificates below; the root that readers are told to trust
                      seal.pem, .key         the organisation's sealing certificate
                      clock.pem, .key        the RFC 3161 time-stamp authority
                      checkpoint.key         Ed25519, signs the checkpoints of the trail
    <directory>/secrets.key                  hides second factors in the database (`hiding.py`)
    <directory>/trusted/*.pem                further roots to trust: a former authority, an outside time-stamp authority

Production replaces the sealing key and the clock by configuration; the checkpoint key stays.
"""

import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from mrm.errors import RuleBroken

YEAR = timedelta(days=365)
AUTHORITY_LIFE, SEAL_LIFE = 20 * YEAR, 10 * YEAR
BACKDATE = timedelta(hours=1)  # A reader whose clock is slightly behind still finds the certificates valid.
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


@dataclass(frozen=True)
class Identity:
    """A private key with its certificate and the certificates above it, nearest first."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()


@dataclass(frozen=True)
class LocalAuthority:
    """Everything first use creates."""

    root: x509.Certificate
    seal: Identity
    clock: Identity
    checkpoint: ed25519.Ed25519PrivateKey


def local_authority(directory: Path, *, organisation: str) -> LocalAuthority:
    """The authority in this directory; created by whichever process comes first, complete or not at all."""
    home = directory / "local"
    if not home.is_dir():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_one_process(directory / ".lock"):
            if not home.is_dir():
                _create(home, organisation, datetime.now(UTC))
    return _load(home)


@contextmanager
def only_one_process(lock: Path):
    """Hold a file of the keys' folder while something is made there that is made once."""
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create(home: Path, organisation: str, now: datetime) -> None:
    """Write every file into a hidden folder beside the final one, then rename: nobody ever sees half an authority."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name(organisation, f"{organisation} local authority")
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(sign_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    files = {"authority.pem": _pem(root), "authority.key": _pem(root_key)}
    for file, title, purpose, life in (
        ("seal", "report seal", None, SEAL_LIFE),
        ("clock", "time-stamp authority", ExtendedKeyUsageOID.TIME_STAMPING, AUTHORITY_LIFE - YEAR),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        # RFC 3161 wants exactly one, critical purpose for a clock; readers differ in what they accept for a seal.
        purposes = [purpose] if purpose else [DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
        certificate = (
            _certificate(_name(organisation, f"{organisation} {title}"), root_name, key.public_key(), now, life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=purpose is not None)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        files |= {f"{file}.pem": _pem(certificate), f"{file}.key": _pem(key)}
    files["checkpoint.key"] = _pem(ed25519.Ed25519PrivateKey.generate())

    draft = home.with_name(f".{home.name}-{secrets.token_hex(8)}")
    draft.mkdir(mode=0o700)
    try:
        for name, content in files.items():
            _write(draft / name, content)
        _sync(draft)
        draft.rename(home)
        _sync(home.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _load(home: Path) -> LocalAuthority:
    root = x509.load_pem_x509_certificate((home / "authority.pem").read_bytes())
    return LocalAuthority(
        root=root,
        seal=Identity(_key(home / "seal.key"), _load_certificate(home / "seal.pem"), (root,)),
        clock=Identity(_key(home / "clock.key"), _load_certificate(home / "clock.pem"), (root,)),
        checkpoint=_key(home / "checkpoint.key"),
    )


def trusted_certificates(directory: Path) -> list[x509.Certificate]:
    """Further roots that the administrator has put into `trusted/`."""
    files = sorted((directory / "trusted").glob("*.pem"))
    return [certificate for file in files for certificate in x509.load_pem_x509_certificates(file.read_bytes())]


def read_private(file: Path) -> bytes:
    """A file that nobody else on this machine can read; refused where somebody can."""
    if file.stat().st_mode & 0o077:
        raise RuleBroken(f"The private key {file} can be read by other users of this machine. Run: chmod 600 {file}")
    return file.read_bytes()


def _key(file: Path):
    return load_pem_private_key(read_private(file), password=None)


def _load_certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def _name(organisation: str, common_name: str) -> x509.Name:
    # X.520 allows 64 characters in either.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[-64:]),
        ]
    )


def _certificate(subject, issuer, public_key, now: datetime, life: timedelta) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(thing) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.PEM)
    return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_whole(file: Path, content: bytes) -> None:
    """A file for its owner only that appears with all its content, or not at all."""
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    try:
        _write(draft, content)
        draft.rename(file)
        _sync(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
