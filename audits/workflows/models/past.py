"""What had happened by a moment, for rows that tell when something happened to them."""

from datetime import datetime

from django.db.models import Q


def not_by(field: str, at: datetime | None) -> Q:
    """It has not happened; with a moment, or happened after it."""
    never = Q(**{f"{field}__isnull": True})
    return never if at is None else never | Q(**{f"{field}__gt": at})
