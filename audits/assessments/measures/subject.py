"""What every measure is given and what it gives back."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version as version_of

from audits.statistics.estimates import Estimate
from audits.statistics.limits import Limit, Verdict, judge
from inventory import policies
from inventory.models import ModelVersion, Policy, Source

LIBRARIES = ("numpy", "scipy", "polars", "scikit-learn", "fairlearn", "shap")


class NotEnoughData(Exception):
    """There is nothing to measure yet; the message says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One version over one half-open window, under one policy.

    report_progress(percent, step) tells whoever watches how far the measuring is.
    files limits the data to the files with these digests, as when a run is measured again; None means all there are.
    tier is that whose limits judge, so that a run measured again is judged as it was; None means the model's of today.
    replaces is the version to compare it with, as it was when the run was measured first; None means that none is.
    readings says, per id of a source, what a run that is measured again took from it; None means that nothing was yet.
    """

    version: ModelVersion
    policy: Policy
    start: datetime
    end: datetime
    seed: int
    report_progress: Callable[[int, str], None]
    files: frozenset[str] | None = None
    tier: int | None = None
    readings: Mapping[str, dict] | None = None
    replaces: ModelVersion | None = None

    def sources(self) -> list[Source]:
        """The tables elsewhere that this run reads."""
        sources = self.version.sources.select_related("version__model")
        return list(sources.open() if self.readings is None else sources.filter(pk__in=self.readings))

    def limit(self, measure: str, role: str = "") -> Limit | None:
        return policies.limit(self.policy.document, measure, role=role, tier=self.judged_as_tier)

    def tolerances(self, measure: str, role: str = "", *, customary: tuple[float, ...] = ()) -> tuple[float, ...]:
        """At which values a tolerance is to be tested: the customary ones and what the policy's limit asks for."""
        limit = self.limit(measure, role)
        return tuple(sorted({*customary, *(limit.tests if limit else ())}))

    @property
    def took_rows(self) -> bool:
        """Whether what is measured again read rows of a source the first time."""
        return any("sample" in reading for reading in (self.readings or {}).values())

    @property
    def judged_as_tier(self) -> int:
        return self.tier or self.version.model.tier

    def minimum_group(self, purpose: str) -> int:
        return policies.minimum_group(self.policy.document, purpose)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One estimate, what it is of, and the limit that judges it; without a limit it is shown and not judged."""

    measure: str
    estimate: Estimate
    column: str = ""
    segment: str = ""
    limit: Limit | None = None
    verdict: Verdict | None = None  # Only where the evidence itself forbids judging, whatever the limit.


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything a run found, from which data and in which environment.

    kept  what has to be stored under its digest so that the run can be measured again
    """

    measurements: list[Measurement]
    inputs: dict
    environment: dict = field(default_factory=dict)
    kept: tuple[bytes, ...] = ()


def environment(subject: Subject, **facts) -> dict:
    """What a later re-performance needs to know about how this was computed."""
    libraries = {name: version_of(name) for name in LIBRARIES}
    return {"python": platform.python_version(), "libraries": libraries, "seed": subject.seed, **facts}


def unless_by_chance(estimate: Estimate, limit: Limit | None) -> Verdict | None:
    """INSUFFICIENT where a value lies beyond its limit but chance gives such values too; else the limit judges."""
    if limit is None or estimate.value is None or estimate.p_value is None:
        return None
    is_beyond = judge(estimate, limit) in (Verdict.AMBER, Verdict.RED)
    return Verdict.INSUFFICIENT if is_beyond and estimate.p_value > limit.significance else None


def told(measurements: list[Measurement]) -> tuple[list[Measurement], list[str]]:
    """Those that have a value; and, as sentences, why the others have none where it lies in what the model is.

    For what was measured of every model, no value is a verdict of its own; for what fits some models only it is not.
    """
    lacking = [
        f"{one.measure.replace('_', ' ')}{f' of {one.column}' if one.column else ''}: {one.estimate.reason}"
        for one in measurements
        if one.estimate.value is None
    ]
    return [one for one in measurements if one.estimate.value is not None], lacking
