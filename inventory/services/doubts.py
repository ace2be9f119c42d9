"""What casts doubt on a confirmed tier: raised by what changed, settled by the next confirmation."""

from datetime import datetime

from django.utils import timezone

from inventory import policies
from inventory.attributes import COLUMNS
from inventory.models import Model, Policy, TierDoubt, Use
from mrm.accounts.models import Person
from mrm.pages.wording import sentence


def doubt_by_attributes(model: Model, *, before: dict, changed, actor: Person | None) -> list[str]:
    """After an edit, inside its governed block. What was never said before is an answer, not a change."""
    said = {name for name in changed if before[name] not in ("", None)}
    asked = policies.doubted_by_attributes(Policy.objects.in_force().document) if said else set()
    names = [name for name in COLUMNS if name in said & asked]
    return _raised(model, [f"{COLUMNS[name].label} has changed." for name in names], actor)


def doubt_by_new_use(use: Use, *, actor: Person | None) -> list[str]:
    """The first use is what a tier was assessed for; every further one is new."""
    return _raised(use.model, [f"Use {use.number} is new: {use.title}."] if use.number > 1 else [], actor, use=use)


def doubt_by_changed_use(use: Use, *, changed, actor: Person | None) -> list[str]:
    asked = policies.doubted_by_uses(Policy.objects.in_force().document) if changed else set()
    names = [name for name in policies.OF_USES if name in asked and name in changed]
    reasons = [f"{sentence(name)} of use {use.number} has changed: {use.title}." for name in names]
    return _raised(use.model, reasons, actor, use=use)


def settle_doubts(model: Model, now: datetime, *, assessed_at: datetime) -> None:
    """What was raised before the tier was assessed went into it; a later doubt did not, and goes on standing."""
    model.tier_doubts.standing().filter(raised_at__lte=assessed_at).update(settled_at=now)


def _raised(model: Model, reasons: list[str], actor: Person | None, *, use: Use | None = None) -> list[str]:
    """Each reason once while it stands; none about a tier that nobody has assessed yet."""
    if not reasons or not (model.tier_confirmed_at or model.tier_assessments.proposed().exists()):
        return []
    known = set(model.tier_doubts.standing().values_list("reason", flat=True))
    new = [reason for reason in reasons if reason not in known]
    now = timezone.now()
    TierDoubt.objects.bulk_create(
        TierDoubt(model=model, use=use, reason=reason, raised_by=actor, raised_at=now) for reason in new
    )
    return new
