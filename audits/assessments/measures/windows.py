"""The data of a run: the profile of its window, and the facts about its inputs that the run records."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from audits.assessments.measures.sources import Readings
from audits.assessments.measures.subject import NotEnoughData, Subject
from audits.profiles.engines.arrow import scan
from audits.profiles.grid import Grid
from audits.profiles.profile import Profile, merge
from audits.profiles.schema import Role
from inventory import frames
from inventory.models import PredictionBatch
from mrm.adapters import storage


def window_profile(subject: Subject, grid: Grid, elsewhere: Readings) -> Profile:
    """Counts over the window: stored profiles of batches wholly in it, one scan of what straddles its ends, and what
    the engines of the sources counted.

    A subject that names its files is measured again from their rows, without trusting any stored count.
    """
    profiles = elsewhere.counts(grid) + counted(subject, grid, _batches(subject), subject.start, subject.end)
    merged = merge(profiles) if profiles else None
    if merged is None or merged.rows == 0:
        raise NotEnoughData(nothing_logged(subject))
    return merged


def counted(subject: Subject, grid: Grid, batches: list[PredictionBatch], start, end) -> list[Profile]:
    """The counts of the rows of these batches, all of one version, that lie in [start, end)."""
    profiles, straddling = [], []
    for batch in batches:
        whole = start <= batch.first_at and batch.last_at < end
        own = batch.version_id == subject.version.pk
        if whole and own and batch.profile_sha256 and subject.files is None:
            profiles.append(Profile.from_bytes(storage.read(batch.profile_sha256), grid))
        else:
            straddling.append(batch)
    if straddling:
        profiles.append(scan(frames.rows_of(straddling, start, end).collect(), grid))
    return profiles


def logged_rows(subject: Subject) -> tuple[pl.LazyFrame, Readings]:
    """The rows of the window: those of batches, and of each source a bounded sample."""
    local = frames.window(subject.version, subject.start, subject.end, files=subject.files)
    elsewhere = Readings(subject)
    samples = [rows.lazy() for rows in elsewhere.samples()]
    return (pl.concat([local, *samples]) if samples else local), elsewhere


def scores_of(subject: Subject, drawn: pl.DataFrame) -> np.ndarray:
    """Every score of the window; where it reads sources, those of the rows that were drawn."""
    name = subject.version.column_with(Role.SCORE).name
    if subject.sources():
        return drawn[name].drop_nulls().to_numpy()
    logged = frames.window(subject.version, subject.start, subject.end, files=subject.files)
    return logged.select(name).drop_nulls().collect()[name].to_numpy()


def reference_profile(subject: Subject) -> tuple[Grid, Profile]:
    reference = subject.version.reference
    grid = Grid.from_json(reference.grid)
    return grid, Profile.from_bytes(storage.read(reference.profile_sha256), grid)


def inputs(subject: Subject, elsewhere: Readings, *, not_examined: Sequence[str] = (), **facts) -> dict:
    """Digests and sizes of everything the run looked at, and what of it was not examined and why."""
    reference = subject.version.reference
    lacking = [*not_examined, *elsewhere.not_all]
    facts |= {"sources": elsewhere.facts} if elsewhere.facts else {}
    facts |= {"not_examined": lacking} if lacking else {}
    return {
        "reference": {"sha256": reference.sha256, "rows": reference.rows, "grid": reference.grid_sha256},
        "tier": subject.judged_as_tier,
        "batches": [{"sha256": batch.sha256, "rows": batch.rows} for batch in _batches(subject)],
        **facts,
    }


def outcome_files(subject: Subject) -> list[dict]:
    """Digests and sizes of the outcomes that predictions are joined with."""
    batches = subject.version.model.outcome_batches.all()
    return [{"sha256": batch.sha256, "rows": batch.rows} for batch in batches if _is_read(subject, batch.sha256)]


def nothing_logged(subject: Subject) -> str:
    return f"No predictions were logged between {subject.start:%d %B %Y} and {subject.end:%d %B %Y}."


def _batches(subject: Subject) -> list[PredictionBatch]:
    batches = subject.version.batches.within(subject.start, subject.end)
    return [batch for batch in batches if _is_read(subject, batch.sha256)]


def _is_read(subject: Subject, sha256: str) -> bool:
    return subject.files is None or sha256 in subject.files
