"""RFC 3161 time-stamp tokens: that an authority one trusts saw these bytes, and when."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import new as new_hash

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from mrm_verify import der
from mrm_verify.faults import Fault

SIGNED_DATA, TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
ESS_CERTIFICATE, ESS_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
RSA_PSS = "1.2.840.113549.1.1.10"
DIGESTS = {
    "1.3.14.3.2.26": "sha1",  # Only to name the certificate in the older attribute, never to sign.
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
LONGEST_CHAIN = 5


def check_token(token: bytes, stamped: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """When an authority under one of these roots stamped these bytes; Fault unless it did."""
    try:
        return _checked(token, stamped, roots)
    except (ValueError, KeyError, IndexError, UnsupportedAlgorithm, x509.ExtensionNotFound) as fault:
        raise Fault(f"A time-stamp is malformed ({fault}).") from fault
    except InvalidSignature as fault:
        raise Fault("The signature of a time-stamp does not hold.") from fault


def _checked(token: bytes, stamped: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    kind, wrapped = der.Value(token).parts(der.SEQUENCE)
    if kind.object != SIGNED_DATA:
        raise der.NotDer("not signed data")
    _, _, encapsulated, *rest = wrapped.parts(der.CONTEXT)[0].parts(der.SEQUENCE)
    content_type, content = encapsulated.parts(der.SEQUENCE)
    if content_type.object != TST_INFO:
        raise der.NotDer("not a time-stamp")
    info = content.parts(der.CONTEXT)[0].of(der.OCTETS).content
    certificates = [
        x509.load_der_x509_certificate(one.bytes)
        for held in rest
        if held.tag == der.CONTEXT
        for one in held
        if one.tag == der.SEQUENCE
    ]
    [signer] = rest[-1].parts(der.SET)
    certificate = _verify_signer(signer, info, certificates)
    _, _, imprint, _, moment, *_ = der.Value(info).parts(der.SEQUENCE)
    algorithm, digest = imprint.parts(der.SEQUENCE)
    if _digest(algorithm) not in HASHES or new_hash(_digest(algorithm), stamped).digest() != digest.content:
        raise Fault("A time-stamp belongs to something else than this checkpoint.")
    at = _moment(moment.of(der.GENERALIZED_TIME).content.decode("ascii"))
    _verify_chain(certificate, certificates, roots, at)
    return at


def _verify_signer(signer: der.Value, content: bytes, certificates: list[x509.Certificate]) -> x509.Certificate:
    """The certificate of whoever signed, once the signature over the content holds."""
    _, identified, digest_algorithm, attributes, algorithm, signature, *_ = signer.parts(der.SEQUENCE)
    signed = {one.parts(der.SEQUENCE)[0].object: one.parts(der.SEQUENCE)[1] for one in attributes.parts(der.CONTEXT)}
    if signed[CONTENT_TYPE].parts(der.SET)[0].object != TST_INFO:
        raise der.NotDer("the signature is not over a time-stamp")
    name = _digest(digest_algorithm)
    if signed[MESSAGE_DIGEST].parts(der.SET)[0].of(der.OCTETS).content != new_hash(name, content).digest():
        raise InvalidSignature
    certificate = next((one for one in certificates if _is(one, identified)), None)
    if certificate is None:
        raise der.NotDer("the certificate of its signer is not in it")
    _verify_named(certificate, signed)
    as_set = bytes([der.SET]) + attributes.bytes[1:]  # Signed as a SET OF, stored as [0] (RFC 5652, section 5.4).
    scheme = algorithm.parts(der.SEQUENCE)[0].object
    _verify(certificate.public_key(), signature.of(der.OCTETS).content, as_set, HASHES[name], scheme)
    return certificate


def _is(certificate: x509.Certificate, identified: der.Value) -> bool:
    if identified.tag == 0x80:  # By key identifier.
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return extension.value.digest == identified.content
    issuer, serial = identified.parts(der.SEQUENCE)
    return certificate.issuer.public_bytes() == issuer.bytes and certificate.serial_number == serial.number


def _verify_named(certificate: x509.Certificate, signed: dict[str, der.Value]) -> None:
    """The attribute that names the certificate must name this one (RFC 5816), so that none can be exchanged for it."""
    if ESS_CERTIFICATE_V2 in signed:
        first = signed[ESS_CERTIFICATE_V2].parts(der.SET)[0].parts(der.SEQUENCE)[0].parts(der.SEQUENCE)[0]
        parts = first.parts(der.SEQUENCE)
        name = _digest(parts.pop(0)) if parts[0].tag == der.SEQUENCE else "sha256"
    elif ESS_CERTIFICATE in signed:
        parts = (
            signed[ESS_CERTIFICATE].parts(der.SET)[0].parts(der.SEQUENCE)[0].parts(der.SEQUENCE)[0].parts(der.SEQUENCE)
        )
        name = "sha1"
    else:
        return
    if parts[0].of(der.OCTETS).content != new_hash(name, certificate.public_bytes(Encoding.DER)).digest():  # noqa: S324
        raise Fault("A time-stamp names another certificate than the one it was signed with.")


def _verify_chain(leaf, certificates, roots, at: datetime) -> None:
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
        raise Fault("A time-stamp was signed with a certificate that is not for time-stamps.")
    current = leaf
    for _ in range(LONGEST_CHAIN):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            raise Fault(f"A certificate of the time-stamp authority was not valid on {at:%d %B %Y}.")
        if current in roots:
            return
        above = next((one for one in (*roots, *certificates) if _issued(one, current)), None)
        if above is None or above == current:
            break
        current = above
    raise Fault(f"No trusted authority stands above the time-stamps of {leaf.subject.rfc4514_string()}.")


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        subject.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca


def _verify(key, signature: bytes, signed: bytes, algorithm: hashes.HashAlgorithm, scheme: str) -> None:
    match key:
        case rsa.RSAPublicKey() if scheme == RSA_PSS:
            key.verify(signature, signed, padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO), algorithm)
        case rsa.RSAPublicKey():
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        case ec.EllipticCurvePublicKey():
            key.verify(signature, signed, ec.ECDSA(algorithm))
        case ed25519.Ed25519PublicKey():
            key.verify(signature, signed)
        case _:
            raise ValueError(f"a key of kind {type(key).__name__}")


def _digest(algorithm: der.Value) -> str:
    name = DIGESTS.get(algorithm.parts(der.SEQUENCE)[0].object)
    if name is None:
        raise der.NotDer("a digest of an unknown kind")
    return name


def _moment(text: str) -> datetime:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)
