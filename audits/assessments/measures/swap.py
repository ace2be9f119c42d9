"""Whom two versions decide differently, among the rows that both scored."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from audits.assessments.measures.bias import decisions, split_decided
from audits.profiles.schema import Role
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance import swap_set
from inventory import frames
from inventory.artifacts import event
from inventory.models import ModelVersion

MOST_ROWS = 200_000  # Of each version, the newest.
METHOD = "swap set of the newest rows that both versions scored, joined by their id"


def swapped_between(before: ModelVersion, after: ModelVersion) -> Estimate:
    """Share of rows that `after` decides differently from `before`; `detail` tells who is swapped in and out.

    Where outcomes are known, `detail` also has the rate of the event in each part, among `labelled` rows.
    """
    for version in (before, after):
        if why := _why_no_decisions(version):
            return could_not_compute(f"swap set: {why}", method=METHOD)
    start, end = common_span(before, after)
    if start is None or start >= end:
        return could_not_compute(
            "swap set: no stored rows of the two versions fall into the same time, so none were scored by both",
            method=METHOD,
        )
    rows = {version: newest_rows(version, start, end) for version in (before, after)}
    both = _decided(before, rows[before], "before").join(_decided(after, rows[after], "after"), on="id")
    if both.is_empty():
        return could_not_compute("swap set: no id stands in the stored rows of both versions", method=METHOD)
    found = swap_set(both["before"].to_numpy(), both["after"].to_numpy())
    known = both.join(_outcomes(before, rows[before]), on="id")
    detail = dict(found.detail) | {"labelled": known.height, "first": f"{start:%Y-%m-%d}", "last": f"{end:%Y-%m-%d}"}
    if known.height:
        labelled = swap_set(*(known[name].to_numpy() for name in ("before", "after", "label")))
        detail |= {name: value for name, value in labelled.detail.items() if name.endswith("_rate")}
    return Estimate(
        value=found.value, low=found.low, high=found.high, level=found.level, sizes={"rows": both.height},
        method=METHOD, detail=detail,
    )  # fmt: skip


def _why_no_decisions(version: ModelVersion) -> str:
    if version.column_with(Role.ID) is None:
        return f"the rows of {version} carry no id, so they cannot be joined"
    score, prediction = version.column_with(Role.SCORE), version.column_with(Role.PREDICTION)
    if score is None and prediction is not None and prediction.is_numeric:
        return f"{version} predicts a number and decides nothing, so nobody is decided differently"
    if prediction is None and (score is None or version.decision_threshold is None):
        return f"{version} neither tells what was decided nor has a score with a threshold"
    if prediction is not None and prediction.names_no_event:
        return f"the schema of {version} does not list the categories of {prediction.name}, of which one is the event"
    if not version.batches.exists():
        return f"no scored rows of {version} are stored here"
    return ""


def common_span(*versions: ModelVersion) -> tuple[datetime | None, datetime | None]:
    """The half-open time for which rows of each are stored."""
    ends = [(v.batches.earliest("first_at").first_at, v.batches.latest("last_at").last_at) for v in versions]
    return max(first for first, _ in ends), min(last for _, last in ends) + timedelta(microseconds=1)


def newest_rows(version: ModelVersion, start: datetime, end: datetime) -> pl.LazyFrame:
    """The newest rows of a version in that time: whole batches until there are enough."""
    files, count = [], 0
    for batch in version.batches.within(start, end).reverse():
        if count >= MOST_ROWS:
            break
        files.append(batch.sha256)
        count += batch.rows
    return frames.window(version, start, end, files=files)


def _decided(version: ModelVersion, rows: pl.LazyFrame, name: str) -> pl.DataFrame:
    roles = (Role.ID, Role.PREDICTION, Role.SCORE)
    wanted = {column.name for role in roles if (column := version.column_with(role))}
    decided, _ = split_decided(version, rows.select(sorted(wanted)).collect())
    return pl.DataFrame(
        {"id": decided[version.column_with(Role.ID).name], name: decisions(version, decided)},
        schema_overrides={"id": pl.String, name: pl.Int64},
    )


def _outcomes(version: ModelVersion, rows: pl.LazyFrame) -> pl.DataFrame:
    identity, label = version.column_with(Role.ID), version.column_with(Role.LABEL)
    if label is None or label.names_no_event:
        return pl.DataFrame(schema={"id": pl.String, "label": pl.Int64})
    known = frames.with_outcomes(version, rows.select(identity.name, label.name)).collect()
    return pl.DataFrame(
        {"id": known[identity.name], "label": event(label, known).astype(np.int64)},
        schema_overrides={"id": pl.String, "label": pl.Int64},
    )
