"""An approved retirement carried out to its end: evidence by the owner, verification by an engineer, a signature."""

from audits.workflows.models import ChangeRequest, Retirement
from audits.workflows.services import (
    AGREEMENT,
    RETIREMENT_END,
    complete_item,
    verify_retirement,
)
from mrm.accounts.services import act_at_once
from tests.factories import PASSWORD


def evidenced(change: ChangeRequest, owner) -> Retirement:
    """With evidence for every item of the checklist."""
    retirement = Retirement.objects.get(change=change)
    for row in retirement.items.all():
        complete_item(retirement, row.item, evidence=f"Ticket 47{row.place}.", actor=owner)
    return retirement


def agree(retirement: Retirement, owner) -> Retirement:
    return act_at_once(AGREEMENT, retirement, password=PASSWORD, actor=owner)


def verified(change: ChangeRequest, *, owner, engineer) -> Retirement:
    """With the owner's agreement, too."""
    agree(evidenced(change, owner), owner)
    return verify_retirement(Retirement.objects.get(change=change), actor=engineer)


def sign(retirement: Retirement, officer, *, comment: str = "") -> Retirement:
    return act_at_once(RETIREMENT_END, retirement, comment=comment, password=PASSWORD, actor=officer)


def retired(change: ChangeRequest, *, owner, engineer, officer) -> Retirement:
    return sign(verified(change, owner=owner, engineer=engineer), officer)
