"""Searches: the clauses of a filter as conditions, and pages that stay stable while others write."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Exists, F, Lookup, OuterRef, Q, QuerySet
from django.db.models.expressions import Expression
from django.db.models.lookups import Exact

from inventory.models import Model
from registry.contents.shown import SOURCE, STATES, VERSION_FIELDS, with_times
from registry.contents.tagged import ROWS, says_so, text_of, text_of_rows
from registry.grammar import MODELS, PROMPT_TAG, VERSIONS, Clause, clauses, order
from registry.models import ModelTag, VersionTag
from registry.refusals import invalid

SALT = "registry.search"
COLUMNS = {
    Model: {"name": "name", "creation_timestamp": "registered_at", "last_updated_timestamp": "changed"},
}
VERSION_COLUMNS = {
    "name": "model__name",
    "run_id": "mlflow__run_id",
    "source_path": SOURCE,
    "version_number": "number",
    "creation_timestamp": "registered_at",
    "last_updated_timestamp": "changed",
}
SUFFIXES = {"=": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte", "IN": "__in", "NOT IN": "__in"}


class Like(Lookup):
    """SQL's LIKE: `%` any letters, `_` any one, nothing else special."""

    lookup_name = "mlflow_like"
    word = "LIKE"

    def as_sql(self, compiler, connection):
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} {self.word} {right} ESCAPE ''", (*left_values, *right_values)


class ILike(Like):
    lookup_name = "mlflow_ilike"
    word = "ILIKE"


@dataclass(frozen=True)
class Page:
    """The rows of one page as a query, and how to go on after the last of them; empty on the last page."""

    keys: list
    next_token: str


def search(
    rows: QuerySet, *, filter_text: str, order_by: list[str], most: int, page_token: str, governed: bool
) -> Page:
    """One page of the rows that satisfy the filter: their keys, in order."""
    grammar = MODELS if rows.model is Model else VERSIONS
    columns = COLUMNS.get(rows.model, VERSION_COLUMNS)
    wanted = clauses(filter_text, grammar)
    sorting = [(columns[key], ascends) for key, ascends in order(order_by, grammar)] + [("pk", True)]
    rows = with_times(rows).filter(*(_condition(clause, rows.model, columns, governed) for clause in wanted))
    if not any(_asks_for_prompts(clause) for clause in wanted):
        rows = rows.filter(~_has_tag(rows.model, PROMPT_TAG, Q(value="true")))
    about = hashlib.sha256(repr((str(rows.model), filter_text, sorting)).encode()).hexdigest()[:16]
    if page_token:
        rows = rows.filter(_after(sorting, _values_in(page_token, about, len(sorting))))
    rows = rows.order_by(*(F(column).asc() if ascends else F(column).desc() for column, ascends in sorting))
    found = list(rows.values_list(*(column for column, _ in sorting))[: most + 1])
    token = ""
    if len(found) > most:
        found.pop()
        token = signing.dumps({"about": about, "after": [_kept(value) for value in found[-1]]}, salt=SALT)
    return Page([values[-1] for values in found], token)


def _condition(clause: Clause, model, columns: dict, governed: bool) -> Q | Expression:
    if clause.is_tag:
        return _tag_condition(clause, model, governed)
    column = columns[clause.key]
    if clause.operator in ("LIKE", "ILIKE"):
        return (Like if clause.operator == "LIKE" else ILike)(F(column), clause.value)
    if clause.operator == "!=":
        return Q(**{f"{column}__isnull": False}) & ~Q(**{column: clause.value})
    condition = Q(**{column + SUFFIXES[clause.operator]: clause.value})
    return Q(**{f"{column}__isnull": False}) & ~condition if clause.operator == "NOT IN" else condition


def _tag_condition(clause: Clause, model, governed: bool) -> Q | Exists:
    """A row without the tag satisfies no comparison with it, as in MLflow; only that of prompts is different."""
    if clause.key == PROMPT_TAG and not _asks_for_prompts(clause):
        return Q()  # Said already: prompts are left out unless they are asked for.
    if governed and clause.key in STATES[model]:
        return _comparison(clause, STATES[model][clause.key])
    if model is Model and (said := says_so(clause.key)) is not None:
        return said & _comparison(clause, text_of(clause.key))
    if model is not Model and (field := VERSION_FIELDS.get(clause.key)):
        return ~Q(**{field: ""}) & _comparison(clause, F(field))
    text = text_of_rows(clause.key) if model is Model and clause.key in ROWS else F("value")
    return _has_tag(model, clause.key, _comparison(clause, text))


def _comparison(clause: Clause, column: F | Expression) -> Q:
    match clause.operator:
        case "LIKE":
            return Q(Like(column, clause.value))
        case "ILIKE":
            return Q(ILike(column, clause.value))
        case "!=":
            return ~Q(Exact(column, clause.value))
    return Q(Exact(column, clause.value))


def _has_tag(model, key: str, condition: Q) -> Exists:
    if model is Model:
        return Exists(ModelTag.objects.filter(condition, model=OuterRef("pk"), key=key))
    return Exists(VersionTag.objects.filter(condition, version=OuterRef("pk"), key=key))


def _asks_for_prompts(clause: Clause) -> bool:
    if not clause.is_tag or clause.key != PROMPT_TAG:
        return False
    return (clause.operator, clause.value.lower()) in (("=", "true"), ("!=", "false"))


def _after(sorting: list[tuple[str, bool]], values: list) -> Q:
    """The rows that come after these values: greater in the first column, or equal there and greater in the next …"""
    after, equal = Q(), Q()
    for (column, ascends), value in zip(sorting, values, strict=True):
        after |= equal & Q(**{f"{column}__{'gt' if ascends else 'lt'}": value})
        equal &= Q(**{column: value})
    return after


def _kept(value):
    return {"at": value.isoformat()} if isinstance(value, datetime) else value if isinstance(value, int) else str(value)


def _values_in(token: str, about: str, count: int) -> list:
    try:
        said = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise invalid("Invalid page token, could not base64-decode") from None
    if said["about"] != about or len(said["after"]) != count:
        raise invalid("Invalid page token: it belongs to another search; repeat the same filter and order_by.")
    return [datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value for value in said["after"]]
