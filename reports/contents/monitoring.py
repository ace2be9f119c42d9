"""What an ongoing monitoring report says (kind R2). Every text is ready to print; every number is a `Figure`.

MonitoringReport
  model, opinion, counts, actions          the first page
  examined, gaps                           what was looked at, and what was not and why
  policy                                   which limits applied, who approved them
  verdict_grid, sections, trends           the results; >= 4 periods in each trend
  breaches, findings, adjustments          what is open, who acts until when; what held for a time
  decisions                                who decided what, with printed name, time and meaning
  beforehand                               what was decided within an envelope, and who approved that
  trail, evidence_items, sources           proofs: trail extract, digests, where each figure comes from
"""

import re
from dataclasses import dataclass, field

from audits.assessments.charts import WORDS
from audits.statistics.limits import Verdict
from reports.contents.figures import Chart, Figure, Source, figures_by_id

NUMBER = re.compile(r"\d[\d.,]*")


class Judged:
    """Anything with a verdict can say it in words."""

    verdict: Verdict

    @property
    def verdict_words(self) -> str:
        return WORDS[self.verdict].capitalize()


@dataclass(frozen=True)
class ModelFacts:
    """The object of the report."""

    name: str
    slug: str
    version: str
    purpose: str
    tier: str
    owner: str
    business_unit: str
    in_use_since: str
    artifact_sha256: str


@dataclass(frozen=True)
class Opinion(Judged):
    """The answer to "is it fit?": verdict, one sentence, and the reasons and conditions in words."""

    verdict: Verdict
    headline: str
    reasons: tuple[str, ...]
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Count(Judged):
    """How many results have this verdict."""

    verdict: Verdict
    number: Figure


@dataclass(frozen=True)
class Action:
    """What somebody has to do until when."""

    what: str
    who: str
    due: str


@dataclass(frozen=True)
class Gap:
    """Something that was not examined, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class LimitRow:
    """One measure's limits under the policy, in words: "above 0.10"."""

    measure: str
    amber: str
    red: str
    decided_by: str
    minimum_size: str
    cadence: str


@dataclass(frozen=True)
class PolicyFacts:
    """The policy in force when the results were judged."""

    name: str
    version: str
    effective: str
    approved: str
    limits: tuple[LimitRow, ...]
    regimes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result(Judged):
    """One measure of one column, segment or group.

    note  why there is no value or not enough evidence; else empty
    """

    measure: str
    subject: str
    verdict: Verdict
    limit: str
    method: str
    value: Figure | None = None
    interval: Figure | None = None
    sizes: Figure | None = None
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Results that answer one question: data quality, drift, performance, fairness, explanations."""

    title: str
    question: str
    results: tuple[Result, ...]
    charts: tuple[Chart, ...] = ()

    @property
    def methods(self) -> tuple[tuple[str, str], ...]:
        """Each measure with its method; of those that differ in their numbers only, the first. The evidence has all."""
        found = {}
        for result in self.results:
            found.setdefault((result.measure, NUMBER.sub("", result.method)), result.method)
        return tuple((measure, method) for (measure, _), method in found.items())


@dataclass(frozen=True)
class TrendPeriod(Judged):
    period: str
    verdict: Verdict
    value: Figure | None = None


@dataclass(frozen=True)
class Trend:
    """One result over at least four periods."""

    title: str
    periods: tuple[TrendPeriod, ...]
    chart: Chart


@dataclass(frozen=True)
class Issue:
    """A breach or a finding. `level` is the breach's verdict or the finding's severity, in words."""

    reference: str
    level: str
    opened: str
    what: str
    owner: str
    due: str
    state: str
    action: str
    overdue: bool = False


@dataclass(frozen=True)
class Adjustment:
    """Something that held for a time during the period: an approval, an exception, an overlay, a suspension ..."""

    kind: str
    reference: str
    what: str
    approved: str
    expires: str


@dataclass(frozen=True)
class Decision:
    """A decision with the signature as 21 CFR 11.50 asks for it: printed name, time, meaning."""

    reference: str
    subject: str
    outcome: str
    meaning: str
    name: str
    role: str
    at: str
    authenticated_by: str
    statement_sha256: str
    comment: str = ""


@dataclass(frozen=True)
class KeptBound:
    """One bound of an envelope: what people approved, what was measured, and by what."""

    name: str
    approved: str
    measured: str
    by: str


@dataclass(frozen=True)
class Beforehand:
    """A change that was decided within an envelope, by those who had approved that."""

    reference: str
    subject: str
    outcome: str
    at: str
    envelope: str
    holds: str
    decided_in: str
    approved_by: tuple[str, ...]
    bounds: tuple[KeptBound, ...]


@dataclass(frozen=True)
class TrailEntry:
    position: str
    at: str
    actor: str
    action: str
    subject: str
    leaf_hash: str


@dataclass(frozen=True)
class TrailExtract:
    """The trail's entries about the model, and the signed checkpoint that includes them."""

    log: str
    size: str
    root: str
    signed_at: str
    entries: tuple[TrailEntry, ...]


@dataclass(frozen=True)
class EvidenceItem:
    """Something the report rests on, by digest."""

    name: str
    kind: str
    detail: str
    sha256: str


@dataclass(frozen=True)
class Verifying:
    """What a reader needs to check the document offline."""

    authority: str
    authority_sha256: str
    page: str


@dataclass(frozen=True)
class MonitoringReport:
    reference: str
    organisation: str
    classification: str
    period: str
    issued_at: str
    prepared_by: str
    model: ModelFacts
    opinion: Opinion
    counts: tuple[Count, ...]
    actions: tuple[Action, ...]
    examined: tuple[str, ...]
    gaps: tuple[Gap, ...]
    policy: PolicyFacts
    sections: tuple[Section, ...]
    trends: tuple[Trend, ...]
    breaches: tuple[Issue, ...]
    findings: tuple[Issue, ...]
    adjustments: tuple[Adjustment, ...]
    decisions: tuple[Decision, ...]
    trail: TrailExtract
    evidence_items: tuple[EvidenceItem, ...]
    sources: tuple[Source, ...]
    verifying: Verifying
    beforehand: tuple[Beforehand, ...] = ()
    verdict_grid: Chart | None = None
    title: str = field(default="Ongoing monitoring report", init=False)

    def __post_init__(self):
        unknown = {figure.source for figure in self.figures.values()} - {source.key for source in self.sources}
        if unknown:
            raise ValueError(f"Figures name sources that the report does not list: {', '.join(sorted(unknown))}")

    @property
    def figures(self) -> dict[str, Figure]:
        return figures_by_id(
            (self.opinion, self.counts, self.sections, self.trends, self.breaches, self.findings, self.policy)
        )

    @property
    def annex(self) -> tuple[tuple[Source, tuple[Figure, ...]], ...]:
        """Every source with the figures that come from it."""
        figures = self.figures.values()
        return tuple(
            (source, tuple(figure for figure in figures if figure.source == source.key)) for source in self.sources
        )

    @property
    def insufficient(self) -> tuple[Result, ...]:
        """Results without enough evidence for a verdict; printed apart, so that nobody reads them as good news."""
        return tuple(
            result
            for section in self.sections
            for result in section.results
            if result.verdict in {Verdict.INSUFFICIENT, Verdict.UNKNOWN}
        )
