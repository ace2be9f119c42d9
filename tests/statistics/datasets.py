"""Real data that lie beside the repository on some machines; tests that need them skip elsewhere."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def dataset(name: str, columns: tuple[str, ...] | None = None) -> pd.DataFrame:
    """One data set as published, or a skip that says what is missing."""
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"the data set {name} does not lie in ../shared/data")
    return _read(path, columns)


@cache
def _read(path: Path, columns: tuple[str, ...] | None) -> pd.DataFrame:
    return pd.read_parquet(path, columns=None if columns is None else list(columns))
