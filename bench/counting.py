"""Why the scan is written as it is: other ways to count the same cells, on one core, and in another engine."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from audits.profiles.grid import edges_of
from audits.profiles.tally import Tally
from bench.measure import Row, cost_of, printed
from bench.tables import COLUMNS, FOLDER, NUMBERS, ROWS, TEXTS, parquet


def numbers_of(path: Path) -> tuple[pa.Array, np.ndarray]:
    """One numeric column in memory, and the edges of its grid."""
    column = pq.read_table(path, columns=NUMBERS[:1]).column(0).combine_chunks()
    return column, edges_of(np.sort(column.drop_null().to_numpy()))


def sort_blocks(column: pa.Array, edges: np.ndarray) -> None:
    grid = freeze_grid(pa.table({NUMBERS[0]: column.slice(0, 1000)}), COLUMNS[:1])
    tally = Tally(grid.columns[0])
    tally.add(column)


def numpy_searchsorted(column: pa.Array, edges: np.ndarray) -> None:
    values = column.drop_null().to_numpy()
    np.bincount(edges.searchsorted(values, side="right"), minlength=len(edges) + 1)


def polars_search_sorted(column: pa.Array, edges: np.ndarray) -> None:
    pl.Series(edges).search_sorted(pl.from_arrow(column).drop_nulls(), side="right").value_counts()


def polars_histogram(column: pa.Array, edges: np.ndarray) -> None:
    pl.from_arrow(column).hist(bins=edges.tolist())


def duckdb_histogram(column: pa.Array, edges: np.ndarray) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("numbers", pa.table({"x": column}))
        connection.execute("SELECT histogram(x, $edges) FROM numbers", {"edges": edges.tolist()}).fetchall()


def texts_in_dictionaries(path: Path) -> None:
    encoded = pq.read_table(path, columns=TEXTS[:1], read_dictionary=TEXTS[:1], use_threads=False).column(0)
    for chunk in encoded.chunks:
        np.bincount(chunk.indices.fill_null(len(chunk.dictionary)).to_numpy())


def texts_in_polars(path: Path) -> None:
    pl.read_parquet(path, columns=TEXTS[:1])[TEXTS[0]].value_counts()


def here(path: Path) -> None:
    scan(path, freeze_grid(pq.read_table(path).slice(0, 50_000), COLUMNS))


def in_duckdb(path: Path) -> None:
    import ibis

    from audits.profiles.engines import ibis as elsewhere

    grid = freeze_grid(pq.read_table(path).slice(0, 50_000), COLUMNS)
    connection = ibis.duckdb.connect()
    connection.con.execute("SET enable_progress_bar = false")
    elsewhere.scan(connection.read_parquet(path), grid)


def run(rows: int = ROWS, *, folder: Path = FOLDER, times: int = 4) -> str:
    path = parquet(rows, 2, 0.05, folder=folder)
    column, edges = numbers_of(path)
    numeric = [
        Row("sort blocks, find each edge (ours)", cost_of(sort_blocks, column, edges, times=times)),
        Row("numpy searchsorted of each value", cost_of(numpy_searchsorted, column, edges, times=times)),
        Row("Polars search_sorted", cost_of(polars_search_sorted, column, edges, times=times)),
        Row("Polars hist", cost_of(polars_histogram, column, edges, times=times)),
        Row("DuckDB histogram", cost_of(duckdb_histogram, column, edges, times=times)),
    ]
    texts = [
        Row("pyarrow reads dictionaries, codes are counted (ours)", cost_of(texts_in_dictionaries, path, times=times)),
        Row("Polars reads texts, value_counts", cost_of(texts_in_polars, path, times=times)),
    ]
    engines = [
        Row("the whole scan, from Parquet", cost_of(here, path, times=2)),
        Row("the whole scan, in DuckDB through Ibis", cost_of(in_duckdb, path, times=1)),
    ]
    return "\n".join(
        [
            printed(f"Counting {rows:,} numbers in memory into {len(edges) + 1} cells", numeric),
            printed(f"Reading and counting {rows:,} text categories", texts),
            printed(f"Engines: {rows:,} rows × {len(COLUMNS)} columns, freezing on 50,000 rows included", engines),
        ]
    )
