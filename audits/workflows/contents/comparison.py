"""Two versions of a model side by side: what was built, what was stated, what was measured, and what was found."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from audits.assessments.measures.swap import swapped_between
from audits.assessments.models import Kind, Result, Run
from audits.assessments.states import RunState
from audits.profiles.schema import Column
from audits.statistics.estimates import Estimate
from audits.workflows.models import Finding
from inventory.models import ModelVersion
from mrm.pages.wording import sentence

REASON_CODES = ("reason_code_stability", "top_reason_changed")
BUILT = ("framework", "artifact_sha256", "artifact_uri", "code_ref", "decision_threshold", "origin")
DIGITS = 3  # Two numbers that read the same are the same here.


@dataclass(frozen=True)
class Fact:
    """One thing that was said of both versions; None where it was not said of one."""

    name: str
    before: object
    after: object

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Pair:
    """One measure of both versions, each from its own newest run; None where one has none."""

    measure: str
    column: str
    segment: str
    before: Result | None
    after: Result | None

    @property
    def differs(self) -> bool:
        return _read(self.before) != _read(self.after)

    @property
    def lie_apart(self) -> bool:
        """Whether the two intervals have no value in common."""
        ends = [(one.low, one.high) for one in (self.before, self.after) if one]
        if len(ends) < 2 or any(end is None for pair in ends for end in pair):
            return False
        (low, high), (other_low, other_high) = ends
        return high < other_low or other_high < low


@dataclass(frozen=True)
class Section:
    """One part of the comparison: facts, or measures with the runs that they come from."""

    name: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    before_run: Run | None = None
    after_run: Run | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def different(self) -> int:
        return sum(one.differs for one in (*self.facts, *self.pairs))

    @property
    def total(self) -> int:
        return len(self.facts) + len(self.pairs)

    def narrowed(self) -> "Section":
        """The same with only what differs."""
        facts, pairs = ([one for one in ones if one.differs] for ones in (self.facts, self.pairs))
        return Section(self.name, self.title, facts, pairs, self.before_run, self.after_run, self.notes)


@dataclass(frozen=True)
class Comparison:
    before: ModelVersion
    after: ModelVersion
    sections: list[Section]
    swap_set: Estimate

    @property
    def different(self) -> int:
        return sum(section.different for section in self.sections)


def compare(before: ModelVersion, after: ModelVersion) -> Comparison:
    """Everything that the register, the assessments and the findings know of both."""
    sections = [
        *_measured(before, after),
        Section("findings", "Findings", _findings(before, after)),
        Section("schema", "Schema", _schema(before, after)),
        Section("stated", "Metrics as stated at registration", _entries(before.metrics, after.metrics)),
        Section("built", "What was built", _built(before, after)),
        Section("parameters", "Parameters", _entries(before.params, after.params)),
    ]
    return Comparison(before, after, sections, swapped_between(before, after))


def _built(before: ModelVersion, after: ModelVersion) -> list[Fact]:
    facts = [Fact(sentence(name), getattr(before, name) or None, getattr(after, name) or None) for name in BUILT]
    facts += _entries(before.training_data, after.training_data, "Training data: ")
    references = [getattr(version, "reference", None) for version in (before, after)]
    facts.append(Fact("Reference data", *(reference.sha256 if reference else None for reference in references)))
    return [fact for fact in facts if (fact.before, fact.after) != (None, None)]


def _entries(before: dict, after: dict, prefix: str = "") -> list[Fact]:
    return [Fact(f"{prefix}{name}", before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]


def _schema(before: ModelVersion, after: ModelVersion) -> list[Fact]:
    then, now = ({column.name: _in_words(column) for column in version.columns()} for version in (before, after))
    return _entries(then, now)


def _in_words(column: Column) -> str:
    parts = [str(column.kind), " and ".join(sorted(column.roles))]
    if column.categories:
        parts.append(f"one of {', '.join(column.categories)}")
    if column.minimum is not None or column.maximum is not None:
        least, most = ("any" if end is None else f"{end:g}" for end in (column.minimum, column.maximum))
        parts.append(f"{least} to {most}")
    if column.favourable is not None:
        parts.append(f"favourable {column.favourable}")
    return ", ".join(part for part in parts if part) + ("" if column.required else ", may be missing")


def _measured(before: ModelVersion, after: ModelVersion) -> Iterable[Section]:
    """The newest run with results of each kind, of each version; what explains decisions to people stands apart."""
    runs = {version: _newest_runs(version) for version in (before, after)}
    for kind in (Kind.PERFORMANCE, Kind.BIAS, Kind.EXPLAINABILITY, Kind.DRIFT):
        pair = [runs[version].get(kind) for version in (before, after)]
        notes = [
            f"{version} has no {kind.label.lower()} assessment with results."
            for version, run in zip((before, after), pair, strict=True)
            if run is None
        ]
        results = _pairs(*pair)
        title = "Fairness by group" if kind == Kind.BIAS else kind.label
        reasons = [one for one in results if one.measure in REASON_CODES]
        rest = [one for one in results if one.measure not in REASON_CODES]
        yield Section(kind.value, title, [], rest, *pair, notes)
        if kind == Kind.EXPLAINABILITY:
            told = [] if reasons else ["The stability of reason codes was measured for neither version."]
            yield Section("reason_codes", "Reason codes", [], reasons, *pair, told)


def _newest_runs(version: ModelVersion) -> dict[str, Run]:
    runs = Run.objects.filter(version=version, state=RunState.SUCCEEDED).latest_per_plan()
    return {run.plan.kind: run for run in runs.select_related("plan").prefetch_related("results")}


def _pairs(before: Run | None, after: Run | None) -> list[Pair]:
    then, now = (
        {(one.measure, one.column, one.segment): one for one in run.results.all()} if run else {}
        for run in (before, after)
    )
    return [Pair(*key, then.get(key), now.get(key)) for key in dict.fromkeys([*then, *now])]


def _read(result: Result | None) -> tuple | None:
    """A result as it is read: to so many digits, with its verdict."""
    if result is None:
        return None
    numbers = (None if n is None else float(f"{n:.{DIGITS}g}") for n in (result.value, result.low, result.high))
    return (*numbers, result.verdict)


def _findings(before: ModelVersion, after: ModelVersion) -> list[Fact]:
    """Of either version, or of the model as a whole, which are findings of both."""
    found = Finding.objects.issued().filter(Q(version__in=(before, after)) | Q(model=before.model_id, version=None))
    return [
        Fact(
            f"{finding.reference} ({finding.severity}): {finding.title}",
            *(finding.state if finding.version_id in (None, version.pk) else None for version in (before, after)),
        )
        for finding in found.order_by("reference")
    ]
