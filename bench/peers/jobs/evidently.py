"""Evidently's data drift preset with its default methods."""

import math

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset


def read(reference: str, current: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_parquet(reference), pd.read_parquet(current)


def job(reference: pd.DataFrame, current: pd.DataFrame) -> dict[str, dict[str, float]]:
    measured = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
    found = {}
    for metric in measured:
        settings = metric.get("config", {})
        if str(settings.get("method", "")).startswith("Jensen") and settings["column"].startswith("category"):
            # With natural logarithms, where ours are to base 2.
            found[settings["column"]] = {"jensen_shannon": float(metric["value"]) / math.sqrt(math.log(2))}
    return found
