"""A hold on one piece of work, across all workers, that cannot outlive its holder."""

from contextlib import contextmanager
from uuid import UUID

from django.db import connection


@contextmanager
def held(subject_id: UUID):
    """Whether this session now holds the subject; two holders at a time cannot be.

    A PostgreSQL advisory lock belongs to the database session: a worker that is killed loses its session, and with it
    the hold, at once. Through a pooler that shares sessions it would not work; connect workers directly.
    """
    key = int.from_bytes(UUID(str(subject_id)).bytes[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
