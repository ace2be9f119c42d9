"""Weighted cells: the distinct combinations of a few columns and how many rows hold each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa

from audits.profiles.sources import Source, SourceError, parts

COUNT = "count"


def count_cells(
    source: Source,
    columns: Sequence[str],
    *,
    where: pl.Expr | None = None,
    bands: Mapping[str, Sequence[float]] | None = None,
) -> pl.DataFrame:
    """The distinct combinations of `columns`, in their order, with the rows that hold each in `count`.

    Whatever depends on rows only through these columns (group rates, fairness, a bootstrap of either) is the same from
    the cells, weighted by `count`, as from the rows. Missing values are a value of their own: null.

    where  keeps only some rows, such as `polars.col("label").is_not_null()`
    bands  cuts numeric columns at inner edges, closed on the left: {"age": [25, 62]} makes the bands "under 25",
           "25 to under 62" and "62 and over"
    """
    if len(set(columns)) < len(columns) or COUNT in columns or not columns:
        raise ValueError(f"Name at least one column, each once, and none called {COUNT!r}.")
    missing = {name for part in parts(source) for name in columns if name not in part.types}
    if missing:
        raise SourceError(f"The table has no column {', '.join(map(repr, sorted(missing)))}; correct the name.")
    rows = _lazy(source)
    if where is not None:
        rows = rows.filter(where)
    rows = rows.select(_banded(name, (bands or {}).get(name)) for name in columns)
    counted = rows.group_by(columns).agg(pl.len().cast(pl.Int64).alias(COUNT)).sort(columns, nulls_last=True)
    try:
        return counted.collect(engine="streaming")
    except pl.exceptions.SchemaError as fault:
        raise SourceError("The files store the same column as different types; write them with one type.") from fault


def _lazy(source: Source) -> pl.LazyFrame:
    if isinstance(source, pl.DataFrame):
        return source.lazy()
    if isinstance(source, pa.Table):
        return pl.from_arrow(source).lazy()
    paths = [source] if isinstance(source, (str, Path)) else list(source)
    return pl.scan_parquet(paths, glob=False, extra_columns="ignore")


def _banded(name: str, edges: Sequence[float] | None) -> pl.Expr:
    if edges is None:
        return pl.col(name)
    if not edges or list(edges) != sorted(set(edges)):
        raise ValueError(f"The bands of {name} need edges in increasing order, each once.")
    shown = [f"{edge:g}" for edge in edges]
    labels = [f"under {shown[0]}"]
    labels += [f"{low} to under {high}" for low, high in zip(shown, shown[1:], strict=False)]
    labels += [f"{shown[-1]} and over"]
    number = pl.col(name).cast(pl.Float64).fill_nan(None)
    band = pl.when(number.is_null()).then(None)
    for edge, label in zip(edges, labels, strict=False):
        band = band.when(number < edge).then(pl.lit(label))
    return band.otherwise(pl.lit(labels[-1])).cast(pl.Enum(labels)).alias(name)
