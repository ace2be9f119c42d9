"""What held about a model for a time during the period of a report, and what ended it."""

from datetime import datetime

from django.db.models import Q

from audits.workflows.models import Arrangement
from inventory.models import Model
from mrm.pages.wording import day
from reports.contents.monitoring import Adjustment


def adjustments_of(model: Model, start: datetime, end: datetime) -> tuple[Adjustment, ...]:
    """Everything that was in force on a day of the period, oldest first."""
    held = (
        Arrangement.objects.filter(model=model, starts_at__lt=end)
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gte=start))
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gte=start))
        .select_related("change", "validation", "begun_by", "ended_by")
        .order_by("starts_at", "reference")
    )
    return tuple(
        Adjustment(
            kind=one.get_kind_display(),
            reference=one.reference,
            what=one.title,
            approved=_begun(one),
            expires=_ends(one),
        )
        for one in held
    )


def _begun(one: Arrangement) -> str:
    """Since when, and by which decision; a suspension is ordered by one person."""
    by = one.change or one.validation
    return f"{day(one.starts_at)}, by {by.reference if by else one.begun_by or 'the system'}"


def _ends(one: Arrangement) -> str:
    if one.ended_at:
        return f"{one.state} on {day(one.ended_at)}"
    return f"after {day(one.last_day)}" if one.ends_at else "when it is lifted"
