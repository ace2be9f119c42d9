"""Keeping how models stand: a worker counts what triggers marked, soon after somebody looked or in its next sweep.

Nothing is recorded: a standing decides nothing, and says nothing that other tables do not say.
"""

from django.db import connection, transaction
from django.utils import timezone

from audits.workflows.contents.standings import COPIED, standings_of
from audits.workflows.models import Standing, StandingMark

ONE_AT_A_TIME = 7_202_611_210  # The advisory lock: of two who count one model, the later look must be the one kept.
MANY = 2_000  # As many as one transaction counts.
COUNTED = (
    *COPIED,
    "verdict",
    "badness",
    "next_due_at",
    "finding_due_on",
    "validation_due_on",
    "in_use_without_approval",
    "counted_at",
)


def count_marked(most: int = MANY) -> int:
    """Count the models that were marked, the oldest marks first and at most so many; how many marks are left.

    Whoever finds another at it leaves it to them.
    """
    if not StandingMark.objects.exists():
        return 0
    with transaction.atomic():
        if _is_mine():
            marks = dict(StandingMark.objects.order_by("pk").values_list("pk", "model")[:most])
            # Deleted before anything is looked at: what is written from now on leaves a mark of its own.
            StandingMark.objects.filter(pk__in=marks).delete()
            Standing.objects.bulk_create(
                standings_of(list(set(marks.values())), timezone.now()),
                update_conflicts=True,
                unique_fields=["model"],
                update_fields=COUNTED,
            )
    return StandingMark.objects.count()


def count_all_marked() -> None:
    """In parts, so that no transaction is long."""
    left = None
    while (now_left := count_marked()) and now_left != left:
        left = now_left


def rebuild_standings() -> None:
    """Count every model anew."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO workflows_standingmark (model) SELECT id FROM inventory_model")
    count_all_marked()


def _is_mine() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        return cursor.fetchone()[0]
