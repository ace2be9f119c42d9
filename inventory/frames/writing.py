"""From a body as it was sent to the Parquet that is stored, or to a list of everything that is wrong with it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from audits.profiles.schema import Column, Kind, Role, column_with_role
from inventory.frames.bodies import open_body
from inventory.frames.bodies.pieces import Body, Piece
from inventory.frames.faults import MOST_TOLD, Faults, shown
from inventory.frames.kinds import clean, nothing, stored_as
from mrm.errors import UnusableData

ARROW = {
    pl.Float64: pa.float64(),
    pl.Boolean: pa.bool_(),
    pl.String: pa.string(),
    pl.Datetime("us", "UTC"): pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True)
class Written:
    """What the stored rows are: how many, and from when to when (None where they bear no time)."""

    rows: int
    first_at: datetime | None = None
    last_at: datetime | None = None


def write(
    body_path: Path,
    target: Path,
    *,
    content_type: str,
    columns: Sequence[Column],
    required: Collection[str],
    now: datetime,
    decision_threshold: float | None = None,
) -> Written:
    """Check every value of a body against its columns and write them, cleaned, as Parquet.

    Only columns that the body has are written, in the order of the schema. A prediction that is missing is derived from
    the score where there is a threshold. UnusableData tells the first faults and how many there are.
    """
    body = open_body(body_path, content_type)
    faults = Faults()
    present = _present(body, columns, required, faults)
    faults.raise_if_any()
    derived = derivable(columns, decision_threshold)
    kept = [column for column in columns if column in present or column is derived]
    schema = pa.schema([(column.name, ARROW[stored_as(column)]) for column in kept])
    rows = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for piece in body.pieces(present, faults):
            frame = _clean(piece, kept, body.is_text, required, derived, decision_threshold, rows + 1, faults, now)
            rows += piece.rows
            if not faults:
                writer.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
    faults.raise_if_any()
    if not rows:
        raise UnusableData({"message": "The body holds no row. Send at least one."})
    if identity := column_with_role(kept, Role.ID):
        _check_repeated(target, identity.name, faults)
        faults.raise_if_any()
    return _summary(target, rows, column_with_role(kept, Role.TIME))


def _present(body: Body, columns: Sequence[Column], required: Collection[str], faults: Faults) -> list[Column]:
    """The columns that the body has; all of them where only its rows can tell."""
    if body.names is None:
        return list(columns)
    known = {column.name for column in columns}
    strangers = [name for name in dict.fromkeys(body.names) if name not in known]
    for name, times in Counter(body.names).items():
        if times > 1 and name in known:
            faults.add(f"Column {shown(name)} comes {times} times. Send it once.", column=name)
    for name in strangers:
        faults.add(f"Column {shown(name)} is not in the schema. Leave it out.", column=shown(name).strip("'\""))
    for name in sorted(set(required) - set(body.names)):
        faults.add(f"Column {shown(name)} is missing, and the schema requires it.", column=name)
    return [column for column in columns if column.name in body.names]


def derivable(columns: Sequence[Column], threshold: float | None) -> Column | None:
    """The prediction, where score and threshold tell it: a truth, 1 or 0, or the last or first of two categories."""
    prediction = column_with_role(columns, Role.PREDICTION)
    if prediction is None or threshold is None or column_with_role(columns, Role.SCORE) is None:
        return None
    two = prediction.kind in (Kind.BOOLEAN, Kind.NUMERIC) or len(prediction.categories or ()) == 2
    return prediction if two else None


def _clean(
    piece: Piece,
    columns: Sequence[Column],
    is_text: bool,
    required: Collection[str],
    derived: Column | None,
    threshold: float | None,
    first_row: int,
    faults: Faults,
    now: datetime,
) -> pl.DataFrame:
    cleaned = {}
    for column in columns:
        if column.name in piece.arrays:
            cleaned[column.name] = clean(
                piece.arrays[column.name],
                column,
                is_text=is_text,
                required=column.name in required,
                refused=piece.refused.get(column.name, ()),
                first_row=first_row,
                faults=faults,
                now=now,
            )
        else:
            cleaned[column.name] = nothing(column, piece.rows)
    frame = pl.DataFrame(list(cleaned.values()))
    if derived is None:
        return frame
    score = column_with_role(columns, Role.SCORE)
    if score is None:
        return frame
    decided = pl.col(score.name) >= threshold
    if derived.categories:
        no, yes = derived.categories
        decided = pl.when(decided).then(pl.lit(yes)).when(~decided).then(pl.lit(no))
    return frame.with_columns(pl.coalesce(derived.name, decided.cast(stored_as(derived))).alias(derived.name))


def _check_repeated(path: Path, name: str, faults: Faults) -> None:
    """Ids that come more than once in the same body."""
    rows = pl.scan_parquet(path).select(name).with_row_index("row", 1).filter(pl.col(name).is_not_null())
    first = pl.col("row").first().over(name)
    repeated = rows.with_columns(first=first).filter(pl.col("row") != pl.col("first")).sort("row").collect()
    told = [
        (row, f"the id {shown(value)} already stands in row {earlier}.")
        for row, value, earlier in repeated.select("row", name, "first").head(MOST_TOLD).iter_rows()
    ]
    faults.add_rows(name, repeated.height, told)


def _summary(path: Path, rows: int, time: Column | None) -> Written:
    if time is None:
        return Written(rows)
    ends = pl.scan_parquet(path).select(first=pl.col(time.name).min(), last=pl.col(time.name).max()).collect()
    return Written(rows, *ends.row(0))
