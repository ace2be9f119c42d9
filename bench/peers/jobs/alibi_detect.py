"""alibi-detect's TabularDrift: Kolmogorov–Smirnov and chi-square. It takes no missing values and no texts, so rows
without a value take the column's median, and texts are coded before the clock starts."""

import numpy as np
import pandas as pd
from alibi_detect.cd import TabularDrift

Prepared = tuple[np.ndarray, np.ndarray, dict[int, None]]


def read(reference: str, current: str) -> Prepared:
    sides = [pd.read_parquet(path) for path in (reference, current)]
    coded = []
    for name in sides[0].columns:
        if name.startswith("number"):
            middle = sides[0][name].median()
            coded.append([side[name].fillna(middle).to_numpy() for side in sides])
        else:
            known = pd.Index(pd.concat([side[name] for side in sides]).dropna().unique())
            coded.append([known.get_indexer(side[name]) + 1.0 for side in sides])
    arrays = [np.column_stack([columns[place] for columns in coded]) for place in (0, 1)]
    texts = {place: None for place, name in enumerate(sides[0].columns) if not name.startswith("number")}
    return arrays[0], arrays[1], texts


def job(reference: np.ndarray, current: np.ndarray, texts: dict[int, None]) -> dict[str, dict[str, float]]:
    TabularDrift(reference, categories_per_feature=texts).predict(current, drift_type="feature")
    return {}
