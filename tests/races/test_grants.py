"""Two people approve one proposed role at once; two roles that exclude each other come into force at once."""

from mrm.accounts.models import RoleGrant
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from tests.factories import make_person
from tests.races.threads import at_once, refusals
from tests.signing import approve_grant, refuse_grant


def test_two_approvers_at_once_approve_a_role_once(rounds, workspace, administrator):
    officers = [make_person(Role.RISK_OFFICER), make_person(Role.RISK_OFFICER)]
    for _ in range(rounds):
        grant = grant_role(make_person(), Role.VALIDATOR, workspace=workspace, reason="Joins.", actor=administrator)
        answers = at_once(*(lambda who=officer, one=grant: approve_grant(one, actor=who) for officer in officers))
        grant.refresh_from_db()
        (refusal,) = refusals(answers)
        assert "already granted" in str(refusal)
        assert (grant.state, grant.decided_by in officers) == ("granted", True)


def test_an_approval_and_a_refusal_at_once_end_in_one_of_them(rounds, workspace, administrator):
    one, other = make_person(Role.RISK_OFFICER), make_person(Role.RISK_OFFICER)
    for _ in range(rounds):
        grant = grant_role(make_person(), Role.VALIDATOR, workspace=workspace, reason="Joins.", actor=administrator)
        answers = at_once(
            lambda grant=grant: approve_grant(grant, actor=one),
            lambda grant=grant: refuse_grant(grant, reason="Not needed.", actor=other),
        )
        grant.refresh_from_db()
        assert len(refusals(answers)) == 1 and grant.state in ("granted", "refused")


def test_roles_that_exclude_each_other_do_not_both_come_into_force_at_once(rounds, workspace, administrator):
    officers = [make_person(Role.RISK_OFFICER), make_person(Role.RISK_OFFICER)]
    for _ in range(rounds):
        person = make_person()
        grants = [
            grant_role(person, role, workspace=workspace, reason="Joins.", actor=administrator)
            for role in (Role.ENGINEER, Role.VALIDATOR)
        ]
        pairs = zip(grants, officers, strict=True)
        answers = at_once(*(lambda one=one, who=who: approve_grant(one, actor=who) for one, who in pairs))
        assert len(refusals(answers)) == 1
        assert RoleGrant.objects.filter(person=person, state="granted").count() == 1
