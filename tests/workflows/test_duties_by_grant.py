"""Rule 8: a role takes two people, it ends, and lapses unless somebody else confirms it every quarter."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory import policies
from inventory.models import Policy
from mrm.accounts.models import Person, Recertification, RoleGrant
from mrm.accounts.policies import LONGEST_EXAMINATION, LONGEST_GRANT, Role, longest_days
from mrm.accounts.services import confirm_role, create_person, end_unconfirmed, grant_role, open_recertification
from mrm.errors import NotPermitted
from tests.factories import PASSWORD, end_roles, make_person
from tests.fixtures.story import approve
from tests.signing import approve_grant, signed_on_page
from tests.workflows.duties import assert_the_database_refuses, reasons


@pytest.fixture
def nina(story) -> Person:
    """Somebody new, without a role; their password was not given to them."""
    return create_person("nina@bank.example", "Nina New", password=PASSWORD, actor=None)


@pytest.fixture
def proposed(story, nina) -> RoleGrant:
    return grant_role(nina, Role.VALIDATOR, workspace=story.workspace, reason="Joins.", actor=story.administrator)


@pytest.fixture
def asked_again(story, proposed) -> Recertification:
    """A quarter later: every role in force waits to be confirmed, this one too."""
    approve_grant(proposed, actor=story.risk_officer)
    asked = policies.recertification(Policy.objects.in_force().document)
    open_recertification(timezone.now() + asked["every"], **asked)
    return proposed.recertifications.get()


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def refused(why: str):
    return pytest.raises(IntegrityError, match=why)


def test_8_a_role_decides_nothing_before_a_second_person_approves_it(retraining, story, nina, proposed):
    with pytest.raises(NotPermitted):
        approve(retraining, again(nina))
    assert_the_database_refuses(retraining, nina, "only who holds the role now")
    approve_grant(proposed, actor=story.risk_officer)
    assert approve(retraining, again(nina)).role == Role.VALIDATOR


def test_8_on_the_pages_whoever_proposed_a_role_does_not_approve_it_and_another_does(story, nina, proposed):
    address = reverse("approve-role", args=[proposed.pk])
    for person in (story.administrator, nina, story.validator):
        assert browser(person).post(address).status_code == 403
    assert browser(nina).get(reverse("register")).status_code == 403
    assert signed_on_page(browser(story.risk_officer), address).status_code == 302
    assert browser(again(nina)).get(reverse("register")).status_code == 200


def test_8_a_role_decides_nothing_from_the_minute_in_which_it_ends(retraining, story, nina, proposed):
    approve_grant(proposed, actor=story.risk_officer)
    end_roles(nina)
    assert "no role" in reasons(retraining, again(nina))
    assert_the_database_refuses(retraining, nina, "only who holds the role now")


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.EXAMINER])
def test_8_the_database_takes_no_role_from_people_that_does_not_end_and_prolongs_none(story, nina, role):
    longest = timedelta(days=longest_days(role))
    given = {"person": nina, "role": role, "workspace": story.workspace, "granted_by": story.administrator}
    for ends_at in (None, timezone.now() + longest + timedelta(days=1)):
        with refused(f"ends, this one within {longest.days} days"), transaction.atomic():
            RoleGrant.objects.create(**given, ends_at=ends_at)
    soon = timezone.now() + timedelta(days=30)
    grant = grant_role(nina, role, workspace=story.workspace, ends_at=soon, actor=story.administrator)
    approve_grant(grant, actor=story.risk_officer)
    for ends_at, why in ((None, "ends, this one within"), (soon + timedelta(days=1), "not prolonged")):
        with refused(why), transaction.atomic():
            RoleGrant.objects.filter(pk=grant.pk).update(ends_at=ends_at)
    assert (LONGEST_GRANT, LONGEST_EXAMINATION) == (366, 92), "as the trigger says"


def test_8_the_standard_policy_asks_every_quarter_and_what_nobody_confirms_decides_nothing_more(
    retraining, story, nina, asked_again
):
    assert timedelta(days=85) < asked_again.opened_at - timezone.now() < timedelta(days=95)
    end_unconfirmed(asked_again.due_at)
    assert again(nina).all_roles() == set()
    assert "no role" in reasons(retraining, again(nina))
    assert Entry.objects.about(nina).filter(action=Action.ROLE_LAPSED).exists()


def test_8_a_role_that_another_confirms_stays_and_on_the_pages_its_holder_cannot(story, nina, asked_again):
    address = reverse("confirm-role", args=[asked_again.pk])
    mine = Recertification.objects.get(grant__person=story.risk_officer)
    assert browser(nina).post(address).status_code == 403
    assert browser(story.risk_officer).post(reverse("confirm-role", args=[mine.pk])).status_code == 403
    second = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    assert browser(second).post(address).status_code == 302
    end_unconfirmed(asked_again.due_at)
    assert again(nina).all_roles() == {Role.VALIDATOR}


def test_8_the_database_takes_no_confirmation_by_nobody_or_by_the_holder_and_keeps_each(story, nina, asked_again):
    rows = Recertification.objects.filter(pk=asked_again.pk)
    for who in (None, nina):
        with refused("confirmed by somebody else"), transaction.atomic():
            rows.update(outcome="confirmed", decided_by=who, decided_at=timezone.now())
    with refused("before it is confirmed"), transaction.atomic():
        Recertification.objects.create(
            grant=asked_again.grant,
            opened_at=timezone.now(),
            due_at=timezone.now(),
            outcome="confirmed",
            decided_by=story.risk_officer,
        )
    confirm_role(asked_again, actor=make_person(Role.RISK_OFFICER, workspace=story.workspace))
    for attack in (lambda: rows.update(outcome="pending"), lambda: rows.update(decided_by=nina), rows.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()
