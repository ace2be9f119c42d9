"""The rows of a window that lie in the user's own warehouse: counted there, or a few of them read."""

import hashlib

import polars as pl

from audits.assessments.measures.subject import Subject
from audits.profiles.grid import Grid
from audits.profiles.profile import Profile
from inventory import frames
from inventory.models import Source
from mrm.adapters import storage
from mrm.errors import UnusableData

MOST_ROWS_READ = 50_000


class Readings:
    """What a run takes from the sources of its version, and what it has to record of that.

    A subject that is measured again takes the counts that were stored then, because a warehouse does not stand still;
    rows are read again, and refused where they are no longer those of then. What cannot be read is UnusableData.
    """

    def __init__(self, subject: Subject):
        self.subject = subject
        self.kept: list[bytes] = []  # Counts to store under their digests.
        self._facts: dict[str, dict] = {}

    @property
    def facts(self) -> list[dict]:
        """Per source its rows in the window, and the digests of what was taken of them."""
        return list(self._facts.values())

    @property
    def not_all(self) -> list[str]:
        """Which samples are not all there is, in words."""
        return [
            f"{fact['table']}: what needs rows was measured on {fact['sample']['rows']} of {fact['rows']}, drawn by id."
            for fact in self.facts
            if "sample" in fact and fact["sample"]["rows"] < fact["rows"]
        ]

    def counts(self, grid: Grid) -> list[Profile]:
        """The rows of the window, counted by the engine of each source."""
        from audits.profiles.engines.ibis import scan

        profiles = []
        for source in self.subject.sources():
            if then := self._then(source):
                profile = Profile.from_bytes(storage.read(then["counts"]), grid)
            else:
                with frames.sources.opened(source) as table:
                    profile = scan(self._window(table), grid)
            stored = profile.to_bytes()
            self.kept.append(stored)
            self._note(source, rows=profile.rows, counts=hashlib.sha256(stored).hexdigest())
            profiles.append(profile)
        return profiles

    def samples(self, most: int = MOST_ROWS_READ) -> list[pl.DataFrame]:
        """At most so many rows of the window of each source, the same every time."""
        samples = []
        for source in self.subject.sources():
            with frames.sources.opened(source) as table:
                window = self._window(table)
                rows = frames.sources.sampled(window, source.version, most)
                total = rows.height if rows.height < most else window.count().to_pyarrow().as_py()
            sample = {"rows": rows.height, "sha256": hashlib.sha256(rows.write_ndjson().encode()).hexdigest()}
            if (then := self._then(source)) and sample != then.get("sample"):
                message = f"The source {source.table} no longer gives the rows that the run read."
                raise UnusableData({"message": message})
            self._note(source, rows=then["rows"] if then else total, sample=sample)
            samples.append(rows)
        return samples

    def _window(self, table):
        return frames.sources.between(table, self.subject.start, self.subject.end)

    def _then(self, source: Source) -> dict | None:
        return (self.subject.readings or {}).get(str(source.pk))

    def _note(self, source: Source, **facts) -> None:
        known = self._facts.setdefault(str(source.pk), {"id": str(source.pk), "table": source.table})
        known.update(facts)
