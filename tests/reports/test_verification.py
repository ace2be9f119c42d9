"""A report either holds in every respect, or verification says in a sentence what does not."""

import hashlib
import json
import os
import random
import subprocess
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from shutil import which

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import DictionaryObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner

from audits.trail import chain
from mrm.adapters.keys import Keyring
from mrm.adapters.keys.clock import LocalClock
from reports import verification
from reports.pdf import render
from reports.verification import QUESTIONS, Verification
from reports.verification.evidence import DIGEST_FIGURE, FORMAT
from reports.verification.judging import verify_pdf
from reports.verification.seal import BYTE_RANGE
from tests.reports import samples

SOMETIMES = 200
FIGURES = {"psi.income.value": "0.313", "auc.interval": "0.722 to 0.760"}


@pytest.fixture(scope="module")
def roots(keyring):
    return keyring.trusted_roots()


@pytest.fixture(scope="module")
def make_content():
    """Evidence, and the figures to print; by default they agree."""

    def make(printed=FIGURES, digest=None, **evidence) -> tuple[bytes, dict[str, str]]:
        bundle = {"format": FORMAT, "figures": FIGURES, "trail": samples.trail_proofs()} | evidence
        content = chain.canonical(bundle)
        return content, printed | {DIGEST_FIGURE: digest or hashlib.sha256(content).hexdigest()}

    return make


@pytest.fixture(scope="module")
def make_sealed(keyring, small_pdf, make_content):
    """A small sealed report; what it prints and what its evidence says can be told apart."""
    return lambda *printed, **evidence: keyring.seal(small_pdf(*make_content(*printed, **evidence)), reason="Test")


@pytest.fixture(scope="module")
def small(make_sealed) -> bytes:
    return make_sealed()


def hole(data: bytes) -> tuple[int, int]:
    """Where the signature stands, angle brackets included."""
    _, start, end, _ = map(int, BYTE_RANGE.search(data).groups())
    return start, end


def answers(found: Verification) -> dict[str, bool | None]:
    return {check.name: check.holds for check in found.checks}


def failed(found: Verification, question: str) -> str:
    """The explanation of the one check that failed; everything before it held."""
    assert not found.holds
    check = next(check for check in found.checks if check.name == question)
    assert check.holds is False, found
    assert check.explanation.endswith(".")
    return check.explanation


def plain_signer(keyring: Keyring, name: str = "seal") -> SimpleSigner:
    """Our own key in the hands of somebody who seals without our rules."""
    return SimpleSigner.load(*(str(keyring.directory / "local" / f"{name}.{kind}") for kind in ("key", "pem")))


def flipped(data: bytes, position: int, mask: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= mask
    return bytes(changed)


def test_a_report_as_issued_holds_in_every_respect(issued, roots):
    found = verify_pdf(issued.sealed, trusted_roots=roots)
    assert [check.name for check in found.checks] == list(QUESTIONS)
    assert found.holds, found
    assert found.sha256 == hashlib.sha256(issued.sealed).hexdigest()
    assert "Example Bank report seal" in found.signer
    assert found.sealed_at is not None


def test_every_figure_of_a_report_is_found_on_its_pages(issued, roots):
    figures = next(
        check for check in verify_pdf(issued.sealed, trusted_roots=roots).checks if check.name == verification.FIGURES
    )
    assert figures.explanation == f"{len(issued.report.figures) + 1} figures agree."


@pytest.mark.skipif(not which("pdfsig"), reason="poppler's pdfsig is not installed")
def test_poppler_accepts_a_whole_report(issued, tmp_path):
    (tmp_path / "report.pdf").write_bytes(issued.sealed)
    said = subprocess.run(["pdfsig", tmp_path / "report.pdf"], capture_output=True, text=True).stdout
    assert "Signature is Valid." in said
    assert "Total document signed" in said


def test_any_flipped_byte_is_found_wherever_it_is(small, roots):
    start, end = hole(small)
    dice = random.Random(20261008)
    regions = [range(len(small)), range(12), range(start - 2, start + 60), range(end - 60, end + 2)]
    regions += [range(start + 1, start + 4700), range(len(small) - 40, len(small))]
    positions = {position for region in regions for position in dice.sample(region, min(len(region), SOMETIMES // 5))}
    unnoticed = [
        (position, mask)
        for position in sorted(positions)
        for mask in (0x01, 0x20)
        if verify_pdf(flipped(small, position, mask), trusted_roots=roots).holds
    ]
    assert unnoticed == []
    assert len(positions) >= SOMETIMES - 40


def test_the_case_of_a_digit_in_the_signature_cannot_be_changed(small, roots):
    start, end = hole(small)
    position = next(index for index in range(start + 1, end) if small[index : index + 1].isalpha())
    found = verify_pdf(flipped(small, position, 0x20), trusted_roots=roots)
    assert "plain hexadecimal" in failed(found, verification.WHOLE)


def test_the_signature_cannot_be_stretched_over_its_padding(small, roots):
    start, _ = hole(small)
    length = int(small[start + 5 : start + 9], 16)
    for longer in (1, 2, 16, 256):
        stretched = small[: start + 5] + b"%04X" % (length + longer) + small[start + 9 :]
        assert not verify_pdf(stretched, trusted_roots=roots).holds


def test_nothing_can_hide_in_the_padding(small, roots):
    _, end = hole(small)
    found = verify_pdf(small[: end - 3] + b"41" + small[end - 1 :], trusted_roots=roots)
    assert "hidden in the padding" in failed(found, verification.WHOLE)


@pytest.mark.parametrize("tail", [b"\n", b"\x00", b"%%EOF\n", b" " * 1000])
def test_bytes_after_the_end_are_found(small, roots, tail):
    assert "does not cover the whole file" in failed(verify_pdf(small + tail, trusted_roots=roots), verification.WHOLE)


def test_an_incremental_update_is_found(small, roots):
    writer = IncrementalPdfFileWriter(BytesIO(small))
    writer.root["/Lang"] = pdf_string("de")
    writer.update_root()
    changed = BytesIO()
    writer.write(changed)
    assert changed.getvalue().startswith(small)
    assert "does not cover" in failed(verify_pdf(changed.getvalue(), trusted_roots=roots), verification.WHOLE)


def test_a_second_seal_on_top_is_found(issued, keyring, roots, small_pdf):
    pdf = small_pdf(issued.evidence, {})
    for name in ("First", "Second"):
        wishes = PdfSignatureMetadata(field_name=name, subfilter=SigSeedSubFilter.PADES)
        signer = PdfSigner(wishes, plain_signer(keyring), timestamper=LocalClock(plain_signer(keyring, "clock")))
        pdf = signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getvalue()
    found = verify_pdf(pdf, trusted_roots=roots)
    assert answers(found)[verification.TIMED] is True
    assert "does not show one seal" in failed(found, verification.LOCKED)


def test_a_signature_moved_to_another_document_is_found(small, make_sealed, roots):
    other = make_sealed(FIGURES, trail=samples.trail_proofs(samples.trail_entries()[:3]))
    start, end = hole(small)
    there = hole(other)
    moved = other[: there[0]] + small[start:end].ljust(there[1] - there[0], b"0") + other[there[1] :]
    assert not verify_pdf(moved, trusted_roots=roots).holds


def test_a_seal_of_a_stranger_is_not_the_organisations(small_pdf, tmp_path, roots):
    stranger = Keyring(tmp_path / "keys", "Example Bank")  # The same name on the certificate.
    evidence = chain.canonical({"format": FORMAT, "figures": {}, "trail": samples.trail_proofs()})
    sealed = stranger.seal(small_pdf(evidence, {}), reason="Test")
    found = verify_pdf(sealed, trusted_roots=roots)
    assert "leads to no authority trusted here" in failed(found, verification.OURS)
    assert answers(found)[verification.FIGURES] is None
    assert verify_pdf(sealed, trusted_roots=[]).holds is False


def short_lived_key(keyring: Keyring, file: Path, *, ends: datetime) -> None:
    """A sealing key of the bank's own (RSA), under our authority, whose certificate ends soon."""
    home = keyring.directory / "local"
    root = x509.load_pem_x509_certificate((home / "authority.pem").read_bytes())
    root_key = load_pem_private_key((home / "authority.key").read_bytes(), password=None)
    key = rsa.generate_private_key(65537, 3072)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Short-lived seal")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(minutes=5))
        .not_valid_after(ends)
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, certificate, [root], NoEncryption()))


def test_a_report_still_holds_when_its_sealing_certificate_has_ended(keyring, make_content, small_pdf, roots, tmp_path):
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    short_lived_key(keyring, tmp_path / "seal.p12", ends=ends)
    bank = Keyring(keyring.directory, "Example Bank", seal_file=tmp_path / "seal.p12")
    sealed = bank.seal(small_pdf(*make_content()), reason="Test")
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds() + 1.1))
    found = verify_pdf(sealed, trusted_roots=roots)
    assert found.holds, found
    assert "Short-lived seal" in found.signer
    assert found.sealed_at <= ends


def test_a_seal_without_a_time_stamp_says_so(issued, keyring, roots, small_pdf):
    wishes = PdfSignatureMetadata(field_name="Seal", subfilter=SigSeedSubFilter.PADES, certify=True)
    pdf = small_pdf(issued.evidence, {})
    sealed = PdfSigner(wishes, plain_signer(keyring)).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf))).getvalue()
    found = verify_pdf(sealed, trusted_roots=roots)
    assert failed(found, verification.TIMED) == "The seal carries no time-stamp."
    assert answers(found)[verification.INTACT] is True
    assert answers(found)[verification.LOCKED] is False  # It allows forms to be filled in.
    assert found.sealed_at is None


def test_a_figure_printed_differently_from_the_evidence_is_named(make_sealed, roots):
    found = verify_pdf(make_sealed(printed=FIGURES | {"psi.income.value": "0.013"}), trusted_roots=roots)
    assert "psi.income.value is printed as “0.013” but the evidence says “0.313”" in failed(found, verification.FIGURES)


def test_a_figure_missing_on_either_side_is_named(make_sealed, roots):
    found = verify_pdf(make_sealed(printed={"auc.interval": "0.722 to 0.760", "made.up": "1"}), trusted_roots=roots)
    explanation = failed(found, verification.FIGURES)
    assert "made.up is printed but not in the evidence" in explanation
    assert "psi.income.value is in the evidence but not printed" in explanation


def test_a_printed_digest_that_is_not_the_evidences_is_found(make_sealed, roots):
    assert "evidence.sha256 is printed as" in failed(
        verify_pdf(make_sealed(digest="0" * 64), trusted_roots=roots), verification.FIGURES
    )


def test_evidence_exchanged_before_sealing_is_found(keyring, small_pdf, roots):
    ours = {"format": FORMAT, "figures": FIGURES, "trail": samples.trail_proofs()}
    content, other = chain.canonical(ours), chain.canonical(ours | {"figures": FIGURES | {"auc.interval": "0.9"}})
    pdf = small_pdf(content, FIGURES | {DIGEST_FIGURE: hashlib.sha256(content).hexdigest()})
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    file = writer.root["/AF"][0]["/EF"]["/F"]
    file._data, file._encoded_data = other, None
    writer.mark_update(file.container_ref)
    exchanged = BytesIO()
    writer.write(exchanged)
    found = verify_pdf(keyring.seal(exchanged.getvalue(), reason="Test"), trusted_roots=roots)
    assert "not what the document states" in failed(found, verification.NAMED)
    assert answers(found)[verification.FIGURES] is False


def test_an_edited_trail_entry_is_named(make_sealed, roots):
    proofs = samples.trail_proofs()
    proofs["entries"][1]["body"]["actor"]["name"] = "Somebody Else"
    found = verify_pdf(make_sealed(trail=proofs), trusted_roots=roots)
    assert failed(found, verification.ENTRIES) == "Trail entry 1 does not give its recorded hash: it was edited."


def test_an_entry_that_is_not_in_the_signed_log_is_named(make_sealed, roots):
    proofs = samples.trail_proofs()
    entry = proofs["entries"][2]
    entry["body"]["actor"]["name"] = "Somebody Else"
    entry["leaf_hash"] = chain.leaf_hash(chain.canonical(entry["body"])).hex()
    found = verify_pdf(make_sealed(trail=proofs), trusted_roots=roots)
    assert answers(found)[verification.ENTRIES] is True
    assert "trail entry 2 stands in the log does not lead to its root" in failed(found, verification.LOGGED)


def test_a_checkpoint_over_another_history_is_found(make_sealed, roots):
    another = samples.trail_proofs(samples.trail_entries()[:4])
    trail = samples.trail_proofs() | {"checkpoint": another["checkpoint"]}
    found = verify_pdf(make_sealed(trail=trail), trusted_roots=roots)
    assert "signature of the trail's checkpoint does not hold" in failed(found, verification.LOGGED)


def test_an_extract_without_entries_proves_nothing(make_sealed, roots):
    found = verify_pdf(make_sealed(trail=samples.trail_proofs() | {"entries": []}), trusted_roots=roots)
    assert failed(found, verification.ENTRIES) == "The evidence cites no trail entry."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not json", "is not JSON"),
        (b"[" * 5000, "is not JSON"),
        (b"[]", "not in the format"),
        (b'{"format": "mrm-evidence/1"}', "not spelt canonically"),
        (b'{"format":"mrm-evidence/1"}', "lacks its figures or its trail"),
        (b'{"figures":{"a":1},"format":"mrm-evidence/1","trail":{}}', "lacks its figures or its trail"),
    ],
    ids=["text", "nesting", "list", "spaces", "empty", "number"],
)
def test_evidence_of_another_shape_is_refused(keyring, small_pdf, roots, content, said):
    sealed = keyring.seal(small_pdf(content, {}), reason="Test")
    assert said in failed(verify_pdf(sealed, trusted_roots=roots), verification.ATTACHED)


def test_a_report_without_evidence_is_incomplete(keyring, roots):
    pdf = render("<html lang=en><title>A</title><p>A", attachments=[], document_id="R", at=samples.ISSUED)
    found = verify_pdf(keyring.seal(pdf, reason="Test"), trusted_roots=roots)
    assert not found.holds


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a PDF"),
        (b"PK\x03\x04 a zip file", "not a PDF"),
        (b"%PDF-1.7\n%%EOF\n", "no seal"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 400, "no seal"),
        (b"%PDF-1.7\n/ByteRange [0 9 9 0]", "does not cover"),
        (b"%PDF-1.7\n/ByteRange [0 0 30 0]", "plain hexadecimal"),
        (b"%PDF-1.7\n/ByteRange [0 999999999999 999999999999 999999999999]", "does not cover"),
        (b"%PDF-1.7\n/ByteRange [0 37 41 0]\n<3080>", "strict DER"),
        (b"%PDF-1.7\n/ByteRange [0 37 41 0]\n<3082>", "strict DER"),
        (b"%PDF-1.7\n" + b"/ByteRange [" * 100_000, "no seal"),
    ],
    ids=["empty", "zip", "bare", "noise", "short", "nothing", "far", "indefinite", "cut", "many"],
)
def test_what_is_no_report_gets_an_answer_and_not_an_error(roots, data, said):
    if b"[0 37 41 0]" in data:
        data = data.replace(b"[0 37 41 0]", b"[0 %d %d 0]" % (len(data) - 6, len(data)))
    explanation = failed(verify_pdf(data, trusted_roots=roots), verification.WHOLE)
    assert said in explanation


def test_a_file_too_large_to_be_a_report_is_not_read(roots):
    data = b"%PDF-" + bytes(verification.MAXIMUM_BYTES)
    assert "larger than 200 MiB" in failed(verify_pdf(data, trusted_roots=roots), verification.WHOLE)


def test_a_truncated_report_is_found_at_any_length(small, roots):
    for length in range(0, len(small), len(small) // 40):
        assert not verify_pdf(small[:length], trusted_roots=roots).holds


def test_garbage_in_the_place_of_the_signature_is_answered(small, roots):
    start, end = hole(small)
    for seed in range(30):
        noise = random.Random(seed).randbytes(200)
        der = b"0\x81\xc8" + noise
        padded = der.hex().upper().encode().ljust(end - start - 2, b"0")
        found = verify_pdf(small[: start + 1] + padded + small[end - 1 :], trusted_roots=roots)
        assert not found.holds


def test_an_encrypted_document_is_refused_though_the_seal_holds(keyring, small, roots, small_pdf):
    writer = copy_into_new_writer(PdfFileReader(BytesIO(small_pdf(b"{}", {}))))
    writer.encrypt("owner", "", pdf_mac=False)
    encrypted = BytesIO()
    writer.write(encrypted)
    update = IncrementalPdfFileWriter(BytesIO(encrypted.getvalue()))
    update.encrypt("")
    wishes = PdfSignatureMetadata(field_name="Seal", subfilter=SigSeedSubFilter.PADES)
    sealed = PdfSigner(wishes, plain_signer(keyring)).sign_pdf(update).getvalue()
    found = verify_pdf(sealed, trusted_roots=roots)
    assert answers(found)[verification.INTACT] is True
    assert "encrypted" in failed(found, verification.LOCKED)


def test_a_sealed_file_that_is_no_report_is_refused(keyring, roots):
    writer = PdfFileWriter()
    page = DictionaryObject({pdf_name("/Type"): pdf_name("/Page")})
    writer.insert_page(page)
    plain = BytesIO()
    writer.write(plain)
    found = verify_pdf(keyring.seal(plain.getvalue(), reason="Test"), trusted_roots=roots)
    assert "cannot be read as a report" in failed(found, verification.LOCKED)


def test_the_answer_can_be_sent_as_json(small, roots):
    found = verify_pdf(small, trusted_roots=roots)
    assert json.loads(json.dumps([vars(check) for check in found.checks]))[0]["holds"] is True
    assert os.linesep not in "".join(check.explanation for check in found.checks)
