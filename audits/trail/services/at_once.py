"""A change prepared without the pen and written with it in one message to the database.

The pen is held for the time the database needs, and not for the time a program takes to look and to answer: programs
on a busy machine wait for one another between any two statements. What was looked at before may have changed by then,
so the message says what it rests on; where that no longer holds nothing is written, and the caller does it the usual
way: with the pen, looking again, and with words for what is wrong.

The head is locked before anything else here, too, so that all governed changes still take their locks in one order.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache

from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services.details import in_words
from audits.trail.services.writing import entry_of, handed_over, holds_pen

TAKE_PEN = "SELECT FROM trail_head WHERE id = 1 FOR UPDATE"
APPEND = "SELECT refuse_unless(count(*) = 1) FROM append_to_trail(%s, %s)"  # None where the clock was set back.
CHANGED_SINCE = ("23505", "23503", "40001")  # Taken meanwhile; gone meanwhile; and what refuse_unless says.

PLAIN = {models.CharField: str, models.TextField: str, models.BooleanField: bool}


class Overtaken(Exception):
    """What the change rests on no longer holds, or never did; nothing was written."""


class Message:
    """Statements for one message, in their order."""

    def __init__(self) -> None:
        self._statements, self._values = [TAKE_PEN], []

    def only_if(self, condition: str, values: list) -> None:
        """What must hold while the pen is held."""
        self.execute(f"SELECT refuse_unless({condition})", values)

    def insert(self, row: models.Model) -> None:
        statement, fields = _insertion(type(row))
        values = [(field, plain, field.pre_save(row, True)) for field, plain in fields]
        self.execute(
            statement,
            [
                value if value is None or type(value) is plain else field.get_db_prep_save(value, connection)
                for field, plain, value in values
            ],
        )
        row._state.adding, row._state.db = False, connection.alias

    def execute(self, statement: str, values: list) -> None:
        self._statements.append(statement)
        self._values += values

    def record(self, action: Action, *, actor, subject, **details) -> None:
        entry = entry_of(action, actor=actor, subject=subject, details=details)
        self.execute(APPEND, [timezone.now(), handed_over([entry])])

    def send(self) -> None:
        """PostgreSQL carries out the statements of one message in one transaction, or none of them."""
        inside = transaction.atomic() if connection.in_atomic_block else nullcontext()
        try:
            with in_words(), inside, connection.cursor() as cursor:
                cursor.execute(";\n".join(self._statements), self._values)
        except DatabaseError as fault:
            if getattr(fault.__cause__, "sqlstate", None) in CHANGED_SINCE:
                raise Overtaken from fault
            raise


@contextmanager
def written_at_once() -> Iterator[Message]:
    """Put a change together in the block; it is written at its end. Overtaken where it is not, or the pen is held."""
    if holds_pen():
        raise Overtaken
    message = Message()
    yield message
    message.send()


@cache
def _insertion(model: type[models.Model]) -> tuple[str, list[tuple[models.Field, type | None]]]:
    """The statement, and for each value its field and the type, if any, that goes to the database as it is."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.GeneratedField)]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    plain = [next((said for kind, said in PLAIN.items() if isinstance(field, kind)), None) for field in fields]
    statement = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'  # noqa: S608 -- Our own names.
    return statement, list(zip(fields, plain, strict=True))
