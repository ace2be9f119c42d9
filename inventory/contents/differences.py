"""What differs between the register of two moments: entries, versions, uses, and every row that says more."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from inventory.contents.attributes import REFERRED
from inventory.models import ModelRecord, Moment, Source, UseApproval, UseRecord, VersionRecord
from inventory.models.particulars import ROWS_OF, held_at, rows_of
from inventory.models.records import BOOKKEEPING, RecordQuerySet, stands_at
from mrm.errors import CursorUnknown
from mrm.pages.keyset import cursor_at, read_cursor

MOST_DIFFERENCES = 100
KINDS = ("added", "retired", "changed", "removed")
PARTS = {"version": VersionRecord, "use": UseRecord}


@dataclass(frozen=True)
class Change:
    """One thing that differs: a field of the entry, or a row that came (nothing before) or went (nothing after)."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class Difference:
    """What became of one model between two moments."""

    kind: str  # added, retired, changed, removed
    slug: str
    name: str
    changes: list[Change]


@dataclass(frozen=True)
class Differences:
    """What became of the register between two moments; `next` is the cursor of what follows those that are shown."""

    counts: dict[str, int]
    shown: list[Difference]
    next: str

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Rows:
    """Rows that are added and ended, never changed: what they are called, and which of them stand at a moment."""

    field: str
    rows: QuerySet
    standing: Callable[[Moment], Q]
    model: str = "model_id"
    since: str = "added_at"

    def came_and_went(self, earlier: Moment, later: Moment) -> tuple[QuerySet, QuerySet]:
        """What stands at the later moment only, and what stood at the earlier only, whichever of them was first."""
        then, now = self.standing(earlier), self.standing(later)
        return self.rows.filter(now, ~then).order_by(), self.rows.filter(then, ~now).order_by()


def _kinds_of_rows() -> list[Rows]:
    said = [Rows(name, rows_of(name).select_related(*REFERRED.get(name, ())), held_at) for name in ROWS_OF]
    approvals = UseApproval.objects.select_related("use__model", "version")
    sources = Source.objects.select_related("version__model")
    return [
        *said,
        Rows("approval", approvals, _between("effective_at", "ended_at"), "use__model_id", "effective_at"),
        Rows("source", sources, _between("registered_at", "closed_at"), "version__model_id", "registered_at"),
    ]


def _between(since: str, until: str) -> Callable[[Moment], Q]:
    """What began by then and had not ended, by these columns."""

    def standing(moment: Moment) -> Q:
        lasts = Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gt": moment.instant})
        return Q(**{f"{since}__lte": moment.instant}) & lasts

    return standing


COMPARED = """
    SELECT CASE WHEN earlier.id IS NULL THEN 'added' WHEN later.id IS NULL THEN 'removed'
                WHEN later.status = 'retired' AND earlier.status <> 'retired' THEN 'retired' ELSE 'changed' END AS kind,
           earlier.id AS earlier, later.id AS later, coalesce(later.name, earlier.name) AS name,
           coalesce(later.subject, earlier.subject) AS subject
    FROM ({earlier}) AS earlier FULL JOIN ({later}) AS later ON later.subject = earlier.subject
    WHERE (earlier.id IS DISTINCT FROM later.id
           AND earlier.fields - %s::text[] IS DISTINCT FROM later.fields - %s::text[])
       OR later.subject IN ({touched})
"""
COUNTED = """
    WITH found AS MATERIALIZED ({compared})
    SELECT kind, count(*) AS number, NULL AS earlier, NULL AS later FROM found GROUP BY kind
    UNION ALL
    (SELECT kind, NULL, earlier, later FROM found WHERE (kind = %s OR %s = '') AND (name, subject) > (%s, %s::uuid)
     ORDER BY name, subject LIMIT %s)
"""
TOUCHED_PARTS = """
    SELECT model_id FROM ({differing}) AS differing
    GROUP BY model_id, subject HAVING count(DISTINCT fields - %s::text[]) > 1 OR count(*) = 1
"""


def differences(
    records: RecordQuerySet,
    earlier: Moment,
    later: Moment,
    *,
    kind: str = "",
    cursor: str = "",
) -> Differences:
    """Compare two moments of these records, which are cut to what one may see already; by name, from a cursor on."""
    after = _place(cursor)
    columns = ("id", "subject", "name", "status", "fields")
    one, ones = _sql(records.standing(earlier).order_by().values(*columns))
    two, twos = _sql(records.standing(later).order_by().values(*columns))
    touched, given = _touched(earlier, later)
    compared = COMPARED.format(earlier=one, later=two, touched=touched)
    given = [*ones, *twos, list(BOOKKEEPING), list(BOOKKEEPING), *given]
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(compared=compared), [*given, kind, kind, *after, MOST_DIFFERENCES + 1])
        answered = cursor.fetchall()
    counts = {kind: number for kind, number, *_ in answered if number is not None}
    found = [(kind, *pair) for kind, number, *pair in answered if number is None]
    more, found = len(found) > MOST_DIFFERENCES, found[:MOST_DIFFERENCES]
    standing = ModelRecord.objects.in_bulk([key for _, *pair in found for key in pair if key])
    in_both = [standing[before].subject for _, before, now in found if before and now]
    rows = _changes_in_rows(in_both, earlier, later)
    shown = [_difference(kind, standing.get(before), standing.get(now), rows) for kind, before, now in found]
    last = [standing[now or before] for _, before, now in found[-1:]]
    following = cursor_at([last[0].name, last[0].subject]) if more else ""
    return Differences({kind: counts.get(kind, 0) for kind in KINDS}, shown, following)


def _place(cursor: str) -> tuple[str, UUID]:
    """The name and the model after which a page begins."""
    if not cursor:
        return "", UUID(int=0)
    _, (name, subject) = read_cursor(cursor, 2)
    try:
        return str(name), UUID(str(subject))
    except ValueError:
        raise CursorUnknown from None


def _sql(queryset: QuerySet) -> tuple[str, tuple]:
    return queryset.query.sql_with_params()


def _touched(earlier: Moment, later: Moment) -> tuple[str, list]:
    """The models of which anything but the entry itself differs, as one query."""
    queries, given = [], []
    for rows in _kinds_of_rows():
        for some in rows.came_and_went(earlier, later):
            sql, parameters = _sql(some.values(rows.model))
            queries.append(sql)
            given += parameters
    for kind in PARTS.values():
        sql, parameters = _sql(_differing(kind, earlier, later).values("model_id", "subject", "fields"))
        queries.append(TOUCHED_PARTS.format(differing=sql))
        given += [*parameters, list(BOOKKEEPING)]
    return " UNION ALL ".join(queries), given


def _differing(kind: type[VersionRecord | UseRecord], earlier: Moment, later: Moment) -> QuerySet:
    """The records of parts that stand at one of the moments only."""
    return kind.objects.filter(stands_at(earlier) ^ stands_at(later)).order_by()


def _changes_in_rows(models: list, earlier: Moment, later: Moment) -> dict:
    """By model, what came and went besides the entry itself, kind by kind."""
    changes = defaultdict(list)
    for name, kind in PARTS.items():
        differing = _differing(kind, earlier, later).filter(model_id__in=models)
        standing = set(kind.objects.standing(later).filter(pk__in=differing.values("pk")).values_list("pk", flat=True))
        pairs = defaultdict(lambda: [None, None])
        for record in differing:
            pairs[record.subject][record.pk in standing] = record
        for before, after in sorted(pairs.values(), key=lambda pair: (pair[1] or pair[0]).fields["number"]):
            changes[(after or before).model_id] += _changes_of_part(name, before, after)
    for rows in _kinds_of_rows():
        came, went = rows.came_and_went(earlier, later)
        model = rows.model.removesuffix("_id")
        for some, came_about in ((went, False), (came, True)):
            for row in some.filter(**{f"{model}__in": models}).order_by(rows.since, "pk"):
                changes[_owner(row, model)].append(_change_of_row(rows.field, row, came_about=came_about))
    return changes


def _owner(row, path: str):
    for name in path.split("__"):
        key, row = getattr(row, f"{name}_id"), getattr(row, name)
    return key


def _change_of_row(field: str, row, *, came_about: bool) -> Change:
    return Change(field, None, str(row)) if came_about else Change(field, str(row), None)


def _changes_of_part(name: str, before, after) -> list[Change]:
    """Of a version or a use: that it came, or each of its fields that differs."""
    old, new = (record.fields if record else {} for record in (before, after))
    field = f"{name} {(new or old)['number']}"
    if not (before and after):
        stands = ["" if not fields else fields.get("title") or fields["stage"] for fields in (old, new)]
        return [Change(field, stands[0] or None, stands[1] or None)]
    return [Change(f"{field}: {change.field}", change.before, change.after) for change in _changes_of_fields(old, new)]


def _changes_of_fields(old: dict, new: dict) -> list[Change]:
    names = sorted({*old, *new} - set(BOOKKEEPING))
    return [Change(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _difference(kind: str, before: ModelRecord | None, after: ModelRecord | None, rows: dict) -> Difference:
    last = after or before
    changes = _changes_of_fields(before.fields, after.fields) + rows[last.subject] if before and after else []
    return Difference(kind, last.slug, last.name, changes)
