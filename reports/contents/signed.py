"""What people signed, held against the entries that cite it, as the stand-alone verifier does, and against the rows."""

from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from django.db.models import Q

from audits.trail.models import Action, Entry
from audits.workflows.models import Decision
from mrm.accounts.models import Signature
from mrm.accounts.services import credentials_by_key
from mrm_verify.acts import ALWAYS_SIGNED, SIGNED_BY_NOW, part_of
from mrm_verify.faults import Fault
from mrm_verify.passkeys import digest_of_key, from_base64url
from mrm_verify.statements import CITES, Statements, told_by

SOME = 500  # Rows read at a time.
TELLING = {
    *ALWAYS_SIGNED,
    *SIGNED_BY_NOW,
    Action.CLOCK_SET_BACK,
    Action.FACTOR_ENROLLED,
    Action.FACTOR_REMOVED,
    Action.INSTALLATION_PREPARED,
}
# What an export does not tell; the rest is held against the statement with it.
READ_FROM = {"signer": ("signer", "id"), "subject": ("subject", "id"), "evidence digest": ("evidence_digest",)}
COUNTER = slice(33, 37)  # Of authenticator data: after the digest of the site and the flags.


def signed_statements(**which) -> Iterator[dict]:
    """The signatures that fit, and what was decided before signatures were kept apart, with all they are checked by."""
    for signature in Signature.objects.filter(**which).order_by("signed_at", "pk").iterator(chunk_size=SOME):
        yield signature.in_full()
    decisions = Decision.objects.filter(signature__isnull=True, **which).order_by("decided_at", "pk")
    for decision in decisions.iterator(chunk_size=SOME):
        signed = {"statement": decision.statement, "statement_digest": decision.statement_digest}
        yield signed | {"method": decision.authentication}


def statements_that_differ() -> Iterator[str]:
    """What `mrm-verify` would say of an export, of every statement."""
    try:
        statements = Statements(signed_statements())
    except Fault as fault:
        yield str(fault)
        return
    citing = Q(details__has_key="signature") | Q(details__has_key=CITES) | Q(action__in=TELLING)
    for entry in Entry.objects.filter(citing).order_by("position").iterator(chunk_size=SOME):
        statements.cite(told_by(entry.body()))
    yield from statements.faults()


def signatures_that_differ() -> Iterator[str]:
    """Signatures with a column that says otherwise than the statement, or the passkey's answer, it was read from."""
    named = credentials_by_key()
    for signature in Signature.objects.order_by("signed_at", "pk").iterator(chunk_size=SOME):
        for column in _columns_that_differ(signature, named):
            told = f"The signature {signature.pk} of {signature.printed_name}"
            yield f"{told} is not as it was given: its {column} differs."


def _columns_that_differ(signature: Signature, named: dict[str, set[str]]) -> Iterator[str]:
    """`named` is what passkeys call themselves, by the digest of their key."""
    statement = signature.statement
    if not isinstance(statement, dict):
        yield "statement"
        return
    read = {
        "signer": str(signature.person_id),
        "subject": signature.subject,
        "evidence digest": signature.evidence_digest,
    }
    yield from (name for name, value in read.items() if value != part_of(statement, READ_FROM[name]))
    if signature.method == Signature.Method.PASSKEY:
        yield from _of_the_answer(signature, named)


def _of_the_answer(signature: Signature, named: dict[str, set[str]]) -> Iterator[str]:
    """That the answer itself is the passkey's is checked with the statement."""
    try:
        counted = int.from_bytes(from_base64url(signature.authenticator_data)[COUNTER])
        key = digest_of_key(signature.public_key)
    except (ValueError, UnsupportedAlgorithm):
        return  # Then it signs nothing, and is named for that.
    if signature.sign_count != counted:
        yield "counter"
    if signature.credential_id not in named.get(key, {signature.credential_id}):
        yield "credential id"
