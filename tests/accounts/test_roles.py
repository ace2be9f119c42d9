"""Who may do what, which roles exclude each other, and who grants them."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from mrm.accounts import policies
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import ALLOWED, ALLOWED_TO_SERVICES, Permission, Role
from mrm.accounts.services import create_person, create_workspace, grant_role, require
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import make_person, make_workspace
from tests.signing import revoke_role

DECIDING = (Permission.CONFIRM_TIER, Permission.DECIDE_CHANGE, Permission.CLOSE_FINDING, Permission.PUBLISH_POLICY)


def again(person: Person) -> Person:
    """The person as the next request would load them."""
    return Person.objects.get(pk=person.pk)


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_somebodys(permission):
    assert ALLOWED[permission]


READING = {Permission.READ, Permission.READ_TRAIL, Permission.READ_PEOPLE, Permission.ISSUE_REPORT}


def test_an_examiner_reads_everything_and_changes_nothing():
    assert {what for what in Permission if Role.EXAMINER in ALLOWED[what]} == READING


def test_an_auditor_changes_nothing_but_agrees_to_how_long_records_are_kept():
    assert {what for what in Permission if Role.AUDITOR in ALLOWED[what]} == READING | {Permission.DECIDE_RETENTION}


def test_an_administrator_manages_people_and_decides_nothing():
    assert {what for what in Permission if Role.ADMINISTRATOR in ALLOWED[what]} == {
        Permission.READ,
        Permission.READ_TRAIL,
        Permission.MANAGE_PEOPLE,
        Permission.READ_PEOPLE,
        Permission.APPROVE_ROLE,
    }


@pytest.mark.parametrize("permission", DECIDING)
def test_those_who_build_do_not_decide(permission):
    assert not {Role.ENGINEER, Role.OWNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.EXAMINER} & ALLOWED[permission]


@pytest.mark.parametrize("permission", [*DECIDING, Permission.MANAGE_PEOPLE, Permission.CHANGE_PLAN])
def test_a_service_account_never_decides_whatever_its_role(permission):
    assert permission not in ALLOWED_TO_SERVICES
    assert not policies.may(permission, roles=set(Role), is_service=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Role.ENGINEER, Role.VALIDATOR),
        (Role.OWNER, Role.RISK_OFFICER),
        (Role.ENGINEER, Role.HEAD_OF_VALIDATION),
        (Role.AUDITOR, Role.OWNER),
        (Role.EXAMINER, Role.COMMITTEE_MEMBER),
        (Role.AUDITOR, Role.VALIDATOR),
        (Role.ADMINISTRATOR, Role.RISK_OFFICER),
        (Role.ADMINISTRATOR, Role.AUDITOR),
    ],
)
def test_roles_that_exclude_each_other_are_not_granted_in_either_order(workspace, first, second):
    for held, asked in ((first, second), (second, first)):
        person = make_person(held)
        with pytest.raises(RuleBroken, match="at the same time"):
            grant_role(person, asked, workspace=workspace, actor=None)
        assert again(person).all_roles() == {held}


def test_the_exclusions_are_symmetric():
    for first, second in combinations(Role, 2):
        assert bool(policies.why_not_hold(first, {second})) == bool(policies.why_not_hold(second, {first}))


def test_only_an_administrator_manages_people(workspace, administrator):
    person = create_person("new@bank.example", "Nina New", actor=administrator)
    grant = grant_role(person, Role.ENGINEER, workspace=workspace, actor=administrator)
    assert (grant.granted_by, grant.state) == (administrator, "proposed")
    assert create_workspace("cards", "Cards", actor=administrator)
    for role in (role for role in Role if role != Role.ADMINISTRATOR):
        actor = make_person(role)
        for refused in (
            lambda actor=actor: create_person("x@bank.example", "X", actor=actor),
            lambda actor=actor: grant_role(person, Role.OWNER, actor=actor),
            lambda actor=actor: create_workspace("x", "X", actor=actor),
        ):
            with pytest.raises(NotPermitted, match="manage people"):
                refused()


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.VALIDATOR, Role.AUDITOR, Role.COMMITTEE_CHAIR])
def test_only_those_who_approve_roles_take_them_back(engineer, role):
    with pytest.raises(NotPermitted, match="manage people"):
        revoke_role(engineer.grants.get(), actor=make_person(role))


def test_nobody_grants_a_role_to_themselves(administrator):
    with pytest.raises(NotPermitted, match="themselves"):
        grant_role(administrator, Role.RISK_OFFICER, actor=administrator)


def test_granting_and_revoking_are_recorded(workspace, engineer, administrator):
    revoke_role(engineer.grants.get(), actor=administrator)
    assert again(engineer).all_roles() == set()
    granted, revoked = Entry.objects.about(engineer).filter(action__startswith="role.").order_by("position")
    told = {"role": "engineer", "workspace": "Main", "alone_because": "Given by the system itself."}
    told["since"] = engineer.grants.get().starts_at.isoformat()
    assert (granted.action, granted.details) == (Action.ROLE_GRANTED, told)
    assert (revoked.action, revoked.actor_id) == (Action.ROLE_REVOKED, str(administrator.pk))


def test_revoking_again_does_not_prolong_what_was_revoked(engineer, administrator):
    revoke_role(engineer.grants.get(), actor=administrator)
    ended = engineer.grants.get().ends_at
    with pytest.raises(RuleBroken, match="already revoked"):
        revoke_role(engineer.grants.get(), actor=administrator)
    assert engineer.grants.get().ends_at == ended


def test_a_role_holds_in_its_workspace_and_for_its_time(workspace):
    elsewhere, now = make_workspace(), timezone.now()
    person = make_person(Role.VALIDATOR, workspace=workspace)
    for times in (
        {"starts_at": now - timedelta(days=2), "ends_at": now - timedelta(days=1)},
        {"starts_at": now + timedelta(days=1)},
    ):
        given = {"state": "granted", "alone_because": "For the test."}
        RoleGrant.objects.create(person=person, role=Role.OWNER, workspace=elsewhere, **given, **times)
    person = again(person)
    assert person.roles_in(workspace) == {Role.VALIDATOR}
    assert person.roles_in(elsewhere) == set()
    assert person.workspace_ids() == [workspace.pk]


def test_a_grant_without_a_workspace_holds_everywhere(workspace):
    person = make_person(Role.AUDITOR)
    assert person.roles_in(make_workspace()) == {Role.AUDITOR}
    assert person.workspace_ids() is None


def test_a_refusal_names_the_roles_one_has(workspace, auditor, stranger):
    with pytest.raises(NotPermitted, match=r"Your roles here \(auditor\) do not allow you to log data\."):
        require(auditor, Permission.LOG_DATA, workspace)
    with pytest.raises(NotPermitted, match=r"\(no role\)"):
        require(stranger, Permission.LOG_DATA, workspace)


def test_the_system_itself_may_always(workspace):
    require(None, Permission.MANAGE_PEOPLE, workspace)


def test_there_is_one_account_per_address_whatever_its_case(workspace):
    create_person("nina@bank.example", "Nina", actor=None)
    with pytest.raises(RuleBroken, match="already an account"):
        create_person("NINA@bank.example", "Nina", actor=None)


def test_a_service_account_cannot_sign_in(workspace):
    robot = make_person(Role.ENGINEER, kind=Person.Kind.SERVICE, password="a password all the same")
    assert not robot.has_usable_password()
    assert not robot.check_password("a password all the same")


def test_the_database_knows_the_roles(workspace, engineer):
    for broken in ({"role": "emperor"}, {"role": "owner", "ends_at": timezone.now() - timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(person=engineer, **broken)
