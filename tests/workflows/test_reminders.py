"""Reminders: one mail a day about what is newly asked or more urgent, each stage told once."""

from datetime import UTC, datetime, time, timedelta
from email import message_from_string, policy

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.workflows import policies
from audits.workflows.contents.queue import work_for
from audits.workflows.models import Attestation, Reminder
from audits.workflows.services import people_to_remind, raise_finding, remind
from inventory.models import Policy
from mrm import env
from mrm.accounts.models import Notice, Person, RoleGrant, Token
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role, rotate_token, send_notices
from mrm.pages import wording
from mrm.pages.tags import day
from tests.factories import ENDING_ROLES, end_roles, make_model, make_person, make_token, undecided
from tests.signing import close_account, revoke_role

MORNING = datetime.combine(timezone.now() + timedelta(days=1), time(8), tzinfo=UTC)


@pytest.fixture(autouse=True)
def configured(settings):
    settings.EMAIL_URL = "smtp://mail.bank.example"


@pytest.fixture
def attestation(owner):
    """Asked of the owner now, due in twenty days."""
    model = make_model(owner=owner, name="Consumer credit")
    due_at = (MORNING + timedelta(days=20)).date()
    return Attestation.objects.create(
        model=model, policy=Policy.objects.in_force(), covers_from=MORNING.date(), opened_at=MORNING, due_at=due_at
    )


def mails(person, *mornings) -> list[int]:
    """How many mails the person was sent by each of these mornings."""
    sent = []
    for morning in mornings:
        remind(person, MORNING + timedelta(days=morning))
        send_notices(timezone.now())
        sent.append(len(mail.outbox))
    return sent


@pytest.mark.parametrize(
    ("days_left", "stage"),
    [
        (30, "asked"),
        (8, "asked"),
        (7, "7 days before"),
        (2, "7 days before"),
        (1, "1 days before"),
        (0, "1 days before"),
        (-1, "overdue, week 1"),
        (-7, "overdue, week 1"),
        (-8, "overdue, week 2"),
    ],
)
def test_somebody_is_told_when_asked_a_week_and_a_day_before_and_each_week_it_is_overdue(days_left, stage):
    today = MORNING.date()
    assert policies.stage_of_urgency(today + timedelta(days=days_left), today=today) == stage
    assert policies.stage_of_urgency(None, today=today) == "asked"


def test_each_stage_is_told_once_and_nothing_on_the_days_between(owner, attestation):
    assert mails(owner, 0, 0, 1, 12, 13, 14, 19, 20, 21, 27, 28) == [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    asked, due = "Read and attest: Attestation of Consumer credit", wording.day(attestation.due_at)
    assert [message.subject for message in (mail.outbox[0], mail.outbox[-1])] == [
        f"{asked}, by {due}", f"Overdue: {asked}, was due on {due}"
    ]  # fmt: skip


def test_what_happens_later_that_day_waits_for_the_next_mail(owner, attestation, validator):
    assert mails(owner, 0) == [1]
    raise_finding(
        attestation.model,
        severity="medium",
        title="Limits of income are not tested",
        observation="Nobody looked.",
        required_outcome="Test them.",
        actor=validator,
    )
    assert mails(owner, 0, 1, 2) == [1, 2, 2]
    assert "inding" in mail.outbox[1].body and "Attestation" not in mail.outbox[1].body


def test_a_mail_says_what_by_when_and_where_and_nothing_that_somebody_wrote(owner, attestation, validator, settings):
    finding = raise_finding(
        attestation.model,
        severity="medium",
        title="Ms Example was declined",
        observation="Her income was misread.",
        required_outcome="Correct it.",
        actor=validator,
    )
    mails(owner, 0)
    (message,) = mail.outbox
    (html, kind), *_ = message.alternatives
    assert message.subject.endswith(", and 1 more") and "2 things ask for you" in html
    assert kind == "text/html" and message.to == [owner.email]
    for form in (message.body, html):
        assert "Attestation of Consumer credit" in form and finding.reference in form
        assert f"{settings.PUBLIC_URL}/findings/{finding.reference}/" in form
        assert f"by {day(attestation.due_at)}" in form
        assert "Ms Example" not in form and "income" not in form and str(validator) not in form
        assert "  \n" not in message.body and "\n\n\n" not in message.body


def test_a_hostile_name_is_text_in_the_mail(owner):
    model = make_model(owner=owner, name="<img src=x onerror=alert(1)>")
    Attestation.objects.create(
        model=model, policy=Policy.objects.in_force(), covers_from=MORNING.date(), due_at=MORNING.date()
    )
    mails(owner, 0)
    ((html, _), *_) = mail.outbox[0].alternatives
    assert "<img" not in html and "&lt;img" in html and "<img" in mail.outbox[0].body


def test_what_is_done_and_asked_anew_is_told_anew(engineer):
    soon, role = MORNING + timedelta(days=20), RoleGrant.objects.filter(person=engineer)
    sent = []
    for number, ends_at in enumerate([soon, soon, None, soon]):
        with undecided("accounts_rolegrant", *ENDING_ROLES):
            role.update(ends_at=ends_at)
        sent += mails(Person.objects.get(pk=engineer.pk), number)
    assert sent == [1, 1, 1, 2]


def test_whoever_has_nothing_to_do_gets_no_mail_and_is_looked_at_once_a_day(auditor):
    assert auditor.pk in people_to_remind(MORNING)
    assert mails(auditor, 0) == [0]
    assert auditor.pk not in people_to_remind(MORNING)
    assert auditor.pk in people_to_remind(MORNING + timedelta(days=1))


def test_only_people_with_a_role_and_an_open_account_are_reminded(owner, engineer, validator, administrator, workspace):
    make_person(Role.ENGINEER, workspace=workspace, kind=Person.Kind.SERVICE)
    close_account(engineer, reason="Left the firm.", actor=administrator)
    revoke_role(validator.grants.get(), actor=administrator)
    tomorrow = (timezone.now() + timedelta(days=1)).replace(hour=12)
    assert set(people_to_remind(tomorrow)) == {owner.pk, administrator.pk}


def test_where_no_mail_is_configured_or_before_the_hour_nobody_is_looked_at(owner, settings):
    assert people_to_remind(MORNING) == [owner.pk]
    assert people_to_remind(MORNING.replace(hour=5)) == []
    settings.EMAIL_URL = ""
    assert people_to_remind(MORNING) == []


def test_the_database_keeps_one_reminder_per_stage(owner, attestation):
    (told,) = remind(owner, MORNING)
    with pytest.raises(IntegrityError, match="one_reminder_per_stage"), transaction.atomic():
        Reminder.objects.create(
            person=owner, address=told.address, action=told.action, due_on=told.due_on, stage=told.stage
        )


def test_a_role_that_ends_soon_is_told_to_whoever_holds_it_unless_it_goes_on(workspace, engineer):
    def asked():
        person = Person.objects.get(pk=engineer.pk)
        return [task.what for task in work_for(person, now=timezone.now()) if "role" in task.what]

    end_roles(engineer, ends_at=timezone.now() + timedelta(days=40))
    assert asked() == []
    end_roles(engineer, ends_at=timezone.now() + timedelta(days=20))
    assert asked() == ["Your role as engineer ends"]
    grant_role(engineer, Role.ENGINEER, workspace=workspace, actor=None)
    assert asked() == []


def test_a_token_in_use_that_ends_soon_is_told_to_its_person_or_for_services_to_administrators(
    workspace, engineer, administrator, owner
):
    robot = make_person(Role.ENGINEER, name="Nightly pipeline", workspace=workspace, kind=Person.Kind.SERVICE)
    for person in (engineer, robot):
        make_token(person, expires_at=timezone.now() + timedelta(days=10))

    def asked(person):
        return [task.what for task in work_for(person, now=timezone.now()) if "token" in task.what]

    assert asked(engineer) == asked(administrator) == []  # Nothing uses them.
    Token.objects.update(last_used_at=timezone.now())
    assert asked(engineer) == ["Rotate the token test"] and asked(owner) == []
    assert asked(administrator) == ["Rotate the token test of Nightly pipeline"]
    rotate_token(robot.tokens.get(), actor=administrator)
    assert [what for what in asked(administrator) if "Nightly" in what] == []


def test_a_folder_takes_the_mail_where_the_address_of_the_server_is_one(owner, attestation, settings, tmp_path):
    for name, value in env.mail(f"file://{tmp_path}").items():
        setattr(settings, name, value)
    remind(owner, MORNING)
    send_notices(timezone.now())
    (file,) = tmp_path.iterdir()
    message = message_from_string(file.read_text().split("-" * 79)[0], policy=policy.default)
    assert message["To"] == owner.email and "Attestation of Consumer credit, by " in message["Subject"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert Notice.objects.get().sent_at
