"""Passkeys and authenticator apps: who enrolled which is in the trail, and nothing else signs."""

import json
import stat
import time
from hashlib import sha256
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP, format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256, RS256, EdDSA

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from inventory.services import prepare_installation
from mrm.accounts.models import Signature
from mrm.accounts.policies import Role
from mrm.accounts.services import (
    Passkey,
    Password,
    change_factors,
    create_person,
    hide_secrets_from_before,
    is_recorded,
    prepare_statement,
    prove,
    reauthenticate,
    record_factors_from_before,
    unrecorded_factors,
    vanished_factors,
)
from mrm.adapters.keys import Hiding
from mrm.errors import NotPermitted, RuleBroken
from mrm_verify.passkeys import base64url, from_base64url
from tests.accounts.authenticators import SecurityKey, working_at
from tests.factories import PASSWORD, make_person, without_triggers
from tests.races.threads import at_once

FIRST_PASSWORD = "handed over in person"
CONTENT = {"evidence_digest": "e" * 64, "outcome": "approved", "meaning": "Reviewed.", "policy_version": 1}


@pytest.fixture(autouse=True)
def nothing_counted(settings):
    cache.clear()
    settings.MFA_TOTP_TOLERANCE = 2  # A code that is made now is good for a minute, however busy the machine is.


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def signed_in(client, risk_officer):
    """A browser in which the risk officer signed in and has just given their password again."""
    client.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


def set_up_app(client):
    client.get(reverse("mfa_activate_totp"))
    return client.post(reverse("mfa_activate_totp"), {"code": code_of(client.session[SECRET_SESSION_KEY])})


def test_setting_up_and_turning_off_an_app_stands_in_the_trail_without_its_secret(signed_in, risk_officer):
    assert set_up_app(signed_in).status_code == 302
    factors = Authenticator.objects.order_by("pk")
    hidden = {"authenticator app": factors[0].data["secret"], "recovery codes": factors[1].data["seed"]}
    assert signed_in.post(reverse("mfa_deactivate_totp")).status_code == 302
    kept = [{"kind": kind, "digest": sha256(text.encode()).hexdigest()} for kind, text in hidden.items()]
    for action in (Action.FACTOR_ENROLLED, Action.FACTOR_REMOVED):
        entries = Entry.objects.filter(action=action, actor_id=str(risk_officer.pk)).order_by("position")
        assert [entry.details for entry in entries] == kept


def test_enrolling_and_removing_a_passkey_stands_in_the_trail_by_its_digest(signed_in, risk_officer):
    SecurityKey(risk_officer)
    entry = Entry.objects.get(action=Action.FACTOR_ENROLLED)
    assert entry.details["kind"] == "passkey" and len(entry.details["digest"]) == 64
    passkey = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
    assert signed_in.post(reverse("mfa_remove_webauthn", args=[passkey.pk])).status_code == 302
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()
    removed = Entry.objects.get(action=Action.FACTOR_REMOVED)
    assert removed.details == entry.details


def test_whoever_gave_the_first_password_enrols_nothing_that_would_sign_for_its_holder(client, administrator, db):
    create_person("new@bank.example", "Nina New", password=FIRST_PASSWORD, actor=administrator)
    client.post(reverse("account_login"), {"login": "new@bank.example", "password": FIRST_PASSWORD})
    for page in ("mfa_add_webauthn", "mfa_activate_totp"):
        for answer in (client.get(reverse(page)), client.post(reverse(page), {"code": "123456", "credential": "{}"})):
            assert answer.status_code == 403 and "chose your first password and knows it" in answer.text
    assert not Authenticator.objects.exists()


def signs_with(key: SecurityKey, person) -> bool:
    with working_at(key.origin):
        statement = prepare_statement(person, signer=person, **CONTENT)
        try:
            prove(statement.pk, Passkey(key.answer(bytes.fromhex(statement.digest))), signer=person)
        except NotPermitted:
            return False
    return True


def test_a_passkey_put_into_the_database_by_sql_signs_nothing_and_is_named(risk_officer, engineer):
    own, forged = SecurityKey(risk_officer), SecurityKey(engineer)
    assert signs_with(own, risk_officer) and not list(unrecorded_factors())
    Authenticator.objects.filter(pk=forged.kept.pk).update(user=risk_officer)
    assert not signs_with(forged, risk_officer) and signs_with(own, risk_officer)
    assert list(unrecorded_factors()) == [(risk_officer, "passkey")]


def test_nobody_enrols_a_passkey_that_is_somebody_elses_by_its_key_or_its_name(risk_officer, engineer):
    """Both stand in every export. Else their signatures would seem changed, or their counter not to advance."""
    theirs = SecurityKey(risk_officer)
    public = ES256.from_cryptography_key(theirs.key.public_key())
    for copied in ({"public": public}, {"credential_id": theirs.credential_id}):
        with pytest.raises(RuleBroken, match="was enrolled before"):
            SecurityKey(engineer, **copied)
    theirs.kept.delete()
    with pytest.raises(RuleBroken, match="was enrolled before"):
        SecurityKey(engineer, public=public)
    assert Entry.objects.filter(action=Action.FACTOR_ENROLLED).count() == 1


def test_nobody_enrols_a_key_with_which_anybody_signs(risk_officer):
    for public in (
        EdDSA({1: 1, 3: -8, -1: 6, -2: bytes([1, *bytes(31)])}),
        RS256({1: 3, 3: -257, -1: b"\x0f", -2: b"\x03"}),
    ):
        with pytest.raises(RuleBroken, match="so weak that others could sign"):
            SecurityKey(risk_officer, public=public)
    assert not Authenticator.objects.exists()


def tries(client, page: str, key: SecurityKey, person):
    """The answer to a passkey on one of the pages that ask for one, as the script of that page gives it."""
    asked = client.get(reverse(page), headers={"X-Requested-With": "XMLHttpRequest"})
    options = asked.json() if asked["Content-Type"] == "application/json" else asked.context["js_data"]
    answer = key.answer(from_base64url(options["request_options"]["publicKey"]["challenge"]))
    answer["response"]["userHandle"] = base64url(str(person.pk).encode())
    return client.post(reverse(page), {"credential": json.dumps(answer)})


@pytest.fixture
def at_site() -> Client:
    return Client(headers={"host": "localhost"})


def test_a_passkey_put_into_the_database_by_sql_opens_nothing_and_so_enrols_no_other(at_site, risk_officer, engineer):
    """Else it would be in the holder's name that the next one is enrolled, which signs."""
    own, forged = (SecurityKey(person, origin="http://localhost") for person in (risk_officer, engineer))
    Authenticator.objects.filter(pk=forged.kept.pk).update(user=risk_officer)
    refused = tries(at_site, "mfa_login_webauthn", forged, risk_officer)
    assert refused.status_code == 403 and "Nothing says that you enrolled this passkey" in refused.text
    at_site.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    assert tries(at_site, "mfa_authenticate", forged, risk_officer).status_code == 403, "nor as a second factor"
    assert at_site.get(reverse("my-access")).status_code == 302, "nobody is signed in"
    assert tries(at_site, "mfa_authenticate", own, risk_officer).status_code == 302
    assert tries(at_site, "mfa_reauthenticate_webauthn", forged, risk_officer).status_code == 403
    assert at_site.get(reverse("mfa_add_webauthn")).status_code == 302, "nor to enrol another"
    assert tries(at_site, "mfa_reauthenticate_webauthn", own, risk_officer).status_code == 302
    assert at_site.get(reverse("mfa_add_webauthn")).status_code == 200


def test_a_key_exchanged_in_the_row_of_an_enrolled_passkey_signs_nothing(risk_officer, engineer):
    own, forged = SecurityKey(risk_officer), SecurityKey(engineer)
    Authenticator.objects.filter(pk=own.kept.pk).update(data=forged.kept.data)
    assert not signs_with(forged, risk_officer) and list(unrecorded_factors()) == [(risk_officer, "passkey")]


def test_a_factor_deleted_or_put_in_by_sql_is_named(signed_in, client, risk_officer, engineer):
    assert set_up_app(signed_in).status_code == 302
    key = SecurityKey(risk_officer)
    assert list(vanished_factors()) == []
    kept = Authenticator.objects.filter(pk=key.kept.pk)
    kept.delete()
    assert list(vanished_factors()) == [(str(risk_officer), "passkey")]
    key.kept.save(force_insert=True)
    Authenticator.objects.filter(type=Authenticator.Type.TOTP).update(user=engineer)
    assert sorted(vanished_factors()) == sorted((str(one), "authenticator app") for one in (risk_officer, engineer))


def test_a_passkey_that_was_removed_and_put_back_by_sql_signs_nothing(signed_in, risk_officer):
    key = SecurityKey(risk_officer)
    signed_in.post(reverse("mfa_remove_webauthn", args=[key.kept.pk]))
    Authenticator.objects.create(user=risk_officer, type=Authenticator.Type.WEBAUTHN, data=key.kept.data)
    assert not signs_with(key, risk_officer)


def test_what_an_earlier_release_enrolled_is_recorded_once(risk_officer, engineer):
    key = SecurityKey(risk_officer)
    copy = {"type": key.kept.type, "data": key.kept.data}
    Authenticator.objects.create(user=engineer, **copy)
    record_factors_from_before()
    # Entries of this kind exist: nothing is taken for granted.
    assert list(unrecorded_factors()) == [(engineer, "passkey")]


def test_the_key_of_a_passkey_whose_entry_does_not_tell_it_is_told_once(risk_officer):
    told = Entry.objects.filter(action=Action.FACTOR_ENROLLED)
    kept = SecurityKey(risk_officer).kept
    of_before = told.get().details
    without_triggers("trail_entry", "UPDATE trail_entry SET details = details - 'key' - 'site'")
    record_factors_from_before()
    record_factors_from_before()
    assert [entry.details for entry in told.order_by("position")[1:]] == [of_before]
    assert told.latest("position").actor_id == "" and is_recorded(kept, risk_officer)


def test_whoever_finds_a_browser_open_enrols_and_removes_nothing(client, risk_officer):
    client.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    key = SecurityKey(risk_officer)
    for address in (
        reverse("mfa_add_webauthn"),
        reverse("mfa_activate_totp"),
        reverse("mfa_remove_webauthn", args=[key.kept.pk]),
        reverse("mfa_generate_recovery_codes"),
    ):
        for answer in (client.get(address), client.post(address, {"code": "123456", "name": "x", "credential": "{}"})):
            assert answer.status_code == 302 and answer.url.startswith(reverse("account_reauthenticate"))
    assert list(Authenticator.objects.values_list("pk", flat=True)) == [key.kept.pk]


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_the_secret_of_an_app_and_the_seed_of_recovery_codes_are_not_readable_in_the_database(risk_officer):
    app, codes = TOTP.activate(risk_officer, SECRET), RecoveryCodes.activate(risk_officer)
    kept = [factor.data for factor in Authenticator.objects.order_by("type")]
    assert [data.get("seed", data.get("secret"))[:7] for data in kept] == ["hidden:", "hidden:"]
    assert SECRET not in str(kept) and len(codes.get_unused_codes()) == 10
    assert app.validate_code(code_of(SECRET))


def test_secrets_that_an_earlier_release_left_readable_go_on_working_and_are_hidden(risk_officer):
    kept = Authenticator.objects.create(user=risk_officer, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    assert TOTP(kept).validate_code(code_of(SECRET))
    for _ in range(2):
        hide_secrets_from_before()
        kept.refresh_from_db()
        assert SECRET not in str(kept.data)
        cache.clear()
        assert TOTP(kept).validate_code(code_of(SECRET))


def test_a_secret_hidden_with_a_key_that_is_lost_is_refused_in_words(risk_officer, settings, tmp_path):
    app = TOTP.activate(risk_officer, SECRET)
    settings.KEYS_DIR = tmp_path
    with pytest.raises(RuleBroken, match="put that file back from the backup of the keys"):
        app.validate_code(code_of(SECRET))
    assert stat.S_IMODE((tmp_path / "secrets.key").stat().st_mode) == 0o600


def test_another_key_above_the_first_hides_and_both_reveal(tmp_path):
    file = tmp_path / "secrets.key"
    earlier = Hiding(file).hide("earlier")
    file.write_bytes(Fernet.generate_key() + b"\n" + file.read_bytes())
    written_since = Hiding(tmp_path / ".." / tmp_path.name / "secrets.key")  # As a process that starts anew reads it.
    assert [written_since.reveal(one) for one in (earlier, written_since.hide("later"))] == ["earlier", "later"]
    with pytest.raises(RuleBroken):
        Hiding(file).reveal(written_since.hide("later"))


def set_up(person, secret: str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP") -> Authenticator:
    return change_factors(person, lambda: TOTP.activate(person, secret)).instance


def test_an_app_that_sql_put_in_the_place_of_somebodys_signs_and_opens_nothing_and_is_named(risk_officer, engineer):
    """What is hidden does not say whose it is: whoever knows a password puts their own in a colleague's row."""
    app = set_up(risk_officer)
    own = set_up(engineer, SECRET)
    assert not list(vanished_factors())
    Authenticator.objects.filter(pk=app.pk).update(data=own.data)
    with pytest.raises(NotPermitted, match="No entry of the trail says that you set up the authenticator app"):
        reauthenticate(risk_officer, password=PASSWORD, code=code_of(SECRET))
    assert (str(risk_officer), "authenticator app") in list(vanished_factors())
    cache.clear()
    client = Client()
    client.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    refused = client.post(reverse("mfa_authenticate"), {"code": code_of(SECRET)})
    assert refused.status_code == 403 and "that you set up the authenticator app" in refused.text
    Authenticator.objects.filter(pk=app.pk).delete()
    Authenticator.objects.create(user=risk_officer, type=Authenticator.Type.TOTP, data=own.data)
    cache.clear()
    with pytest.raises(NotPermitted, match="No entry of the trail says that you set up the authenticator app"):
        reauthenticate(risk_officer, password=PASSWORD, code=code_of(SECRET))


def test_recovery_codes_that_sql_put_in_the_place_of_somebodys_open_nothing_and_are_named(
    signed_in, risk_officer, engineer
):
    assert set_up_app(signed_in).status_code == 302
    assert signed_in.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    assert not list(vanished_factors())
    theirs = Authenticator.objects.filter(user=risk_officer, type=Authenticator.Type.RECOVERY_CODES)
    own = RecoveryCodes.activate(engineer)
    assert theirs.update(data=own.instance.data) == 1
    client = Client()
    client.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    refused = client.post(reverse("mfa_authenticate"), {"code": own.get_unused_codes()[0]})
    assert refused.status_code == 403 and "that you set up the recovery codes" in refused.text
    assert (str(risk_officer), "recovery codes") in list(vanished_factors())


def test_recovery_codes_that_sql_gave_to_somebody_who_had_none_open_nothing(at_site, risk_officer):
    SecurityKey(risk_officer, origin="http://localhost")
    codes = RecoveryCodes.activate(risk_officer).get_unused_codes()
    at_site.post(reverse("account_login"), {"login": risk_officer.email, "password": PASSWORD})
    refused = at_site.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert refused.status_code == 403 and "that you set up the recovery codes" in refused.text
    assert at_site.get(reverse("my-access")).status_code == 302, "nobody is signed in"


def test_recovery_codes_of_a_release_that_told_nothing_of_them_count_once_the_trail_tells_it(risk_officer, engineer):
    kept = RecoveryCodes.activate(risk_officer).instance
    record_factors_from_before()
    put_in = RecoveryCodes.activate(engineer).instance
    record_factors_from_before()
    assert is_recorded(kept, risk_officer) and not is_recorded(put_in, engineer)
    entry = Entry.objects.get(action=Action.FACTOR_ENROLLED)
    assert (entry.actor_name, entry.details["kind"]) == ("system", "recovery codes")


def test_an_app_of_a_release_that_told_none_from_another_goes_on_until_it_is_turned_off(signed_in, risk_officer):
    app = TOTP.activate(risk_officer, SECRET).instance
    with governed():
        record(Action.FACTOR_ENROLLED, actor=risk_officer, subject=risk_officer, kind="authenticator app")
    assert reauthenticate(risk_officer, password=PASSWORD, code=code_of(SECRET)) == "password+totp"
    assert not list(vanished_factors())
    assert signed_in.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not list(vanished_factors())
    Authenticator.objects.create(user=risk_officer, type=Authenticator.Type.TOTP, data=app.data)
    cache.clear()
    with pytest.raises(NotPermitted, match="No entry of the trail says that you set up the authenticator app"):
        reauthenticate(risk_officer, password=PASSWORD, code=code_of(SECRET))


def test_a_code_of_the_app_signs_once(risk_officer):
    set_up(risk_officer)
    code = code_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert reauthenticate(risk_officer, password=PASSWORD, code=code) == "password+totp"
    with pytest.raises(NotPermitted, match="not right"):
        reauthenticate(risk_officer, password=PASSWORD, code=code)


def test_11_a_password_alone_signs_nothing_where_people_work(risk_officer, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(NotPermitted, match="A password alone signs nothing"):
        reauthenticate(risk_officer, password=PASSWORD)
    set_up(risk_officer)
    with pytest.raises(NotPermitted, match="is missing or not right"):
        reauthenticate(risk_officer, password=PASSWORD)
    code = code_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert reauthenticate(risk_officer, password=PASSWORD, code=code) == "password+totp"


def signature_by(method: str, person) -> Signature:
    body = {"id": "1", "signer": {"name": str(person)}}
    said = {"subject": "accounts.Person:1", "meaning": "M.", "statement": body, "statement_digest": "0" * 64}
    return Signature(pk=uuid4(), person=person, method=method, authenticated_at=timezone.now(), **said)


def test_11_the_database_takes_no_bare_password_where_the_trail_does_not_say_that_this_is_development(
    risk_officer, settings
):
    signature_by("password", risk_officer).save()
    settings.DEVELOPMENT = False
    for _ in range(2):
        prepare_installation()
    told = Entry.objects.filter(action=Action.INSTALLATION_PREPARED).order_by("position")
    assert [one.details["development"] for one in told] == [True, False], "said once"
    with pytest.raises(IntegrityError, match="a password alone signs nothing here"), transaction.atomic():
        signature_by("password", risk_officer).save()
    signature_by("password+totp", risk_officer).save()
    settings.DEVELOPMENT = True
    prepare_installation()
    signature_by("password", risk_officer).save()


def test_many_wrong_passwords_at_the_same_moment_are_no_more_tries_than_one_after_another(own_database, risk_officer):
    def guess(number: int) -> str:
        try:
            return reauthenticate(risk_officer, password=f"guess {number}")
        except NotPermitted as refusal:
            return str(refusal)

    answers = at_once(*(lambda number=number: guess(number) for number in range(12)))
    assert sum("password is not right" in answer for answer in answers) == 5
    assert sum("Too many wrong passwords" in answer for answer in answers) == 7


def test_a_right_password_is_not_counted_as_a_wrong_one(db):
    person = make_person(Role.RISK_OFFICER)
    for _ in range(8):
        assert reauthenticate(person, password=PASSWORD) == "password"
    with working_at("https://mrm.bank.example"):
        statement = prepare_statement(person, signer=person, **CONTENT)
        assert prove(statement.pk, Password(PASSWORD), signer=person).method == "password"
