"""Stored rows as lazy frames: what was logged in a window, with its outcomes, and what it is compared with."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.db.models import QuerySet

from audits.profiles.schema import Role
from inventory.frames.faults import MOST_TOLD, Faults, shown
from inventory.frames.kinds import stored_as
from inventory.models import Model, ModelVersion, OutcomeBatch, PredictionBatch
from mrm.adapters import storage

ID, LABEL = "id", "label"  # The columns of stored outcomes, whatever a version's schema calls them.


def window(
    version: ModelVersion, start: datetime, end: datetime, *, files: Collection[str] | None = None
) -> pl.LazyFrame:
    """Rows logged in the half-open window [start, end), by the time column; by arrival where there is none.

    `files` limits this to the batches with these digests, so that what was measured once can be measured again.
    """
    return _between(version, _among(version.batches.within(start, end), files), start, end)


def labelled(
    version: ModelVersion, start: datetime, end: datetime, *, files: Collection[str] | None = None
) -> pl.LazyFrame:
    """The rows of a window whose outcome is known; `files` as for `window`, outcomes included."""
    return with_outcomes(version, window(version, start, end, files=files), files=files)


def with_outcomes(version: ModelVersion, rows: pl.LazyFrame, *, files: Collection[str] | None = None) -> pl.LazyFrame:
    """Those of some rows of a version whose outcome is known, in the label's column.

    Outcomes are joined by id; the one received last counts. A label that came with the row counts where there is none.
    """
    label, identity = version.column_with(Role.LABEL), version.column_with(Role.ID)
    if label is None:
        return rows.filter(False)
    if identity is not None:
        known = outcomes(version.model, stored_as(label), files=files).rename({ID: identity.name, LABEL: "outcome"})
        rows = rows.join(known, on=identity.name, how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("outcome", label.name).alias(label.name)).drop("outcome")
    return rows.filter(pl.col(label.name).is_not_null())


def reference(version: ModelVersion) -> pl.LazyFrame:
    """The rows that a version is compared with."""
    return _scan(version, [version.reference.sha256])


def rows_of(batches: Sequence[PredictionBatch], start: datetime, end: datetime) -> pl.LazyFrame:
    """The rows of these batches, at least one and all of the same version, that lie in [start, end)."""
    return _between(batches[0].version, batches, start, end)


def outcomes(model: Model, kind: pl.DataType, *, files: Collection[str] | None = None) -> pl.LazyFrame:
    """Every outcome of a model, one per id: the one received last; `files` as for `window`."""
    batches = _among(OutcomeBatch.objects.filter(model=model).order_by("received_at", "pk"), files)
    frames = [
        pl.scan_parquet(storage.local_path(batch.sha256)).select(ID, pl.col(LABEL).cast(kind, strict=False))
        for batch in batches
    ]
    empty = pl.LazyFrame(schema={ID: pl.String, LABEL: kind})
    return pl.concat([empty, *frames]).unique(ID, keep="last", maintain_order=True)


def already_logged(version: ModelVersion, path: Path, batches: Iterable[PredictionBatch]) -> Faults:
    """Ids in a new file of rows that earlier batches of its version hold."""
    faults, identity = Faults(), version.column_with(Role.ID)
    earlier = [batch.sha256 for batch in batches]
    if identity is None or not earlier:
        return faults
    name = identity.name
    rows = pl.scan_parquet(path).select(name).with_row_index("row", 1)
    ends = rows.select(first=pl.col(name).min(), last=pl.col(name).max()).collect().row(0)
    # Where ids grow with time, the statistics in the footers rule out whole files.
    known = _scan(version, earlier).select(name).filter(pl.col(name).is_between(*map(pl.lit, ends)))
    repeated = rows.join(known, on=name, how="semi").sort("row").collect()
    told = [
        (row, f"the id {shown(value)} was already logged in an earlier batch.")
        for row, value in repeated.head(MOST_TOLD).iter_rows()
    ]
    faults.add_rows(name, repeated.height, told)
    return faults


def unknown_ids(model: Model, path: Path) -> int:
    """How many ids of stored outcomes no prediction of the model has yet."""
    known = [
        _scan(version, [batch.sha256 for batch in version.batches.all()]).select(pl.col(identity.name).alias(ID))
        for version in model.versions.prefetch_related("batches")
        if (identity := version.column_with(Role.ID))
    ]
    rows = pl.scan_parquet(path).select(ID)
    if known:
        rows = rows.join(pl.concat(known), on=ID, how="anti")
    return rows.select(pl.len()).collect().item()


def days_of(batch: PredictionBatch, since: datetime) -> set[date]:
    """The days, from that moment on, on which its rows were predicted."""
    time = pl.col(batch.version.column_with(Role.TIME).name)
    rows = _scan(batch.version, [batch.sha256]).filter(time >= since)
    return set(rows.select(time.dt.date().unique()).collect().to_series())


def _among(batches: QuerySet, files: Collection[str] | None) -> QuerySet:
    return batches if files is None else batches.filter(sha256__in=files)


def _between(version: ModelVersion, batches: Iterable[PredictionBatch], start: datetime, end: datetime) -> pl.LazyFrame:
    rows = _scan(version, [batch.sha256 for batch in batches])
    time = version.column_with(Role.TIME)
    return rows if time is None else rows.filter(pl.col(time.name).is_between(start, end, closed="left"))


def _scan(version: ModelVersion, digests: list[str]) -> pl.LazyFrame:
    schema = {column.name: stored_as(column) for column in version.columns()}
    if not digests:
        return pl.LazyFrame(schema=schema)
    files = [storage.local_path(digest) for digest in digests]
    return pl.scan_parquet(files, schema=schema, missing_columns="insert", glob=False)
