"""whylogs: a profile of either side, then its drift scores between the two profiles."""

import pandas as pd
import whylogs
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores


def read(reference: str, current: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(reference), pd.read_parquet(current)


def job(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, dict[str, float]]:
    views = [whylogs.log(frame).view() for frame in (current, reference)]
    calculate_drift_scores(*views, with_thresholds=True)
    return {}
