"""Twenty million rows: that memory does not grow with them."""

from pathlib import Path

from audits.profiles.engines.arrow import scan
from audits.profiles.freezing import freeze_grid
from bench.measure import Row, cost_of, printed
from bench.tables import COLUMNS, FOLDER, ROWS, parquet

LARGE_ROWS = 20_000_000


def freeze_and_scan(path: Path):
    return scan(path, freeze_grid(path, COLUMNS))


def scan_by_segment(path: Path):
    return scan(path, freeze_grid(path, COLUMNS), by="category_0")


def run(rows: int = LARGE_ROWS, *, folder: Path = FOLDER) -> str:
    table = []
    for size in (min(rows, ROWS), rows):
        path = parquet(size, 1, folder=folder)
        table.append(Row(f"freeze and scan {size:,} rows", cost_of(freeze_and_scan, path, times=1), "≤ 2048 MiB"))
        table.append(Row(f"the same by segment, {size:,} rows", cost_of(scan_by_segment, path, times=1), "≤ 2048 MiB"))
    return printed("Memory", table)
