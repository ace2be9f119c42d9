"""The organisation's keys: created once, kept private, usable offline, replaceable."""

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from shutil import which
from subprocess import PIPE

import pytest
import weasyprint
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from mrm.adapters.keys import Keyring
from mrm.errors import RuleBroken

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def keyring(tmp_path) -> Keyring:
    return Keyring(tmp_path / "keys", "Example Bank")


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return weasyprint.HTML(string='<html lang="en"><title>A report</title><p>A report').write_pdf()


def make_pkcs12(file, *, starts: datetime, ends: datetime) -> x509.Certificate:
    """A bank's own sealing key (RSA) under its own root, as its administrators would hand it over; returns the root."""
    root_key, key = (rsa.generate_private_key(65537, 3072) for _ in range(2))
    root_name, name = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("Bank CA", "Bank seal"))

    def certificate(subject, public_key, is_authority):
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .sign(root_key, hashes.SHA256())
        )

    root, leaf = certificate(root_name, root_key.public_key(), True), certificate(name, key.public_key(), False)
    encryption = BestAvailableEncryption(PASSPHRASE.encode())
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, leaf, [root], encryption))
    return root


def test_first_use_creates_keys_that_only_their_owner_can_read(keyring):
    keyring.checkpoint_key()
    assert stat.S_IMODE(keyring.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((keyring.directory / "local").stat().st_mode) == 0o700
    files = sorted((keyring.directory / "local").iterdir())
    assert [file.name for file in files] == [
        "authority.key", "authority.pem", "checkpoint.key", "clock.key", "clock.pem", "seal.key", "seal.pem",
    ]  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_same_directory_gives_the_same_keys_every_time(keyring):
    again = Keyring(keyring.directory, "Example Bank")
    assert keyring.checkpoint_key().private_bytes_raw() == again.checkpoint_key().private_bytes_raw()
    assert keyring.trusted_roots() == again.trusted_roots()


def test_processes_that_start_together_agree_on_one_authority(tmp_path):
    program = (
        "import sys; from pathlib import Path; from mrm.adapters.keys.keyring import Keyring;"
        "print('ready', flush=True); sys.stdin.readline();"
        "print(Keyring(Path(sys.argv[1]), 'Example Bank').trusted_roots()[0].serial_number)"
    )
    command = [sys.executable, "-c", program, tmp_path / "keys"]
    processes = [subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in processes}) == 1
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == [".lock", "local"]


def test_a_creation_that_was_interrupted_leaves_no_half_authority(keyring, tmp_path):
    (keyring.directory).mkdir(mode=0o700)
    abandoned = keyring.directory / ".local-deadbeef"
    abandoned.mkdir()
    (abandoned / "authority.key").write_text("half a key")
    assert keyring.checkpoint_key()


def test_a_private_key_that_others_can_read_is_refused(keyring):
    keyring.checkpoint_key()
    file = keyring.directory / "local" / "seal.key"
    file.chmod(0o644)
    with pytest.raises(RuleBroken, match=f"chmod 600 {file}"):
        Keyring(keyring.directory, "Example Bank").checkpoint_key()


def test_a_passphrase_never_shows_in_a_printed_keyring(tmp_path):
    assert PASSPHRASE not in repr(Keyring(tmp_path, "Example Bank", passphrase=PASSPHRASE))


def test_a_time_stamp_speaks_for_the_digest_it_was_asked_for(keyring):
    digest = b"\x07" * 32
    before = datetime.now(UTC).replace(microsecond=0)
    token = cms.ContentInfo.load(keyring.time_stamp(digest))
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == digest
    assert before <= info["gen_time"].native <= datetime.now(UTC)


def test_an_unreachable_time_stamp_authority_is_named_and_nothing_is_sealed(tmp_path, pdf):
    keyring = Keyring(tmp_path / "keys", "Example Bank", time_stamp_url="http://127.0.0.1:9/tsa")
    with pytest.raises(RuleBroken, match=r"http://127\.0\.0\.1:9/tsa.*Nothing was sealed"):
        keyring.seal(pdf, reason="Test")


def test_a_pkcs12_file_replaces_the_local_sealing_key(tmp_path, pdf):
    now = datetime.now(UTC)
    root = make_pkcs12(tmp_path / "bank.p12", starts=now - timedelta(days=1), ends=now + timedelta(days=1))
    keyring = Keyring(tmp_path / "keys", "Example Bank", seal_file=tmp_path / "bank.p12", passphrase=PASSPHRASE)
    assert root in keyring.trusted_roots()
    sealed = keyring.seal(pdf, reason="Test")
    assert sealed.startswith(pdf)


@pytest.mark.parametrize(("passphrase", "content"), [("wrong", None), (PASSPHRASE, b"not a key store")])
def test_a_key_file_that_cannot_be_opened_is_named(tmp_path, pdf, passphrase, content):
    file, now = tmp_path / "bank.p12", datetime.now(UTC)
    make_pkcs12(file, starts=now - timedelta(days=1), ends=now + timedelta(days=1))
    if content:
        file.write_bytes(content)
    with pytest.raises(RuleBroken, match=f"SEAL_KEY names {file}"):
        Keyring(tmp_path / "keys", "Example Bank", seal_file=file, passphrase=passphrase).seal(pdf, reason="Test")


def test_an_expired_sealing_certificate_seals_nothing(tmp_path, pdf):
    now = datetime.now(UTC)
    make_pkcs12(tmp_path / "bank.p12", starts=now - timedelta(days=9), ends=now - timedelta(days=1))
    keyring = Keyring(tmp_path / "keys", "Example Bank", seal_file=tmp_path / "bank.p12", passphrase=PASSPHRASE)
    with pytest.raises(RuleBroken, match="not today"):
        keyring.seal(pdf, reason="Test")


@pytest.mark.skipif(not which("pdfsig"), reason="poppler's pdfsig is not installed")
@pytest.mark.parametrize("own_key", [False, True], ids=["local authority", "the bank's RSA key"])
def test_poppler_accepts_the_seal(tmp_path, pdf, own_key):
    now = datetime.now(UTC)
    keyring = Keyring(tmp_path / "keys", "Example Bank")
    if own_key:
        make_pkcs12(tmp_path / "bank.p12", starts=now - timedelta(days=1), ends=now + timedelta(days=1))
        keyring = Keyring(tmp_path / "keys", "Example Bank", seal_file=tmp_path / "bank.p12", passphrase=PASSPHRASE)
    (tmp_path / "sealed.pdf").write_bytes(keyring.seal(pdf, reason="Test"))
    said = subprocess.run(["pdfsig", tmp_path / "sealed.pdf"], capture_output=True, text=True).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert "ETSI.CAdES.detached" in said
