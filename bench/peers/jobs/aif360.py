"""AIF360's metrics of each attribute by itself, one value against all others; it does not intersect many values."""

import pandas as pd
from aif360.datasets import BinaryLabelDataset
from aif360.metrics import ClassificationMetric

ATTRIBUTES = ("sex", "age", "race")


def read(decisions: str) -> tuple[pd.DataFrame]:
    frame = pd.read_parquet(decisions)
    for name in ATTRIBUTES:
        frame[name] = frame[name].astype("category").cat.codes.astype(float)
    return (frame,)


def job(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    found = {}
    for name in ATTRIBUTES:
        columns = frame[[name, "label"]].astype(float)
        true = BinaryLabelDataset(df=columns, label_names=["label"], protected_attribute_names=[name])
        predicted = true.copy()
        predicted.labels = frame[["prediction"]].to_numpy(dtype=float)
        for value in sorted(frame[name].unique()):
            others = [{name: other} for other in frame[name].unique() if other != value]
            metric = ClassificationMetric(
                true, predicted, unprivileged_groups=[{name: value}], privileged_groups=others
            )
            found[f"{name} {value:g}"] = {
                "selection_rate": metric.selection_rate(privileged=False),
                "accuracy": metric.accuracy(privileged=False),
                "true_positive_rate": metric.true_positive_rate(privileged=False),
                "false_positive_rate": metric.false_positive_rate(privileged=False),
                "false_negative_rate": metric.false_negative_rate(privileged=False),
                "precision": metric.precision(privileged=False),
            }
    return found
