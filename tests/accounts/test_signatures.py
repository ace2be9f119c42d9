"""What is signed, by whom, once, over exactly what was shown."""

import hashlib
from datetime import timedelta

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from mrm.accounts.models import Person, Signature, Statement
from mrm.accounts.policies import Role
from mrm.accounts.services import Passkey, Password, passkey_options, prepare_statement, prove, sign, void_signatures
from mrm.accounts.verification import base64url, from_base64url
from mrm.errors import NotPermitted, RuleBroken
from tests.accounts.authenticators import ORIGIN, PRESENT, SecurityKey, working_at
from tests.factories import PASSWORD, make_person, make_workspace, without_triggers

SHOWN = "5" * 64


@pytest.fixture(autouse=True)
def session():
    """Everything happens in one session of one browser, at one address."""
    with working_at(ORIGIN):
        yield


@pytest.fixture
def key(risk_officer):
    return SecurityKey(risk_officer)


def prepared(subject, person, **content) -> Statement:
    usual = {"evidence_digest": SHOWN, "outcome": "approved", "meaning": "I agree.", "policy_version": 1}
    return prepare_statement(subject, signer=person, **usual | content)


def by_passkey(statement, key, **answer) -> Passkey:
    return Passkey(key.answer(bytes.fromhex(statement.digest), **answer))


def signed(statement, proof, *, subject, evidence_digest=SHOWN) -> Signature:
    proven = prove(statement.pk, proof, signer=statement.person)
    return sign(proven, subject=subject, evidence_digest=evidence_digest)


def test_the_challenge_is_the_digest_of_the_statement_word_for_word(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer, comment="Seen.", role="risk_officer", terms={"until": "2027-01-01"})
    options = passkey_options(statement)
    assert from_base64url(options["challenge"]) == hashlib.sha256(rfc8785.dumps(statement.body)).digest()
    assert (options["userVerification"], options["rpId"]) == ("required", "mrm.bank.example")
    assert {name: statement.body[name] for name in ("evidence_digest", "outcome", "meaning", "comment", "terms")} == {
        "evidence_digest": SHOWN,
        "outcome": "approved",
        "meaning": "I agree.",
        "comment": "Seen.",
        "terms": {"until": "2027-01-01"},
    }
    assert statement.body["signer"] == {
        "id": str(risk_officer.pk),
        "name": "Rita Riskofficer",
        "role": "risk_officer",
    }


def test_a_passkey_signature_can_be_verified_with_nothing_but_what_is_exported(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer)
    kept = signed(statement, by_passkey(statement, key), subject=workspace).in_full()
    digest = hashlib.sha256(rfc8785.dumps(kept["statement"]))
    assertion = kept["assertion"]
    public_key = serialization.load_pem_public_key(assertion["public_key"].encode())
    client_data = from_base64url(assertion["client_data"])
    message = from_base64url(assertion["authenticator_data"]) + hashlib.sha256(client_data).digest()
    public_key.verify(from_base64url(assertion["signature"]), message, ec.ECDSA(hashes.SHA256()))
    assert digest.hexdigest() == kept["statement_digest"]
    assert (kept["method"], assertion["algorithm"], kept["printed_name"]) == ("passkey", "ES256", "Rita Riskofficer")


def test_an_assertion_over_another_statement_is_refused(workspace, risk_officer, key):
    first, second = prepared(workspace, risk_officer), prepared(workspace, risk_officer, outcome="rejected")
    with pytest.raises(NotPermitted, match="signs something else"):
        signed(second, by_passkey(first, key), subject=workspace)
    assert not Signature.objects.exists()


def test_the_same_assertion_signs_once(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer)
    proof = by_passkey(statement, key)
    signed(statement, proof, subject=workspace)
    with pytest.raises(RuleBroken, match="signed already"):
        signed(statement, proof, subject=workspace)


def test_two_proofs_of_one_statement_give_one_signature(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer)
    proven = [prove(statement.pk, by_passkey(statement, key), signer=risk_officer) for _ in range(2)]
    sign(proven[0], subject=workspace, evidence_digest=SHOWN)
    with pytest.raises(RuleBroken, match="signed already"):
        sign(proven[1], subject=workspace, evidence_digest=SHOWN)


def test_an_unverified_user_signs_nothing(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match="a PIN, a fingerprint or a face"):
        signed(statement, by_passkey(statement, key, flags=PRESENT), subject=workspace)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"origin": "https://mrm.bank.example.evil.example"}, "another page"),
        ({"origin": "http://mrm.bank.example"}, "another page"),
        ({"crossOrigin": True}, "another page"),
        ({"purpose": "webauthn.create"}, "another purpose"),
        ({"flags": 0x04}, "Nobody touched"),
    ],
)
def test_an_assertion_given_elsewhere_or_for_something_else_is_refused(workspace, risk_officer, key, answer, reason):
    statement = prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match=reason):
        signed(statement, by_passkey(statement, key, **answer), subject=workspace)


def test_a_passkey_of_somebody_else_is_refused(workspace, risk_officer, validator):
    theirs, statement = SecurityKey(validator), prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match="no answer of a passkey of yours"):
        signed(statement, by_passkey(statement, theirs), subject=workspace)


def test_a_key_that_claims_anothers_credential_is_refused(workspace, risk_officer, validator, key):
    forger = SecurityKey(validator)
    forger.credential_id = key.credential_id
    statement = prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match="not that of this passkey"):
        signed(statement, by_passkey(statement, forger), subject=workspace)


def test_a_counter_that_does_not_advance_betrays_a_copied_key(workspace, risk_officer, key):
    first = prepared(workspace, risk_officer)
    assert signed(first, by_passkey(first, key), subject=workspace).sign_count == 2
    key.count = 2
    second = prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match="as if somebody had copied it"):
        signed(second, by_passkey(second, key), subject=workspace)
    key.count = 7
    assert signed(second, by_passkey(second, key), subject=workspace).sign_count == 7


def test_the_counter_of_a_passkey_is_not_moved_by_somebody_elses_of_the_same_name(
    workspace, risk_officer, validator, key
):
    """An earlier release let people enrol one by the credential id of another, which stands in every export."""
    statement = prepared(workspace, validator)
    signed(statement, by_passkey(statement, SecurityKey(validator)), subject=workspace)
    name = base64url(key.credential_id)
    without_triggers("accounts_signature", f"UPDATE accounts_signature SET credential_id = '{name}', sign_count = 99")
    statement = prepared(workspace, risk_officer)
    assert signed(statement, by_passkey(statement, key), subject=workspace).sign_count < 99


def test_a_passkey_that_does_not_count_signs_again_and_again(workspace, risk_officer):
    key = SecurityKey(risk_officer, count=0)
    for _ in range(2):
        statement = prepared(workspace, risk_officer)
        assert signed(statement, by_passkey(statement, key), subject=workspace).sign_count == 0


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"rawId": 3, "response": {}},
        {"rawId": "AA", "response": {"authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA"}},
        {"rawId": "ü", "response": {"authenticatorData": "A" * 60, "clientDataJSON": "AA", "signature": "AA"}},
        {"rawId": "AA", "response": {"authenticatorData": "A" * 90_000, "clientDataJSON": "AA", "signature": "AA"}},
    ],
)
def test_nonsense_for_an_assertion_is_refused_in_words(workspace, risk_officer, key, told):
    statement = prepared(workspace, risk_officer)
    with pytest.raises(NotPermitted, match="no answer of a passkey"):
        signed(statement, Passkey(told), subject=workspace)


@pytest.mark.parametrize("client_data", ["W10", "eyJ0eXBlIjogMX0", "W1" * 2000, "bnVsbA"])
def test_nonsense_for_client_data_is_refused_in_words(workspace, risk_officer, key, client_data):
    statement = prepared(workspace, risk_officer)
    proof = by_passkey(statement, key)
    proof.assertion["response"]["clientDataJSON"] = client_data
    with pytest.raises(NotPermitted, match="cannot be read"):
        signed(statement, proof, subject=workspace)


def test_what_was_shown_in_one_session_is_not_signed_in_another(workspace, risk_officer):
    statement = prepared(workspace, risk_officer)
    with working_at(ORIGIN, "another session"), pytest.raises(RuleBroken, match="not shown to you here"):
        signed(statement, Password(PASSWORD), subject=workspace)


def test_nobody_signs_what_was_shown_to_somebody_else(workspace, risk_officer, validator):
    statement = prepared(workspace, risk_officer)
    with pytest.raises(RuleBroken, match="not shown to you"):
        prove(statement.pk, Password(PASSWORD), signer=validator)


def test_a_statement_is_signed_within_its_time_only(workspace, risk_officer):
    statement = prepared(workspace, risk_officer)
    proven = prove(statement.pk, Password(PASSWORD), signer=risk_officer)
    Statement.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(RuleBroken, match="time to sign"):
        sign(proven, subject=workspace, evidence_digest=SHOWN)
    with pytest.raises(RuleBroken, match="time to sign"):
        prove(statement.pk, Password(PASSWORD), signer=risk_officer)


def test_a_statement_signs_its_own_subject_over_its_own_evidence_only(workspace, risk_officer):
    statement = prepared(workspace, risk_officer)
    with pytest.raises(RuleBroken, match="about something else"):
        signed(statement, Password(PASSWORD), subject=make_workspace())
    with pytest.raises(RuleBroken, match="has changed since"):
        signed(statement, Password(PASSWORD), subject=workspace, evidence_digest="6" * 64)


def test_a_change_of_the_subject_voids_what_was_signed_and_what_is_about_to_be(workspace, risk_officer, validator):
    first, second = prepared(workspace, validator), prepared(workspace, risk_officer)
    signature = signed(first, Password(PASSWORD), subject=workspace)
    assert void_signatures(workspace, because="The tier has changed.") == [signature]
    signature.refresh_from_db()
    assert signature.voided_at and signature.in_full()["voided"] == "The tier has changed."
    with pytest.raises(RuleBroken, match="The tier has changed."):
        signed(second, Password(PASSWORD), subject=workspace)
    assert void_signatures(workspace, because="Again.") == []


def test_where_the_policy_asks_for_a_passkey_a_password_signs_nothing(workspace, risk_officer, key):
    statement = prepared(workspace, risk_officer, needs_passkey=True)
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        signed(statement, Password(PASSWORD), subject=workspace)
    assert signed(statement, by_passkey(statement, key), subject=workspace).method == "passkey"


def test_a_password_is_recorded_as_the_weaker_proof(workspace, risk_officer):
    statement = prepared(workspace, risk_officer)
    assert passkey_options(statement) == {}
    kept = signed(statement, Password(PASSWORD), subject=workspace).in_full()
    assert kept["method"] == "password" and "assertion" not in kept


def test_a_service_account_never_signs(workspace):
    robot = make_person(Role.VALIDATOR, workspace=workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted, match="service account never signs"):
        prepared(workspace, robot)


def test_the_database_keeps_a_signature_as_it_was_given(workspace, risk_officer):
    statement = prepared(workspace, risk_officer)
    signature = signed(statement, Password(PASSWORD), subject=workspace)
    for attack in (
        "UPDATE accounts_signature SET printed_name = 'Somebody else'",
        "UPDATE accounts_signature SET voided_at = now(), meaning = 'I do not agree.'",
        "DELETE FROM accounts_signature",
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE accounts_signature CASCADE",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
    void_signatures(workspace, because="It changed.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.filter(pk=signature.pk).update(voided_at=None, voided_because="")
