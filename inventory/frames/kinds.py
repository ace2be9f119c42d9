"""Values as the kind of their column demands. What cannot become that is refused row by row, never guessed.

stored as      numeric  Float64 · boolean  Boolean · categorical, text and every id  String · datetime  Datetime, UTC
taken as well  0 and 1 for false and true, whole numbers for categories and ids, dates for moments, and moments
               written as RFC 3339 text; a moment without a zone is read as UTC. In a CSV everything is text and is
               read as what the schema says.
missing        null, a NaN, and an empty cell of a CSV
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import polars as pl
import pyarrow as pa
from pyarrow import types

from audits.profiles.schema import Column, Kind, Role
from inventory.frames.faults import MOST_TOLD, Faults, shown

LARGEST_EXACT = 2**53
LONGEST_TEXT = 10_000
STORED = {
    Kind.NUMERIC: pl.Float64,
    Kind.BOOLEAN: pl.Boolean,
    Kind.CATEGORICAL: pl.String,
    Kind.TEXT: pl.String,
    Kind.DATETIME: pl.Datetime("us", "UTC"),
}
TRUTHS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
FIRST_SECOND = int(datetime(1, 1, 1, tzinfo=UTC).timestamp())
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=1)
MOMENT = r"^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)\s?([Zz]|[+-]\d{2}:?\d{2})?)?$"


def stored_as(column: Column) -> pl.DataType:
    """The type a column has in storage, always the same, so that batches can be read together."""
    return pl.String if column.has_role(Role.ID) else STORED[column.kind]


def nothing(column: Column, rows: int) -> pl.Series:
    """A column without a value in any row."""
    return pl.Series(column.name, [None], stored_as(column)).new_from_index(0, rows)


@dataclass
class Cleaning:
    """One column of some rows on its way to the stored type.

    values       as they are so far
    first_row    the number of the first of these rows
    faults       where refused values are told
    missing      rows that came without a value
    """

    column: Column
    values: pl.Series
    first_row: int
    faults: Faults
    missing: pl.Series = field(init=False)

    def __post_init__(self):
        self.missing = self.values.is_null()

    def refuse(self, rows: pl.Series, wrong: Callable[[object], str], original: pl.Series | None = None) -> None:
        """Tell that these rows are at fault, and go on without their values."""
        rows = rows.fill_null(False)
        if not rows.any():
            return
        told = rows.arg_true().head(MOST_TOLD)
        originals = (self.values if original is None else original).gather(told)
        first = [(self.first_row + row, wrong(value)) for row, value in zip(told, originals, strict=True)]
        self.faults.add_rows(self.column.name, int(rows.sum()), first)
        self.values = pl.select(pl.when(~rows).then(self.values)).to_series()

    def convert(self, converted: pl.Series, wrong: Callable[[object], str]) -> None:
        """Take the converted values; those that were lost on the way are at fault."""
        original, self.values = self.values, converted
        self.refuse(original.is_not_null() & converted.is_null(), wrong, original)


def clean(
    array: pa.ChunkedArray | pa.Array,
    column: Column,
    *,
    is_text: bool,
    required: bool,
    refused: Sequence[int] = (),
    first_row: int,
    faults: Faults,
    now: datetime,
) -> pl.Series:
    """The values as stored; null where there is none or where it was refused.

    is_text  every value came as text because its format has nothing else, and says nothing about its kind
    refused  positions of values that were refused already, and so are not missing
    """
    if not is_text and (wrong := why_not_type(array.type, column)):
        if array.null_count == len(array):
            array = pa.nulls(len(array))
        else:
            faults.add(wrong, column=column.name)
            return nothing(column, len(array))
    cleaning = Cleaning(column, _as_series(array), first_row, faults)
    if refused:
        cleaning.missing = cleaning.missing.scatter(refused, False)
    if column.has_role(Role.ID):
        _to_id(cleaning)
    else:
        READERS[column.kind](cleaning, array.type)
    _check_range(cleaning, now)
    if required:
        cleaning.refuse(cleaning.missing, _missing)
    return cleaning.values.alias(column.name)


def why_not_type(stored: pa.DataType, column: Column) -> str:
    """Why values of this type can never be read as this column; empty where they can."""
    if types.is_dictionary(stored):
        stored = stored.value_type
    number = types.is_integer(stored) or types.is_floating(stored) or types.is_decimal(stored)
    text = _is_text(stored)
    fits = types.is_null(stored)
    if column.has_role(Role.ID):
        fits |= text or number
    elif column.kind is Kind.NUMERIC:
        fits |= number or types.is_boolean(stored)
    elif column.kind is Kind.TEXT:
        fits |= text
    elif column.kind is Kind.DATETIME:
        fits |= text or types.is_timestamp(stored) or types.is_date(stored)
    else:
        fits |= number or text or types.is_boolean(stored)
    if fits:
        return ""
    due = "an id, so text or whole numbers" if column.has_role(Role.ID) else column.kind
    return f"Column {shown(column.name)} holds {stored}, but the schema says {due}. Convert it before sending."


def _as_series(array: pa.ChunkedArray | pa.Array) -> pl.Series:
    """As polars reads it; moments as whole numbers, because polars lets those far away wrap around silently."""
    stored = array.type
    if types.is_dictionary(stored) and not _is_text(stored.value_type):
        array = array.cast(stored.value_type)
        stored = array.type
    if types.is_timestamp(stored) or types.is_date64(stored):
        array = array.cast(pa.int64())
    elif types.is_date32(stored):
        array = array.cast(pa.int32()).cast(pa.int64())
    elif types.is_decimal(stored):
        array = array.cast(pa.string()) if stored.scale == 0 else array.cast(pa.float64())
    elif types.is_float16(stored):
        array = array.cast(pa.float32())
    series = pl.Series(pl.from_arrow(array))
    return series.cast(pl.String) if types.is_dictionary(stored) else series


def _to_numbers(cleaning: Cleaning, stored: pa.DataType) -> None:
    values = cleaning.values
    if values.dtype == pl.String:
        trimmed = values.str.strip_chars()
        numbers = trimmed.cast(pl.Float64, strict=False)
        cleaning.convert(numbers, _not_a_number)
        # A whole number in digits must be kept exactly; read as a double, 2^53 + 1 has already become 2^53.
        whole = trimmed.str.contains(r"^[+-]?\d+$")
        exact = trimmed.str.strip_prefix("+").cast(pl.Int64, strict=False)
        beyond = exact.is_null() | (exact > LARGEST_EXACT) | (exact < -LARGEST_EXACT)
        cleaning.refuse(whole & beyond, inexact, values)
    elif values.dtype.is_integer():
        cleaning.refuse((values > LARGEST_EXACT) | (values < -LARGEST_EXACT), inexact)
    cleaning.values = cleaning.values.cast(pl.Float64)
    without = cleaning.values.is_nan().fill_null(False)
    if cleaning.column.has_role(Role.SCORE):
        cleaning.refuse(without, _not_finite)
    else:
        cleaning.missing = cleaning.missing | without
        cleaning.values = cleaning.values.fill_nan(None)
    cleaning.refuse(cleaning.values.is_infinite(), _not_finite)


def _to_truths(cleaning: Cleaning, stored: pa.DataType) -> None:
    values = cleaning.values
    if values.dtype == pl.Boolean:
        return
    _drop_nan(cleaning)
    if values.dtype.is_numeric():
        numbers = cleaning.values.cast(pl.Float64)
        texts = numbers.replace_strict({0.0: "0", 1.0: "1"}, default=None, return_dtype=pl.String)
    else:
        texts = cleaning.values.cast(pl.String).str.strip_chars().str.to_lowercase()
    cleaning.convert(texts.replace_strict(TRUTHS, default=None, return_dtype=pl.Boolean), _not_a_truth)


def _to_categories(cleaning: Cleaning, stored: pa.DataType) -> None:
    _to_text(cleaning)
    if cleaning.column.categories is not None:
        known = pl.Series(cleaning.column.categories)
        strange = cleaning.values.is_not_null() & ~cleaning.values.is_in(known.implode())
        cleaning.refuse(strange, partial(_unknown_category, cleaning.column.categories))


def _to_id(cleaning: Cleaning) -> None:
    _drop_nan(cleaning)
    if cleaning.values.dtype.is_float():
        broken = (cleaning.values.floor() != cleaning.values) | (cleaning.values.abs() > LARGEST_EXACT)
        cleaning.refuse(broken, lambda value: f"{shown(value)} cannot be an id; send ids as text or whole numbers.")
    _to_text(cleaning)
    empty = cleaning.values == ""
    cleaning.missing = cleaning.missing | empty.fill_null(False)
    cleaning.values = pl.select(pl.when(~empty).then(cleaning.values)).to_series()


def _to_text(cleaning: Cleaning, stored: pa.DataType | None = None) -> None:
    values = cleaning.values
    if values.dtype.is_float():
        _drop_nan(cleaning)
        cleaning.refuse(cleaning.values.is_infinite(), _not_finite)
        values = cleaning.values
        # 1.0 is the category "1": a column of codes becomes floating point as soon as one of them is missing.
        whole = (values.floor() == values) & (values.abs() <= LARGEST_EXACT)
        integers = pl.select(pl.when(whole).then(values)).to_series().cast(pl.Int64).cast(pl.String)
        cleaning.values = pl.select(pl.coalesce(integers, values.cast(pl.String))).to_series()
        return
    cleaning.values = values.cast(pl.String)
    cleaning.refuse(cleaning.values.str.len_bytes() > LONGEST_TEXT, _too_long)
    cleaning.refuse(cleaning.values.str.contains("\x00", literal=True), _holds_nul)


def _to_moments(cleaning: Cleaning, stored: pa.DataType) -> None:
    values = cleaning.values
    if values.dtype == pl.Null:
        cleaning.values = values.cast(STORED[Kind.DATETIME])
    elif values.dtype == pl.String:
        cleaning.convert(_read_moments(values), _not_a_moment)
    else:
        _from_ticks(cleaning, stored)


def _read_moments(values: pl.Series) -> pl.Series:
    text = pl.col("text").str.strip_chars()
    zone = text.str.extract(MOMENT, 3).fill_null("Z").str.replace("^[Zz]$", "+00:00")
    clock = text.str.extract(MOMENT, 2).fill_null("00:00:00")
    written = pl.concat_str(text.str.extract(MOMENT, 1), pl.lit("T"), clock, zone)  # Null where the text is no moment.
    read = written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", strict=False, time_unit="us")
    moments = values.alias("text").to_frame().select(pl.when(written.is_not_null()).then(read)).to_series()
    return moments.cast(STORED[Kind.DATETIME])


def _from_ticks(cleaning: Cleaning, stored: pa.DataType) -> None:
    if types.is_date32(stored):
        first, last = FIRST_SECOND // 86_400, LAST_SECOND // 86_400
        factor = 86_400 * 10**6
    else:
        ticks = PER_SECOND["ms" if types.is_date64(stored) else stored.unit]
        first, last = max(FIRST_SECOND * ticks, -(2**63)), min(LAST_SECOND * ticks, 2**63 - 1)
        factor = 10**6 // ticks
    values = cleaning.values
    cleaning.refuse(~values.is_between(first, last), _outside_the_calendar)
    values = cleaning.values
    micro = values * factor if factor else values // 1000  # Nanoseconds lose what no clock of ours tells.
    cleaning.values = micro.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _drop_nan(cleaning: Cleaning) -> None:
    if cleaning.values.dtype.is_float():
        cleaning.missing = cleaning.missing | cleaning.values.is_nan().fill_null(False)
        cleaning.values = cleaning.values.fill_nan(None)


def _check_range(cleaning: Cleaning, now: datetime) -> None:
    column, values = cleaning.column, cleaning.values
    if column.minimum is not None:
        cleaning.refuse(values < column.minimum, lambda v: f"{shown(v)} lies below the minimum {column.minimum}.")
    if column.maximum is not None:
        cleaning.refuse(values > column.maximum, lambda v: f"{shown(v)} lies above the maximum {column.maximum}.")
    if column.has_role(Role.TIME):
        cleaning.refuse(values > now + CLOCK_SKEW, lambda v: f"{shown(v)} lies in the future; check clock and unit.")
        cleaning.refuse(values < EARLIEST, lambda v: f"{shown(v)} lies before 1970; check the unit.")


def _is_text(stored: pa.DataType) -> bool:
    return types.is_string(stored) or types.is_large_string(stored) or types.is_string_view(stored)


def _missing(value) -> str:
    return "the value is missing, and the schema requires one."


def _not_a_number(value) -> str:
    return f"{shown(value)} is not a number; write it as digits with a decimal point."


def inexact(value) -> str:
    return f"{shown(value)} is beyond 2^53, where numbers are no longer exact; describe it as categorical or id."


def _not_finite(value) -> str:
    return f"{shown(value)} is not a finite number."


def _not_a_truth(value) -> str:
    return f"{shown(value)} is neither true nor false."


def _not_a_moment(value) -> str:
    return f"{shown(value)} is not a time; write it as 2026-06-30T14:05:00Z (without a zone it is read as UTC)."


def _outside_the_calendar(value) -> str:
    return "the time lies outside the years 1 to 9999; check its unit."


def _too_long(value) -> str:
    return f"the text is {len(value)} characters long; at most {LONGEST_TEXT} bytes are stored."


def _holds_nul(value) -> str:
    return "the text holds a NUL character; remove it."


def _unknown_category(known: tuple[str, ...], value) -> str:
    listed = ", ".join(shown(category) for category in known[:10]) + (" …" if len(known) > 10 else "")
    return f"{shown(value)} is not among the categories of the schema: {listed}."


READERS = {
    Kind.NUMERIC: _to_numbers,
    Kind.BOOLEAN: _to_truths,
    Kind.CATEGORICAL: _to_categories,
    Kind.TEXT: _to_text,
    Kind.DATETIME: _to_moments,
}
