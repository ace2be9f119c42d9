"""What is asked of somebody about retirements under way: to agree, to carry them out, to verify and to sign."""

from collections.abc import Iterator

from django.urls import reverse

from audits.workflows import policies
from audits.workflows.contents.asked import MOST_OF_A_KIND, Task
from audits.workflows.models import Retirement
from audits.workflows.states import RetirementState
from mrm.accounts.policies import Permission, Role
from mrm.pages.wording import counted

UNDER_WAY = (RetirementState.EXECUTING, RetirementState.VERIFIED)


def retirement_tasks(person, models) -> Iterator[Task]:
    under_way = Retirement.objects.filter(state__in=UNDER_WAY, change__model__in=models).order_by("begun_at")
    under_way = under_way.select_related("change__model", "agreement").prefetch_related("items")
    for retirement in under_way[:MOST_OF_A_KIND]:
        model = retirement.change.model
        for action, what, why in _asked(retirement, model, person):
            yield Task(
                icon="exchange",
                what=f"{what} {model.name}",
                why=f"{why} Until then the model does not end, and is watched as before.",
                brief=f"Retirement of {model.name}",
                action=action,
                address=reverse("retirement", args=[retirement.change.reference]),
                since=retirement.verified_at or retirement.begun_at,
            )


def _asked(retirement: Retirement, model, person) -> Iterator[tuple[str, str, str]]:
    """Action, what is asked, and why. Of whom a step is not kept by what everybody can see of their part in it."""
    roles = person.roles_in(model.workspace_id, model.slug)
    hands = {row.done_by_id for row in retirement.items.all()} | {retirement.verified_by_id}
    left = sum(not row.evidence for row in retirement.items.all())
    owns = model.owner_id == person.pk
    lacking = retirement.why_not_agreed
    if owns and lacking:
        yield "Agree", "Agree to the end of", "You own it; its retirement was approved."
    if retirement.state == RetirementState.VERIFIED:
        if not lacking and roles & policies.SECOND_LINE and not owns and person.pk not in hands:
            yield "Sign", "Sign the end of", "Its checklist is carried out and verified, and its owner agrees."
    elif left:
        if Permission.CARRY_OUT_RETIREMENT in person.permissions_in(model.workspace_id, model.slug):
            why = f"Nothing shows {counted(left, 'item')} of its checklist yet."
            yield "Show what is done", "Carry out the retirement of", why
    elif Role.ENGINEER in roles and person.pk not in hands:
        yield "Verify", "Verify the retirement of", "Its checklist is carried out."
