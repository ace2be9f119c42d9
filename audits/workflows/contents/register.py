"""The register as a file: every chosen model with all that is entered about it or follows, as workbook, CSV or JSON."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from audits.workflows.contents.assurance import all_derived_of
from inventory.contents.attributes import FLAGS, NOT_KEPT
from inventory.contents.export import HEADER, as_text, on_one_line, pieces, told_in_full
from inventory.models import Moment
from mrm.accounts.models import Person
from mrm.pages.downloads import download
from mrm.pages.tables import csv_stream
from mrm.pages.workbook import XLSX, Written, workbook

WHEN = ("as_of", "known_on")
UNSAID = (*WHEN, "ordering", "file")


@dataclass(frozen=True)
class Chosen:
    """Which models of the register: their rows in an order, of which moment, and by what they were chosen."""

    rows: QuerySet
    order: tuple[str, ...]
    moment: Moment | None
    asked: Mapping

    def told(self) -> Iterator[dict]:
        for piece in pieces(self.rows, self.order, self.moment):
            yield from told_in_full(piece, self.moment, all_derived_of(piece, self.moment))

    def days(self) -> dict:
        today = timezone.now().date()
        return {name: getattr(self.moment, name) if self.moment else today for name in WHEN}

    def filters(self) -> str:
        said = [(name, value) for name, value in self.asked.items() if name not in UNSAID and value not in ("", None)]
        return "; ".join(f"{name} = {FLAGS[value] if isinstance(value, bool) else value}" for name, value in said)


def register_file(kind: str, chosen: Chosen, *, person: Person) -> StreamingHttpResponse:
    """The file, sent while it is read; so many queries for every two thousand models."""
    return FILES[kind](f"register-{chosen.days()['as_of']}.{kind}", chosen, person)


def _csv(filename: str, chosen: Chosen, person: Person) -> StreamingHttpResponse:
    return csv_stream(filename, HEADER, (map(as_text, on_one_line(told)) for told in chosen.told()))


def _json(filename: str, chosen: Chosen, person: Person) -> StreamingHttpResponse:
    return download(filename, _json_of(chosen), "application/json")


def _json_of(chosen: Chosen) -> Iterator[str]:
    head = json.dumps(chosen.days() | {"exported_at": timezone.now()}, cls=DjangoJSONEncoder)
    yield f'{head[:-1]}, "models": ['
    for number, told in enumerate(chosen.told()):
        yield f"{',' if number else ''}\n{json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)}"
    yield "\n]}\n"


def _workbook(filename: str, chosen: Chosen, person: Person) -> StreamingHttpResponse:
    about = partial(_about, chosen, person, timezone.now(), chosen.days())
    return download(filename, workbook("Models", HEADER, map(on_one_line, chosen.told()), about=about), XLSX)


def _about(chosen: Chosen, person: Person, started: datetime, days: dict, written: Written) -> list[tuple]:
    """What the first sheet says: what this is, of when, for whom, and how much of it."""
    pairs = [
        ("What", "The register of models, with everything that is entered about each or follows"),
        ("From", settings.PUBLIC_URL),
        ("As of", days["as_of"]),
        ("As known on", days["known_on"]),
        ("Written (UTC)", started),
        ("For", f"{person.display_name} ({person.email})" if person.email else person.display_name),
        ("Chosen by", chosen.filters() or "Nothing: every model that this person may see"),
        ("Models", written.rows),
        ("Times", "In UTC"),
    ]
    if chosen.moment:
        pairs.append((NOT_KEPT, "What stands so was never kept with the day from which it held"))
    if written.cut:
        pairs.append(("Cut", f"{written.cut} texts are longer than a cell holds; the JSON has them whole"))
    return pairs


FILES: dict[str, Callable] = {"xlsx": _workbook, "csv": _csv, "json": _json}
