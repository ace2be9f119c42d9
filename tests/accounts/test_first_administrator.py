import pytest
from django.core.management import CommandError, call_command

from audits.trail.models import Action, Entry
from mrm.accounts.management.commands import create_administrator
from mrm.accounts.management.commands.create_administrator import ALONE
from mrm.accounts.models import Person
from mrm.accounts.policies import Role

PASSWORD = "fourteen horses graze"


def test_the_first_administrator_is_created_from_the_command_line_and_recorded(workspace):
    call_command("create_administrator", "ada@bank.example", "Ada Novak", password=PASSWORD)
    ada = Person.objects.get(email="ada@bank.example")
    assert ada.all_roles() == {Role.ADMINISTRATOR}
    assert ada.check_password(PASSWORD)
    recorded = Entry.objects.order_by("-position").values_list("action", flat=True)[:2]
    assert set(recorded) == {Action.PERSON_CREATED, Action.ROLE_GRANTED}


def test_the_first_two_who_can_approve_are_created_alone_and_the_third_is_not(workspace):
    call_command("create_administrator", "ada@bank.example", "Ada Novak", password=PASSWORD)
    call_command("create_administrator", "rita@bank.example", "Rita Ruiz", "--role=risk_officer", password=PASSWORD)
    given = Entry.objects.filter(action=Action.ROLE_GRANTED).values_list("details", flat=True)
    assert [told["alone_because"] for told in given] == [ALONE, ALONE]
    with pytest.raises(CommandError, match="already two people"):
        call_command("create_administrator", "eve@bank.example", "Eve", password=PASSWORD)
    assert not Person.objects.filter(email="eve@bank.example").exists()


def test_an_address_that_is_taken_is_said_to_be_taken(workspace, administrator):
    with pytest.raises(CommandError, match="There is already an account"):
        call_command("create_administrator", administrator.email, "Ada again", password=PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234", "ada@bank.example", "Adanovak2026"])
def test_a_weak_password_is_refused(workspace, password):
    with pytest.raises(CommandError):
        call_command("create_administrator", "ada@bank.example", "Ada Novak", password=password)
    assert not Person.objects.filter(email="ada@bank.example").exists()


def test_where_nobody_can_be_asked_for_a_password_it_says_what_to_give(workspace, monkeypatch):
    def nobody(prompt):  # What getpass does without a terminal and with nothing on standard input.
        raise EOFError

    monkeypatch.setattr(create_administrator, "getpass", nobody)
    with pytest.raises(CommandError, match="give --password"):
        call_command("create_administrator", "ada@bank.example", "Ada Novak")
    assert not Person.objects.exists()
