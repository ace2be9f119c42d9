"""Who keeps the keys does not administer system or database, and signs which keys those are (governance.md, rule 7)."""

import os
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from audits.trail.models import Action, Entry
from audits.workflows.contents.separation import keys_of_nobody, keys_within_reach, rights_too_many, server_user
from mrm.accounts.policies import Role
from mrm.accounts.services import KEY_CUSTODY, act_at_once, grant_role, prepare_act, sign_act
from mrm.accounts.services.custody import keys_kept
from mrm.accounts.services.signatures import Password
from mrm.adapters import keys
from mrm.errors import NotPermitted, RuleBroken
from reports.contents.signed import statements_that_differ
from tests.factories import PASSWORD, make_person
from tests.signing import revoke_role


@pytest.fixture
def custodian(workspace):
    return make_person(Role.KEY_CUSTODIAN, name="Kai Custodian")


def keep(person, actor=None):
    return act_at_once(KEY_CUSTODY, person, password=PASSWORD, actor=actor or person)


@pytest.mark.parametrize("pair", [(Role.ADMINISTRATOR, Role.KEY_CUSTODIAN), (Role.KEY_CUSTODIAN, Role.ADMINISTRATOR)])
def test_7_who_keeps_the_keys_is_no_administrator(workspace, pair):
    person = make_person(pair[0])
    with pytest.raises(RuleBroken, match="at the same time"):
        grant_role(person, pair[1], actor=None)


def test_7_a_custodian_signs_which_keys_they_keep_and_nobody_else_does(custodian, administrator, risk_officer):
    for person in (administrator, risk_officer):
        with pytest.raises(NotPermitted, match="keep keys"):
            keep(person)
    with pytest.raises(NotPermitted, match="for themselves"):
        keep(administrator, actor=custodian)
    assert len(keys_of_nobody()) == 2
    keep(custodian)
    entry = Entry.objects.get(action=Action.KEYS_KEPT)
    fingerprints = keys.configured().fingerprints()
    assert entry.details["keys"] == fingerprints
    assert keys_kept() == {use: (fingerprint, entry) for use, fingerprint in fingerprints.items()}
    assert keys_of_nobody() == [] and list(statements_that_differ()) == []


def test_7_a_key_that_is_exchanged_is_kept_by_nobody_until_that_is_signed(custodian, settings, tmp_path):
    keep(custodian)
    statement = prepare_act(KEY_CUSTODY, custodian, actor=custodian)
    settings.KEYS_DIR = tmp_path / "others"
    assert len(keys_of_nobody()) == 2
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(KEY_CUSTODY, custodian, statement.pk, proof=Password(PASSWORD), actor=custodian)


def test_7_who_is_custodian_no_longer_keeps_nothing(custodian):
    keep(custodian)
    revoke_role(custodian.grants.get())
    assert len(keys_of_nobody()) == 2


def test_11_whoever_has_no_second_factor_is_shown_where_to_enrol_one_before_signing(visit, custodian, settings):
    settings.DEVELOPMENT = False
    client = visit(custodian)
    address = client.post(reverse("keep-keys")).url
    shown = client.get(address).text
    assert reverse("mfa_add_webauthn") in shown and reverse("mfa_activate_totp") in shown
    assert 'type="password"' not in shown
    answer = client.post(address, {"password": PASSWORD})
    assert answer.status_code == 403 and "A password alone signs nothing" in answer.text
    assert not Entry.objects.filter(action=Action.KEYS_KEPT).exists()


def test_7_an_owner_of_the_tables_or_a_superuser_is_told_so(db):
    told = " ".join(rights_too_many())
    assert "can drop its triggers" in told and "makes tables of its own" in told


def test_7_keys_that_others_or_the_database_server_could_read_are_named(tmp_path):
    key = tmp_path / "checkpoint.key"
    key.write_text("secret")
    key.chmod(0o644)
    assert keys_within_reach(tmp_path, None) == [f"{key} may be read by others than its owner."]
    key.chmod(0o600)
    assert keys_within_reach(tmp_path, os.getuid() + 1 if os.getuid() else 1) == []
    assert "the database server runs as" in keys_within_reach(tmp_path, os.getuid())[0]


def test_the_user_of_the_server_shows_on_a_socket_of_this_machine(db):
    folder = connection.settings_dict["HOST"]
    [listening] = Path(folder).glob(".s.PGSQL.*[0-9]") if folder.startswith("/") else [None]
    assert server_user() == (listening and listening.stat().st_uid)


def test_the_page_shows_the_keys_to_who_supervises_and_lets_a_custodian_sign(visit, custodian, auditor, engineer):
    assert visit(engineer).get(reverse("keys")).status_code == 403
    assert "kept by nobody" in visit(auditor).get(reverse("keys")).text
    client = visit(custodian)
    shown = client.post(reverse("keep-keys"))
    assert keys.configured().fingerprints()["seal"] in client.get(shown.url).text
    client.post(shown.url, {"password": PASSWORD})
    told = visit(auditor).get(reverse("keys")).text
    assert "Kai Custodian signed that they keep it" in told and "kept by nobody" not in told
