"""Tables that the tests of profiles share: every kind of column, and every hostile value."""

import datetime as dt
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from audits.profiles.schema import Column, Kind, Role

COLUMNS = (
    Column("amount", Kind.NUMERIC),
    Column("code", Kind.CATEGORICAL),
    Column("flag", Kind.BOOLEAN),
    Column("at", Kind.DATETIME, (Role.TIME,)),
    Column("whole", Kind.NUMERIC),
    Column("note", Kind.TEXT),
)

SCHEMA = pa.schema(
    [
        ("amount", pa.float64()),
        ("code", pa.string()),
        ("flag", pa.bool_()),
        ("at", pa.timestamp("us")),
        ("whole", pa.int64()),
        ("note", pa.string()),
    ]
)

HOSTILE = {
    "amount": [math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308, None],
    "code": ["", " ", "\x00", "\u202eevil", "x" * 10_000, "null", "None", "é", None],
    "flag": [True, False, None, None, True, None, None, None, None],
    "at": [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31), dt.datetime(1970, 1, 1), *[None] * 6],
    "whole": [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0, 1, None, None, -1],
    "note": ["", "   ", "No letters: 123", "Änderung, änderung!", "\x00", None, "🙂 🙂", "a'b", "x"],
}


def table_of(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def hostile_table() -> pa.Table:
    return pa.table(HOSTILE, schema=SCHEMA)


def random_table(rows: int, seed: int) -> pa.Table:
    """Ordinary values with gaps, the same for the same seed."""
    rng = np.random.default_rng(seed)
    words = np.array(["late", "paid", "on", "time", "Called", "1,200", "owes"])

    def gaps(share):
        return rng.random(rows) < share

    notes = [" ".join(rng.choice(words, size)) for size in rng.integers(0, 8, rows)]
    return pa.table(
        {
            "amount": pa.array(np.where(rng.random(rows) < 0.3, 0.0, rng.lognormal(3, 1, rows)), mask=gaps(0.05)),
            "code": pa.array(np.array(["a", "b", "c", "d"])[rng.integers(0, 4, rows)], mask=gaps(0.1)),
            "flag": pa.array(rng.random(rows) < 0.2, mask=gaps(0.02)),
            "at": pa.array(rng.integers(0, 10**15, rows), pa.int64(), mask=gaps(0.01)).cast(pa.timestamp("us")),
            "whole": pa.array(rng.integers(0, 30, rows), mask=gaps(0.01)),
            "note": pa.array(notes, mask=gaps(0.1)),
        },
        schema=SCHEMA,
    )


def row_strategy():
    """One row of anything, with repeated ordinary values often enough to fill cells."""
    numbers = st.sampled_from([0.0, 1.0, 2.5]) | st.floats(width=64)
    whole = st.sampled_from([0, 1, 2**53 + 1]) | st.integers(-(2**63), 2**63 - 1)
    texts = st.sampled_from(["", "a", "late payment"]) | st.text(st.characters(codec="utf-8"), max_size=12)
    return st.fixed_dictionaries(
        {
            "amount": st.none() | numbers,
            "code": st.none() | texts,
            "flag": st.none() | st.booleans(),
            "at": st.none() | st.datetimes(),
            "whole": st.none() | whole,
            "note": st.none() | texts,
        }
    )


DECIMALS = pa.array([Decimal("1.50"), Decimal("-0.01"), None], pa.decimal128(10, 2))
