"""Whose hash is swapped in the table, and put back, signs nothing meanwhile: the trail tells which one is theirs."""

import pytest
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from audits.trail.models import Action, Entry
from inventory.services import prepare_installation
from mrm.accounts.models import Person
from mrm.accounts.services import choose_password, reauthenticate, renew_hash
from mrm.accounts.services.passwords import is_password_recorded, record_passwords_from_before
from mrm.errors import NotPermitted
from reports.contents.agreement import disagreements
from tests.factories import PASSWORD, make_person, settle, undecided

OF_THE_ATTACKER = "known to the attacker only"
TRIGGER = "accounts_person_password_is_recorded"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def person(db) -> Person:
    return make_person(name="Vera Victim")


def put_down(person: Person, encoded: str) -> Person:
    """By whoever owns the tables, with the trigger off."""
    with undecided("accounts_person", TRIGGER):
        Person.objects.filter(pk=person.pk).update(password=encoded)
    return Person.objects.get(pk=person.pk)


def told(person: Person) -> list[str]:
    return list(Entry.objects.about(person).order_by("position").values_list("action", flat=True))


def test_a_hash_swapped_by_sql_signs_nothing_and_is_named_and_put_back_it_is_theirs_again(person):
    swapped = put_down(person, make_password(OF_THE_ATTACKER))
    with pytest.raises(NotPermitted, match="No entry of the trail says that this password is yours"):
        reauthenticate(swapped, password=OF_THE_ATTACKER)
    named = "The password of Vera Victim is not the one that the last entry about it tells of."
    assert named in disagreements()
    back = put_down(person, person.password)
    assert reauthenticate(back, password=PASSWORD) == "password"
    assert named not in disagreements()


def test_a_hash_swapped_by_sql_opens_nothing_and_so_enrols_and_chooses_nothing(person, client):
    """Else its holder would seem to enrol the app, and to choose the password, that sign from then on."""
    client.force_login(put_down(person, make_password(OF_THE_ATTACKER)))  # Who had signed in otherwise.
    again = client.post(reverse("account_reauthenticate"), {"password": OF_THE_ATTACKER})
    assert again.status_code == 403 and "It opens and signs nothing" in again.text
    assert client.get(reverse("mfa_activate_totp")).status_code == 302
    entered = Client().post(reverse("account_login"), {"login": person.email, "password": OF_THE_ATTACKER})
    assert entered.status_code == 403 and "sessionid" not in entered.cookies


def test_an_earlier_password_put_back_by_sql_signs_nothing(person):
    """Such as the first one, which whoever created the account knows."""
    first = person.password
    choose_password(person, "a password of my own")
    with pytest.raises(NotPermitted, match="No entry of the trail says"):
        reauthenticate(put_down(person, first), password=PASSWORD)


def test_the_serving_role_puts_no_hash_down_without_its_entry(person):
    with pytest.raises(IntegrityError, match="a password is put down with the entry"), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(password=make_password(OF_THE_ATTACKER))
        settle()
    with pytest.raises(IntegrityError, match="a password is put down with the entry"), transaction.atomic():
        Person.objects.create(email="eve@bank.example", display_name="Eve", password=make_password(OF_THE_ATTACKER))
        settle()


def test_a_hash_of_before_an_upgrade_is_made_anew_at_the_sign_in_and_recorded(person, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "tests.settings.QuickHasher",
    ]
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert client.get(reverse("my-access")).status_code == 200, "they are still signed in"
    renewed = Person.objects.get(pk=person.pk)
    assert renewed.password.startswith("scrypt$") and is_password_recorded(renewed)
    assert told(person)[-1] == Action.PASSWORD_HASHED
    assert reauthenticate(renewed, password=PASSWORD) == "password"
    renew_hash(renewed, PASSWORD)
    assert told(person).count(Action.PASSWORD_HASHED) == 1
    settle()


def test_signing_in_with_a_swapped_hash_does_not_make_it_theirs(person, settings):
    swapped = put_down(person, make_password(OF_THE_ATTACKER))
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "tests.settings.QuickHasher",
    ]
    renew_hash(swapped, OF_THE_ATTACKER)
    assert Action.PASSWORD_HASHED not in told(person)
    with pytest.raises(NotPermitted, match="No entry of the trail says"):
        reauthenticate(Person.objects.get(pk=person.pk), password=OF_THE_ATTACKER)


def test_proving_again_who_one_is_never_changes_a_hash(person, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.ScryptPasswordHasher",
        "tests.settings.QuickHasher",
    ]
    reauthenticate(person, password=PASSWORD)
    assert Person.objects.get(pk=person.pk).password == person.password


def test_what_an_earlier_release_left_is_recorded_by_the_system_once(person):
    older = person.password
    with undecided("accounts_person", TRIGGER, "accounts_person_begins_with_its_password"):
        left = Person.objects.create(email="old@bank.example", display_name="Otto Old", password=older)
    with pytest.raises(NotPermitted, match="No entry of the trail says"):
        reauthenticate(left, password=PASSWORD)
    for _ in range(2):
        prepare_installation()
    assert told(left) == [Action.PASSWORD_HASHED] and Action.PASSWORD_HASHED not in told(person)
    assert reauthenticate(left, password=PASSWORD) == "password"
    record_passwords_from_before()
    assert told(left) == [Action.PASSWORD_HASHED]
