"""What pyHanko does for the keyring. Apart, because importing pyHanko takes as long as all else of a small command."""

import asyncio
from io import BytesIO

from asn1crypto import keys, x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import SimpleSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from mrm.adapters.keys.authority import Identity

SEAL_FIELD = "OrganisationSeal"


def sealed(
    pdf: bytes, identity: Identity, clock: TimeStamper, *, organisation: str, reason: str, location: str
) -> bytes:
    """The document with a PAdES B-T seal over every byte of it, allowing no later change."""
    wishes = PdfSignatureMetadata(
        field_name=SEAL_FIELD,
        name=organisation,
        reason=reason,
        location=location or None,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm="sha256",
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    writer = PdfSigner(
        wishes,
        signer(identity),
        timestamper=clock,
        new_field_spec=SigFieldSpec(SEAL_FIELD, readable_field_name=f"Seal of {organisation}"),
    )
    written = BytesIO()
    writer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=written)
    return written.getvalue()


def time_stamp(digest: bytes, clock: TimeStamper) -> bytes:
    """The RFC 3161 token (DER) over a SHA-256 digest."""
    return asyncio.run(clock.async_timestamp(digest, "sha256")).dump()


def signer(identity: Identity) -> SimpleSigner:
    """Who signs in the name of this identity."""
    store = SimpleCertificateStore()
    store.register_multiple([_asn1(one) for one in identity.chain])
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    # The root stays out of the document: a reader must have it already, or trusting it means nothing.
    return SimpleSigner(_asn1(identity.certificate), keys.PrivateKeyInfo.load(key), store, embed_roots=False)


def _asn1(certificate: certificates.Certificate) -> x509.Certificate:
    return x509.Certificate.load(certificate.public_bytes(Encoding.DER))
