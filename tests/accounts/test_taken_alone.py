"""The database refuses a role that one person, the system or SQL gives where two people could."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from mrm.accounts.models import RoleGrant
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from tests.conftest import TAKEN_ALONE
from tests.factories import make_person
from tests.signing import approve_grant


@pytest.fixture
def two(administrator, risk_officer):
    """Two people who propose and approve roles; from now on the database asks for both."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE accounts_rolegrant ENABLE TRIGGER {TAKEN_ALONE}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return administrator, risk_officer


def committed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused(act, why: str) -> None:
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        act()
        committed()


def test_a_shell_gives_no_role_as_the_system_once_two_people_can(two):
    nina = make_person()
    for reason in ("", "I say so."):
        refused(lambda reason=reason: grant_role(nina, Role.VALIDATOR, actor=None, alone_because=reason), "taken alone")


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.CHIEF_RISK_OFFICER])
def test_sql_takes_no_role_alone_nor_in_the_name_of_who_approved_nothing(two, workspace, role):
    nina, (administrator, officer) = make_person(), two
    soon, now = timezone.now() + timedelta(days=9), timezone.now()
    taken = {"person": nina, "role": role, "workspace": workspace, "ends_at": soon, "state": "granted"}
    refused(lambda: RoleGrant.objects.create(**taken, alone_because="I say so."), "taken alone")
    refused(
        lambda: RoleGrant.objects.create(**taken, granted_by=administrator, decided_by=officer, decided_at=now),
        "and none did",
    )
    refused(lambda: RoleGrant.objects.create(**taken | {"state": "revoked"}), "and none did")
    proposed = grant_role(nina, role, workspace=workspace, actor=administrator)
    rows = RoleGrant.objects.filter(pk=proposed.pk)
    refused(lambda: rows.update(state="granted", decided_by=officer, decided_at=now), "and none did")


def test_one_approval_gives_one_role_however_often_sql_repeats_it(two, workspace):
    """An entry says that an officer approved this role once; another row rests on it, for every workspace."""
    nina, (administrator, officer) = make_person(), two
    approve_grant(grant_role(nina, Role.VALIDATOR, workspace=workspace, actor=administrator), actor=officer)
    committed()
    given = RoleGrant.objects.get(person=nina)
    again = {"person": nina, "role": Role.VALIDATOR, "ends_at": given.ends_at, "state": "granted"}
    by = {"granted_by": administrator, "decided_by": officer, "decided_at": timezone.now()}
    for state in ("granted", "revoked"):
        refused(lambda state=state: RoleGrant.objects.create(**again | by | {"state": state}), "and none did")


def test_no_role_is_prolonged_by_sql_whoever_gave_it(workspace):
    now = timezone.now()
    nina = make_person()
    given = grant_role(nina, Role.VALIDATOR, workspace=workspace, ends_at=now + timedelta(days=1), actor=None)
    rows = RoleGrant.objects.filter(pk=given.pk)
    for ends_at in (now + timedelta(days=2), None):
        refused(lambda ends_at=ends_at: rows.update(ends_at=ends_at), "not prolonged")


def test_two_people_give_a_role(two, workspace):
    administrator, officer = two
    nina = make_person()
    approve_grant(grant_role(nina, Role.VALIDATOR, workspace=workspace, actor=administrator), actor=officer)
    committed()
    assert nina.grants.get().state == "granted"


def test_an_installation_gets_its_first_two_approvers_from_the_system(workspace):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE accounts_rolegrant ENABLE TRIGGER {TAKEN_ALONE}")
    make_person(Role.ADMINISTRATOR)
    make_person(Role.RISK_OFFICER)
    committed()
    refused(lambda: make_person(Role.RISK_OFFICER), "taken alone")
