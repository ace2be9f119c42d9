"""Signatures whose rows somebody changed with every trigger off: each column is held against what was signed."""

import pytest
from django.db import transaction
from fido2.cose import ES256

from audits.workflows.services import prepare_decision, request_change, sign_decision
from mrm.accounts.models import Signature
from mrm.accounts.services import Passkey
from mrm.accounts.verification import base64url, pem, read_assertion
from reports.contents.signed import signatures_that_differ, statements_that_differ
from tests.accounts.authenticators import ORIGIN, SecurityKey, working_at
from tests.factories import make_person, without_triggers

NINA = "(SELECT id FROM accounts_person WHERE display_name = 'Nina New')"
ANSWER = "The passkey's signature"
# What is done to the columns of signatures by password, and what is said of it.
CHANGED = {
    "statement": ("statement = jsonb_set(statement, '{outcome}', '\"rejected\"')", "was edited"),
    "statement that nobody can read": ("statement = '[7]'", "lacks its text"),
    "statement that has no digest": ("statement = jsonb_set(statement, '{comment}', '1e400')", "was edited"),
    "statement_digest": (f"statement_digest = md5(id::text) || '{'1' * 32}'", "cites is missing"),
    "method": ("method = 'password+totp'", "proved in another way"),
    "person": (f"person_id = {NINA}", "its signer differs"),
    "printed_name": ("printed_name = 'Olaf'", "another printed name beside it"),
    "subject": ("subject = 'workflows.Finding:7'", "its subject differs"),
    "meaning": ("meaning = 'I was there.'", "another meaning beside it"),
    "evidence_digest": (f"evidence_digest = '{'1' * 64}'", "its evidence digest differs"),
    "signed_at": ("signed_at = signed_at - interval '1 day'", "another time than its signed at"),
    "authenticated_at": (
        "authenticated_at = authenticated_at + interval '1 day'",
        "another time than its authenticated at",
    ),
}
# And to those of a signature by passkey.
OF_PASSKEYS = {
    "public_key": ("public_key = replace(public_key, 'PUBLIC', 'PRIVATE')", ANSWER),
    "origin": ("origin = 'https://else.example'", ANSWER),
    "algorithm": ("algorithm = 'EdDSA'", ANSWER),
    "authenticator_data": ("authenticator_data = 'AAAA' || substr(authenticator_data, 5)", ANSWER),
    "client_data": ("client_data = 'AAAA' || substr(client_data, 5)", ANSWER),
    "signature": ("signature = reverse(signature)", ANSWER),
    "sign_count": ("sign_count = sign_count + 1", "its counter differs"),
    "credential_id": ("credential_id = 'AAAA'", "its credential id differs"),
    "method": ("method = 'password'", "proved in another way"),
}


def named() -> list[str]:
    return [*statements_that_differ(), *signatures_that_differ()]


@pytest.fixture
def signed_by_passkey(story) -> None:
    """One of the two decisions that a retraining needs."""
    facts = {"reason": "It drifted.", "breach": story.breach, "actor": story.engineer}
    change = request_change("retraining", story.version, **facts)
    answer = {"approved": True, "meaning": "reviewed", "evidence_digest": change.evidence_digest}
    key = SecurityKey(story.validator)
    with working_at(ORIGIN):
        statement = prepare_decision(change, **answer, actor=story.validator)
        proof = Passkey(key.answer(bytes.fromhex(statement.digest)))
        sign_decision(change, statement.pk, proof=proof, actor=story.validator)
    make_person(name="Nina New")
    assert named() == []


def test_every_column_of_a_signature_is_held_against_what_was_signed(signed_by_passkey):
    unnamed = {}
    for method, changes in (("password", CHANGED), ("passkey", OF_PASSKEYS)):
        for what, (change, told) in changes.items():
            with transaction.atomic():
                statement = f"UPDATE accounts_signature SET {change} WHERE method = '{method}'"
                without_triggers("accounts_signature", statement)
                if not any(told in one for one in named()):
                    unnamed[method, what] = named()
                transaction.set_rollback(True)
    assert unnamed == {}


def test_a_signature_that_is_gone_is_named_whatever_was_signed(signed_by_passkey):
    with transaction.atomic():
        gone = "DELETE FROM accounts_signature WHERE statement ->> 'outcome' = 'tier_confirmed'"
        without_triggers("accounts_signature", gone)
        assert "is missing" in named()[0]
        transaction.set_rollback(True)


def test_a_key_put_in_the_place_of_the_enrolled_one_by_its_own_signature_is_named(signed_by_passkey, story):
    """Whoever owns the tables signs the same statement with a key of their own, and puts that beside it."""
    digest, stranger = Signature.objects.get(method="passkey").statement_digest, SecurityKey(story.engineer)
    answer = read_assertion(stranger.answer(bytes.fromhex(digest)))
    columns = {
        "public_key": pem(ES256.from_cryptography_key(stranger.key.public_key())),
        "authenticator_data": base64url(answer.authenticator_data),
        "client_data": base64url(answer.client_data),
        "signature": base64url(answer.signature),
    }
    changes = ", ".join(f"{name} = '{value}'" for name, value in columns.items())
    without_triggers("accounts_signature", f"UPDATE accounts_signature SET {changes} WHERE method = 'passkey'")
    assert "No entry before it says that its signer had enrolled this passkey" in named()[0]
