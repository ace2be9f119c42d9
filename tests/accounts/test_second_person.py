"""A role takes two people: one proposes, another approves; one alone can only take away."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.contents.queue import work_for
from inventory.models import Model
from mrm.accounts.models import Person, Recertification, RoleGrant
from mrm.accounts.policies import LONGEST_GRANT, Permission, Role
from mrm.accounts.services import (
    confirm_role,
    create_person,
    end_unconfirmed,
    grant_role,
    open_recertification,
    reopen_account,
    require,
)
from mrm.accounts.services.grants import take_back
from mrm.accounts.services.tokens import person_behind
from mrm.accounts.views.people import MOST_SHOWN
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import make_model, make_person, make_token, make_workspace, settle
from tests.signing import approve_grant, close_account, refuse_grant, revoke_role

QUARTER, FORTNIGHT = timedelta(days=91), timedelta(days=14)


@pytest.fixture
def nina(administrator) -> Person:
    return create_person("nina@bank.example", "Nina New", actor=administrator)


@pytest.fixture
def proposed(nina, administrator, workspace) -> RoleGrant:
    return grant_role(nina, Role.VALIDATOR, workspace=workspace, reason="Joins the team.", actor=administrator)


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def test_a_proposed_role_gives_nothing_until_a_second_person_approves(proposed, nina, risk_officer, workspace):
    assert again(nina).all_roles() == set()
    with pytest.raises(NotPermitted):
        require(again(nina), Permission.READ, workspace)
    approve_grant(proposed, actor=risk_officer)
    assert again(nina).roles_in(workspace) == {Role.VALIDATOR}
    entries = Entry.objects.about(nina).filter(action__startswith="role.").order_by("position")
    assert [(one.action, one.actor_name) for one in entries] == [
        (Action.ROLE_PROPOSED, "Ada Administrator"),
        (Action.ROLE_GRANTED, "Rita Riskofficer"),
    ]


def test_one_administrator_alone_cannot_create_two_accounts_that_decide(administrator, workspace):
    """Nor one: whatever the administrator proposes waits for somebody they did not make."""
    made = []
    for number in range(2):
        person = create_person(f"puppet{number}@bank.example", f"Puppet {number}", actor=administrator)
        for role in (Role.VALIDATOR, Role.RISK_OFFICER):
            grant = grant_role(person, role, workspace=workspace, actor=administrator)
            made.append(grant)
            for actor in (administrator, person):
                with pytest.raises(NotPermitted):
                    approve_grant(grant, actor=again(actor))
    for grant in made:
        assert again(grant.person).all_roles() == set()


def test_another_administrator_may_approve(proposed, nina):
    approve_grant(proposed, actor=make_person(Role.ADMINISTRATOR))
    assert again(nina).all_roles() == {Role.VALIDATOR}


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.VALIDATOR, Role.AUDITOR, Role.CHIEF_RISK_OFFICER])
def test_nobody_else_approves(proposed, role):
    with pytest.raises(NotPermitted, match="administrator or a risk officer"):
        approve_grant(proposed, actor=make_person(role))


def test_a_risk_officer_approves_in_their_own_workspace_only(nina, administrator, risk_officer):
    for workspace in (make_workspace(), None):
        grant = grant_role(nina, Role.VALIDATOR, workspace=workspace, actor=administrator)
        with pytest.raises(NotPermitted):
            approve_grant(grant, actor=risk_officer)


def test_a_risk_officer_takes_no_role_away_in_a_workspace_of_others(proposed, risk_officer, workspace):
    elsewhere = make_person(Role.RISK_OFFICER, workspace=make_workspace("branch"))
    with pytest.raises(NotPermitted):
        revoke_role(proposed, reason="In my way.", actor=elsewhere)
    revoke_role(proposed, reason="Left the team.", actor=risk_officer)


def test_nobody_approves_their_own_role(workspace, administrator):
    officer = make_person(Role.RISK_OFFICER, workspace=workspace)
    grant = grant_role(officer, Role.VALIDATOR, workspace=workspace, actor=administrator)
    with pytest.raises(NotPermitted, match="their own role"):
        approve_grant(grant, actor=officer)


def test_a_token_approves_nothing(proposed, risk_officer):
    with pytest.raises(NotPermitted, match="sign in on the pages"):
        approve_grant(proposed, actor=person_behind(make_token(risk_officer)))


def test_a_refusal_says_why_and_ends_the_proposal(proposed, nina, risk_officer):
    with pytest.raises(RuleBroken, match="Say why"):
        refuse_grant(proposed, reason=" ", actor=risk_officer)
    refuse_grant(proposed, reason="She develops models.", actor=risk_officer)
    with pytest.raises(RuleBroken, match="already refused"):
        approve_grant(proposed, actor=risk_officer)
    assert Entry.objects.about(nina).get(action=Action.ROLE_REFUSED).details["reason"] == "She develops models."


def test_one_person_is_enough_to_take_a_role_away_at_once(proposed, nina, administrator, risk_officer):
    approve_grant(proposed, actor=risk_officer)
    revoke_role(proposed, reason="Left the team.", actor=administrator)
    assert again(nina).all_roles() == set()


def test_roles_that_exclude_each_other_are_found_again_when_the_second_is_approved(proposed, nina, risk_officer):
    grant_role(nina, Role.ENGINEER, workspace=proposed.workspace, actor=None)
    with pytest.raises(RuleBroken, match="at the same time"):
        approve_grant(proposed, actor=risk_officer)


def test_the_same_role_is_proposed_once(proposed, nina, administrator):
    with pytest.raises(RuleBroken, match="already proposed"):
        grant_role(nina, Role.VALIDATOR, workspace=proposed.workspace, actor=administrator)


def test_every_role_that_people_give_ends(proposed, nina, administrator, workspace):
    assert proposed.ends_at <= timezone.now() + timedelta(days=LONGEST_GRANT)
    far = timezone.now() + timedelta(days=3000)
    grant = grant_role(nina, Role.OWNER, workspace=workspace, ends_at=far, actor=administrator)
    assert grant.ends_at < far
    with pytest.raises(RuleBroken, match="over before it begins"):
        past = timezone.now() - timedelta(days=1)
        grant_role(nina, Role.ENGINEER, workspace=workspace, ends_at=past, actor=administrator)


def test_an_examiner_comes_for_a_stated_time(nina, administrator, workspace):
    with pytest.raises(RuleBroken, match="say until when"):
        grant_role(nina, Role.EXAMINER, workspace=workspace, actor=administrator)
    asked = timezone.now() + timedelta(days=365)
    grant = grant_role(nina, Role.EXAMINER, workspace=workspace, ends_at=asked, actor=administrator)
    assert grant.ends_at < timezone.now() + timedelta(days=93)


def test_a_role_for_single_models_counts_for_those_only(workspace, owner, administrator):
    one, other = (make_model(owner=owner, name=name) for name in ("One", "Other"))
    person = make_person()
    grant_role(person, Role.VALIDATOR, workspace=workspace, models=[one.slug], actor=None)
    person = again(person)
    assert list(Model.objects.visible_to(person)) == [one]
    require(person, Permission.RAISE_FINDING, workspace, model_slug=one.slug)
    for slug in (other.slug, ""):
        with pytest.raises(NotPermitted, match="no role"):
            require(person, Permission.RAISE_FINDING, workspace, model_slug=slug)
    with pytest.raises(RuleBroken, match="one workspace"):
        grant_role(person, Role.OWNER, models=[one.slug], actor=administrator)


def test_the_database_itself_asks_a_second_person(proposed, nina, administrator):
    for attack in (
        {"state": "granted"},
        {"state": "granted", "decided_by": administrator},
        {"state": "granted", "decided_by": nina},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.filter(pk=proposed.pk).update(**attack)


def test_what_takes_power_away_stands_on_a_signature_also_in_the_database(proposed, nina, engineer, risk_officer):
    held, now = engineer.grants.get(), timezone.now()
    with pytest.raises(IntegrityError, match="is refused by signature"), transaction.atomic():
        RoleGrant.objects.filter(pk=proposed.pk).update(
            state="refused", decided_by=risk_officer, decided_at=now, ended_because="No."
        )
        settle()
    with pytest.raises(IntegrityError, match="is revoked by signature"), transaction.atomic():
        RoleGrant.objects.filter(pk=held.pk).update(state="revoked", ends_at=now, ended_because="No.")
        settle()
    with pytest.raises(IntegrityError, match="is closed by signature"), transaction.atomic():
        Person.objects.filter(pk=nina.pk).update(is_active=False)
        settle()
    with pytest.raises(IntegrityError, match="is revoked by signature"), transaction.atomic():
        with governed():
            take_back(held, reason="As the system, from a shell.", actor=None)
        settle()


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        ({"ends_at": 0}, "ends before its day by being taken back"),
        ({"starts_at": 1}, "begins when it is approved"),
        ({"state": "lapsed", "ends_at": 0}, "lapses once an entry says"),
    ],
)
def test_no_role_is_cut_short_moved_or_lapsed_by_sql(engineer, attack, why):
    moments = {name: timezone.now() + timedelta(days=value) for name, value in attack.items() if name != "state"}
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        engineer.grants.update(**attack | moments)
        settle()


def test_the_end_of_a_role_that_was_taken_back_is_not_dated_back(administrator):
    nina, now = make_person(name="Nina"), timezone.now()
    long = {"starts_at": now - timedelta(days=9), "alone_because": "It was long ago."}
    held = RoleGrant.objects.create(person=nina, role=Role.ENGINEER, state="granted", **long)
    revoke_role(held, actor=administrator)
    settle()
    with pytest.raises(IntegrityError, match="is not dated back"), transaction.atomic():
        nina.grants.update(ends_at=now - timedelta(days=2))
        settle()


def test_an_earlier_revocation_ends_no_other_role_of_the_same_name(engineer, workspace, administrator):
    revoke_role(engineer.grants.get(), actor=administrator)
    settle()
    again = grant_role(engineer, Role.ENGINEER, workspace=workspace, actor=None)
    with pytest.raises(IntegrityError, match="is revoked by signature"), transaction.atomic():
        RoleGrant.objects.filter(pk=again.pk).update(state="revoked", ends_at=timezone.now(), ended_because="No.")
        settle()


def test_a_closed_account_has_no_role_and_no_token_and_opens_again_with_none(engineer, administrator):
    secret = make_token(engineer)
    with pytest.raises(NotPermitted, match="their own account"):
        close_account(administrator, reason="x", actor=administrator)
    close_account(engineer, reason="Left the firm.", actor=administrator)
    assert again(engineer).all_roles() == set()
    with pytest.raises(NotPermitted, match="revoked"):
        person_behind(secret)
    settle()
    with pytest.raises(RuleBroken, match="is closed"):
        grant_role(engineer, Role.OWNER, actor=administrator)
    reopen_account(engineer, actor=administrator)
    assert again(engineer).is_active and again(engineer).all_roles() == set()


@pytest.fixture
def cycle(engineer, validator, risk_officer, administrator) -> list[Recertification]:
    """Every role of the cast waits to be confirmed."""
    return open_recertification(timezone.now() + QUARTER, every=QUARTER, answer_within=FORTNIGHT)


def test_roles_are_recertified_as_often_as_the_policy_says_and_once_per_cycle(engineer, risk_officer):
    now = timezone.now()
    for moment, count in ((now, 0), (now + QUARTER, 2), (now + QUARTER, 0), (now + 2 * QUARTER, 2)):
        assert len(open_recertification(moment, every=QUARTER, answer_within=FORTNIGHT)) == count
    assert Entry.objects.filter(action=Action.ROLES_RECERTIFIED).count() == 2


def test_a_role_that_nobody_confirms_lapses_exactly_once(cycle, engineer, validator, risk_officer):
    confirmed = next(row for row in cycle if row.grant.person == engineer)
    confirm_role(confirmed, actor=risk_officer)
    for _ in range(2):
        end_unconfirmed(cycle[0].due_at)
    assert again(engineer).all_roles() == {Role.ENGINEER}
    assert again(validator).all_roles() == set()
    lapsed = Entry.objects.about(validator).filter(action=Action.ROLE_LAPSED)
    assert lapsed.count() == 1 and "Nobody confirmed it" in lapsed.get().details["because"]
    with pytest.raises(RuleBroken, match="no longer waiting"):
        confirm_role(confirmed, actor=risk_officer)


def test_nobody_confirms_their_own_role(cycle, risk_officer, engineer):
    mine = next(row for row in cycle if row.grant.person == risk_officer)
    with pytest.raises(NotPermitted, match="their own role"):
        confirm_role(mine, actor=risk_officer)
    with pytest.raises(NotPermitted, match="administrator or a risk officer"):
        confirm_role(mine, actor=engineer)


def test_a_role_that_ended_before_its_confirmation_was_due_does_not_lapse_again(cycle, validator, administrator):
    revoke_role(validator.grants.get(), actor=administrator)
    end_unconfirmed(cycle[0].due_at)
    assert Recertification.objects.get(grant__person=validator).outcome == "over"
    assert validator.grants.get().state == "revoked"


def test_a_role_that_was_taken_back_or_is_over_is_not_asked_about_and_not_confirmed(
    cycle, validator, administrator, risk_officer, client
):
    row = next(row for row in cycle if row.grant.person == validator)
    revoke_role(row.grant, actor=administrator)
    client.force_login(risk_officer)
    asked = client.get(reverse("people")).context["unconfirmed"]
    assert {one.grant.person for one, _ in asked} == {one.grant.person for one in cycle} - {validator}
    with pytest.raises(RuleBroken, match="ended already"):
        confirm_role(row, actor=risk_officer)
    with pytest.raises(IntegrityError, match="a role that is over is not confirmed"), transaction.atomic():
        Recertification.objects.filter(pk=row.pk).update(outcome="confirmed", decided_by=risk_officer)


def test_where_more_roles_wait_than_the_page_shows_it_says_so(cycle, risk_officer, client, workspace):
    client.force_login(risk_officer)
    assert "the others follow" not in client.get(reverse("people")).text
    for _ in range(MOST_SHOWN):
        make_person(Role.OWNER, workspace=workspace)
    open_recertification(cycle[0].due_at + QUARTER, every=QUARTER, answer_within=FORTNIGHT)
    page = client.get(reverse("people"))
    assert f"the first {MOST_SHOWN}; the others follow" in page.text and len(page.context["unconfirmed"]) == MOST_SHOWN


def test_the_work_queue_asks_to_confirm_the_roles_of_others(cycle, risk_officer):
    asked = [task for task in work_for(risk_officer, now=timezone.now()) if task.what.startswith("Confirm")]
    assert [task.what for task in asked] == ["Confirm 2 roles that people still need"]
    assert asked[0].due_at == cycle[0].due_at
