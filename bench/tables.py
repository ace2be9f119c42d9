"""The tables that the benchmarks read: the same bytes for the same seed, kept in var/bench between runs."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audits.profiles.schema import Column, Kind

FOLDER = Path(__file__).resolve().parents[1] / "var" / "bench"
ROWS = 1_000_000
CATEGORIES = (3, 8, 20, 50, 200)

COLUMNS = (
    *(Column(f"number_{i}", Kind.NUMERIC) for i in range(35)),
    *(Column(f"category_{i}", Kind.CATEGORICAL) for i in range(15)),
)
NAMES = [column.name for column in COLUMNS]
NUMBERS, TEXTS = NAMES[:35], NAMES[35:]


def random_table(rows: int, seed: int, shift: float = 0.0) -> pa.Table:
    """35 numeric columns of five shapes with 3 % nulls and 15 of 3 to 200 text categories with 2 % nulls."""
    rng = np.random.default_rng(seed)
    draws = (
        lambda: rng.normal(shift, 1, rows),
        lambda: rng.lognormal(3 + shift, 1, rows),
        lambda: np.where(rng.random(rows) < 0.4, 0.0, rng.exponential(2, rows)),
        lambda: rng.integers(0, 100, rows).astype(np.float64),
        lambda: rng.random(rows) ** (1 + shift),
    )
    columns = {name: pa.array(draws[i % 5](), mask=rng.random(rows) < 0.03) for i, name in enumerate(NUMBERS)}
    for i, name in enumerate(TEXTS):
        known = CATEGORIES[i % len(CATEGORIES)]
        weights = 1 / np.arange(1, known + 1)
        reached = np.cumsum(weights / weights.sum()).searchsorted(rng.random(rows))
        codes = pa.array(np.minimum(reached, known - 1).astype(np.int32), mask=rng.random(rows) < 0.02)
        columns[name] = pa.array([f"value {code}" for code in range(known)]).take(codes)
    return pa.table(columns)


def parquet(rows: int, seed: int, shift: float = 0.0, *, folder: Path = FOLDER, piece: int = ROWS) -> Path:
    """A snappy Parquet file of such a table, written once; a larger one than `piece` in row groups of that size."""
    path = folder / f"{rows}-{seed}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    first = random_table(min(rows, piece), seed, shift)
    with pq.ParquetWriter(unfinished, first.schema, compression="snappy") as writer:
        writer.write_table(first, row_group_size=piece)
        for start in range(piece, rows, piece):
            writer.write_table(random_table(min(piece, rows - start), seed + start, shift), row_group_size=piece)
    unfinished.rename(path)
    return path
