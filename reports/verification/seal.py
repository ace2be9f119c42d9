"""The seal of a document, judged from its bytes alone: nothing is parsed as PDF before its bytes are vouched for.

A PDF seal covers the whole file except one hole, which holds the signature itself in hexadecimal, padded with zeros. A
signature does not protect its own wrapping, so everything in the hole is held to exactly one spelling here: digits in
one case, strict DER, zeros to the end, no certificate that does not lead to the root, no attribute we do not know.
"""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.general import extract_signer_info
from pyhanko.sign.validation.generic_cms import (
    async_validate_detached_cms,
    message_imprint_checker,
    validate_tst_signed_data,
)
from pyhanko.sign.validation.status import StandardCMSSignatureStatus, TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.path import ValidationPath

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s+(\d{1,12})\s*\]")
HOLE = re.compile(rb"<(?P<signature>(?:[0-9A-F]{2})+|(?:[0-9a-f]{2})+)>")

CONSTRUCTED = 0x20
DEEPEST = 40

# What asn1crypto and pyHanko raise on bytes that are no proper signature.
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError)


class Broken(Exception):
    """The seal cannot be read; the message says where it departs from what a seal must look like."""


@dataclass(frozen=True)
class Seal:
    """A signature found in a file, not yet judged.

    covered   the bytes it speaks for: the whole file without the hole
    contents  the signature (DER)
    """

    covered: bytes
    contents: bytes


@dataclass(frozen=True)
class Judgement:
    """What cryptography says about a seal."""

    intact: bool
    signer: str
    trusted: bool
    time_stamp: TimestampSignatureStatus | None


def find(data: bytes) -> Seal | None:
    """The one seal that covers the whole file; None where there is no signature at all."""
    ranges = [tuple(map(int, found.groups())) for found in BYTE_RANGE.finditer(data)]
    if not ranges:
        return None
    whole = [(first, hole) for start, first, hole, rest in ranges if start == 0 and hole + rest == len(data)]
    if len(whole) != 1:
        raise Broken("The seal does not cover the whole file: bytes were added after it, taken away, or rearranged.")
    (before, after) = whole[0]
    hole = HOLE.fullmatch(data, before, after) if before < after else None
    if not hole:
        raise Broken("The place of the signature holds something other than a signature in plain hexadecimal.")
    padded = bytes.fromhex(hole["signature"].decode())
    length = _der_length(padded)
    if padded[length:].strip(b"\x00"):
        raise Broken("Bytes are hidden in the padding behind the signature.")
    return Seal(covered=data[:before] + data[after:], contents=padded[:length])


def judge(seal: Seal, trusted_roots: list[asn1_x509.Certificate]) -> Judgement:
    """Whether the signature is intact, whose it is, whether a trusted root vouches for it, and when it was made."""
    try:
        signed_data = _strict(seal.contents)
        return asyncio.run(_judge(seal, signed_data, trusted_roots))
    except MALFORMED as fault:
        raise Broken(f"The signature is malformed ({fault}).") from fault


async def _judge(seal: Seal, signed_data: cms.SignedData, roots: list[asn1_x509.Certificate]) -> Judgement:
    signer = extract_signer_info(signed_data)
    time_stamp = await _time_stamp(signer, roots)
    moment = time_stamp.timestamp if time_stamp and _holds(time_stamp) else datetime.now(UTC)
    status = await async_validate_detached_cms(
        seal.covered, signed_data, _context(roots, moment), ts_validation_context=_context(roots, datetime.now(UTC))
    )
    certificates = [one.chosen for one in signed_data["certificates"]]
    if status.intact and status.valid:
        _nothing_superfluous(certificates, status.validation_path, roots)
    return Judgement(
        intact=status.intact and status.valid,
        signer=status.signing_cert.subject.human_friendly,
        trusted=status.trusted,
        time_stamp=time_stamp,
    )


async def _time_stamp(signer: cms.SignerInfo, roots: list[asn1_x509.Certificate]) -> TimestampSignatureStatus | None:
    """The status of the time-stamp over the signature; the only thing that may stand beside a signature unsigned."""
    attributes = signer["unsigned_attrs"]
    if isinstance(attributes, core.Void) or not len(attributes):
        return None
    if len(attributes) != 1 or attributes[0]["type"].native != "signature_time_stamp_token":
        raise Broken("The signature carries attributes that nobody signed.")
    token = _signed_data(attributes[0]["values"][0], version="v3")
    if len(attributes[0]["values"]) != 1 or not isinstance(token["signer_infos"][0]["unsigned_attrs"], core.Void):
        raise Broken("The time-stamp carries attributes that nobody signed.")
    context = _context(roots, datetime.now(UTC))
    status = TimestampSignatureStatus(**await validate_tst_signed_data(token, context, message_imprint_checker(signer)))
    if status.intact and status.valid:
        _nothing_superfluous([one.chosen for one in token["certificates"]], status.validation_path, roots)
    return status


def _strict(contents: bytes) -> cms.SignedData:
    """The signature, if it is spelt in the one way that DER and RFC 5652 allow for what it says."""
    _check_spelling(contents, 0, len(contents))
    signed_data = _signed_data(cms.ContentInfo.load(contents, strict=True), version="v1")
    inner = signed_data["encap_content_info"]
    if inner["content_type"].native != "data" or not isinstance(inner["content"], core.Void):
        raise Broken("The signature carries content of its own instead of speaking for the file.")
    return signed_data


def _signed_data(content: cms.ContentInfo, *, version: str) -> cms.SignedData:
    if content["content_type"].native != "signed_data":
        raise Broken("The place of the signature holds another kind of message.")
    signed_data = content["content"]
    signers = signed_data["signer_infos"]
    digests = [one.dump() for one in signed_data["digest_algorithms"]]
    if len(signers) != 1 or digests != [signers[0]["digest_algorithm"].dump()]:
        raise Broken("A seal has one signer and one digest.")
    if not isinstance(signed_data["crls"], core.Void):
        raise Broken("The signature carries revocation lists that nobody signed.")
    if signed_data["version"].native != version or signers[0]["version"].native != "v1":
        raise Broken("The signature states a version that does not fit its content.")
    # Names are compared byte by byte here: certificate software ignores the case of letters.
    who = signers[0]["sid"].chosen["issuer"].dump()
    if all(one.chosen.issuer.dump() != who for one in signed_data["certificates"]):
        raise Broken("The signature names a signer whose certificate it does not carry.")
    return signed_data


def _nothing_superfluous(
    certificates: list[asn1_x509.Certificate], path: ValidationPath | None, roots: list[asn1_x509.Certificate]
) -> None:
    """Every certificate sent along must be on the path that was checked, or byte for byte a trusted root."""
    if path is None:
        return
    checked = {one.dump() for one in path.iter_certs(include_root=True)} | {root.dump() for root in roots}
    if any(one.dump() not in checked for one in certificates):
        raise Broken("The signature carries a certificate that does not belong to it.")


def _context(roots: list[asn1_x509.Certificate], moment: datetime) -> ValidationContext:
    # No fetching: a document must be verifiable offline, and must not make the verifier call anybody.
    return ValidationContext(trust_roots=roots, moment=moment, allow_fetching=False)


def _holds(status: StandardCMSSignatureStatus | TimestampSignatureStatus) -> bool:
    return status.intact and status.valid and status.trusted


def _der_length(data: bytes, at: int = 0) -> int:
    """The length of the DER value that begins there, header included; refuses any spelling but the shortest."""
    header = data[at : at + 2]
    if len(header) < 2 or header[0] == 0 or header[0] & 0x1F == 0x1F:
        raise Broken("The signature is not spelt in strict DER.")
    length, size = header[1], 2
    if length >= 0x80:
        digits = data[at + 2 : at + 2 + (length & 0x7F)]
        length, size = int.from_bytes(digits, "big"), 2 + len(digits)
        if not 1 <= len(digits) <= 4 or digits[0] == 0 or length < 0x80:
            raise Broken("The signature is not spelt in strict DER.")
    if at + size + length > len(data):
        raise Broken("The signature is cut off.")
    return size + length


def _check_spelling(data: bytes, start: int, end: int, depth: int = 0) -> None:
    """Refuse anything but a sequence of DER values that fill these bytes exactly, however deeply nested."""
    if depth > DEEPEST:
        raise Broken("The signature is nested too deeply.")
    while start < end:
        length = _der_length(data[:end], start)
        if data[start] & CONSTRUCTED:
            header = 2 + (data[start + 1] & 0x7F if data[start + 1] & 0x80 else 0)
            _check_spelling(data, start + header, start + length, depth + 1)
        start += length
