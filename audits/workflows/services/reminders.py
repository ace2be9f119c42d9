"""Reminders: one mail a day at most, about what is newly asked of a person or has come closer to its day."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audits.workflows.contents.asked import Task
from audits.workflows.contents.digests import digest_of
from audits.workflows.contents.queue import work_for
from audits.workflows.models import Reminder, ReminderRound
from audits.workflows.policies import stage_of_urgency
from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.services import write_notice
from mrm.adapters import mail

AT_ONCE = 200


def people_to_remind(now: datetime) -> list[UUID]:
    """Ids of those for whom it was not settled yet today what they are reminded of; none without mail."""
    if not mail.is_configured() or now.hour < settings.REMINDER_HOUR:
        return []
    settled = ReminderRound.objects.filter(person=OuterRef("pk"), day__gte=now.date())
    holds_a_role = RoleGrant.objects.in_force(now).filter(person=OuterRef("pk"))
    people = Person.objects.filter(Exists(holds_a_role), ~Exists(settled), kind=Person.Kind.HUMAN, is_active=True)
    return list(people.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def remind(person: Person, now: datetime) -> list[Reminder]:
    """Write today's digest, once, however many ask at the same moment; nothing where there is nothing new to tell."""
    ReminderRound.objects.get_or_create(person=person)
    settled = ReminderRound.objects.select_for_update().get(person=person)
    if settled.day is not None and settled.day >= now.date():
        return []
    settled.day = now.date()
    settled.save(update_fields=["day"])
    work = work_for(person, now=now)
    told = {_key(row): row for row in Reminder.objects.filter(person=person)}
    asked = {_key(reminder): (reminder, task) for task, reminder in _stages(person, work, now)}
    standing = {key[:3] for key in asked}
    # What is done, or asked in other words, may be asked again one day, and is told then.
    done = [row.pk for key, row in told.items() if key[:3] not in standing]
    Reminder.objects.filter(pk__in=done).delete()
    fresh = [both for key, both in asked.items() if key not in told]
    if not fresh:
        return []
    reminders = Reminder.objects.bulk_create([reminder for reminder, _ in fresh])
    digest = digest_of([task for _, task in fresh], waiting=len(work), now=now)
    write_notice(person, subject=digest.subject, text=digest.text, html=digest.html)
    return reminders


def _stages(person: Person, work: list[Task], now: datetime) -> Iterable[tuple[Task, Reminder]]:
    for task in work:
        due_on = task.due_at and timezone.localdate(task.due_at)
        stage = stage_of_urgency(due_on, today=now.date())
        yield (
            task,
            Reminder(person=person, address=task.address, action=task.action, due_on=due_on, stage=stage, told_at=now),
        )


def _key(reminder: Reminder) -> tuple[str, str, date | None, str]:
    return reminder.address, reminder.action, reminder.due_on, reminder.stage
