"""deepchecks' feature drift: Kolmogorov–Smirnov and Cramér's V, on at most 100 000 rows, which is its default."""

import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift


def read(reference: str, current: str) -> tuple[Dataset, Dataset]:
    frames = [pd.read_parquet(path) for path in (reference, current)]
    texts = [name for name in frames[0].columns if not name.startswith("number")]
    return tuple(Dataset(frame, cat_features=texts) for frame in frames)


def job(reference: Dataset, current: Dataset) -> dict[str, dict[str, float]]:
    measured = FeatureDrift().run(reference, current).value
    return {
        name: {"kolmogorov_smirnov": float(one["Drift score"])}
        for name, one in measured.items()
        if name.startswith("number")
    }
