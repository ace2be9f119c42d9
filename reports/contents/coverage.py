"""What is on record about a model beside what a regime pack asks for: each requirement with its evidence, or none.

It stands here because a requirement may ask about anything: the register, runs, findings, decisions and reports.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from audits.assessments.models import Breach, Kind, Plan
from audits.assessments.services.plans import kinds_for, why_not_of_kind
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict
from audits.trail.models import Checkpoint
from audits.workflows.models import ChangeRequest, Finding
from audits.workflows.states import CAME_TO_NOTHING, ChangeState, FindingState
from inventory import policies, services
from inventory.contents.cadences import cadence_of
from inventory.models import Model, RegimePack, Use
from inventory.policies import tier_name
from reports.contents.answers import (
    Answer,
    Standing,
    Subject,
    evidence,
    no_evidence,
    not_measured,
    nothing_in_production,
)
from reports.contents.recorded import RECORDED
from reports.states import ONCE_SEALED

A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Covered:
    """One requirement, and what answers it. Nothing that could answer it counts as not measured."""

    clause: str
    requirement: str
    answers: list[Answer]

    @property
    def standing(self) -> Standing:
        standings = {answer.standing for answer in self.answers}
        if standings == {Standing.EVIDENCE}:
            return Standing.EVIDENCE
        return Standing.NONE if Standing.NONE in standings else Standing.NOT_MEASURED


@dataclass(frozen=True)
class Coverage:
    pack: RegimePack
    requirements: list[Covered]

    def counted(self, standing: Standing) -> int:
        return sum(one.standing == standing for one in self.requirements)

    @property
    def with_evidence(self) -> int:
        return self.counted(Standing.EVIDENCE)

    @property
    def without(self) -> int:
        return self.counted(Standing.NONE)

    @property
    def not_measured(self) -> int:
        return self.counted(Standing.NOT_MEASURED)


def coverage_of(model: Model, packs: list[RegimePack], now: datetime) -> list[Coverage]:
    """Every pack over the same model; each kind of evidence is looked for once."""
    subject = Subject(model, now)
    found: dict[str, Answer] = {}

    def answer(kind: str) -> Answer:
        if kind not in found:
            found[kind] = ANSWERED_BY[kind](subject, kind)
        return found[kind]

    return [
        Coverage(
            pack,
            [
                Covered(one["clause"], one["requirement"], [answer(kind) for kind in one["evidence"]])
                for one in pack.document["requirements"]
            ],
        )
        for pack in packs
    ]


def regimes_in_force(model: Model, day: date, now: datetime) -> tuple[str, ...]:
    """One sentence for each pack that holds on a day: what is on record beside it, and how far it can be trusted."""
    packs = list(RegimePack.objects.filter(pk__in=RegimePack.objects.newest().values("pk")).in_force(day))
    return tuple(
        f"{one.pack.title} (pack version {one.pack.version}, clauses {_read(one.pack)}): of its requirements "
        f"{one.with_evidence} with evidence, {one.without} without, {one.not_measured} not measured"
        for one in coverage_of(model, packs, now)
    )


def _read(pack: RegimePack) -> str:
    return pack.clauses_come_from or "of which nobody says where they come from"


def _registered(subject: Subject, kind: str) -> Answer:
    model, link = subject.model, ("The model", subject.address("model"))
    if not model.purpose:
        return no_evidence(kind, f"{model} has an owner, {model.owner}, and no purpose is written down.", link)
    return evidence(kind, f"Registered on {model.registered_at:%-d %B %Y}, answered for by {model.owner}.", link)


def _register_complete(subject: Subject, kind: str) -> Answer:
    missing, link = subject.model.missing(), ("The model", subject.address("model"))
    if missing:
        return no_evidence(kind, f"Missing: {', '.join(name.replace('_', ' ') for name in missing)}.", link)
    return evidence(kind, "Nothing that the policy asks for is missing.", link)


def _tier_confirmed(subject: Subject, kind: str) -> Answer:
    model, link = subject.model, ("The tier", subject.address("confirm-tier"))
    if model.tier_is_provisional:
        return no_evidence(kind, f"{tier_name(model.tier)} is provisional; nobody has confirmed it.", link)
    by = model.tier_confirmed_by or "the system"
    return evidence(kind, f"{tier_name(model.tier)}, confirmed by {by} on {model.tier_confirmed_at:%-d %B %Y}.", link)


def _tier_current(subject: Subject, kind: str) -> Answer:
    link = ("The tier", subject.address("confirm-tier"))
    if subject.model.tier_is_provisional:
        return no_evidence(kind, "The tier is provisional.", link)
    if reasons := services.why_tier_again(subject.model, subject.now):
        return no_evidence(kind, " ".join(reasons), link)
    return evidence(kind, "What the confirmed tier rests on has not changed.", link)


def _use_approved(subject: Subject, kind: str) -> Answer:
    link = ("Uses", subject.address("model-uses"))
    uses = list(Use.objects.in_use().filter(model=subject.model))
    if not uses:
        return no_evidence(kind, "No use of the model is registered as live.", link)
    if subject.production is None:
        return nothing_in_production(kind)
    lacking = [use for use in uses if services.standing_approval(subject.production, use) is None]
    if lacking:
        named = ", ".join(use.title for use in lacking)
        return no_evidence(kind, f"Not approved for version {subject.production.number}: {named}.", link)
    return evidence(kind, f"{len(uses)} in use, each approved for version {subject.production.number}.", link)


def _boundaries_stated(subject: Subject, kind: str) -> Answer:
    link = ("Uses", subject.address("model-uses"))
    uses = list(subject.model.uses.filter(ended_at__isnull=True))
    lacking = [use.title for use in uses if not use.operating_boundaries]
    if not uses:
        return no_evidence(kind, "No use of the model is registered.", link)
    if lacking:
        return no_evidence(kind, f"Nothing says where these end: {', '.join(lacking)}.", link)
    return evidence(kind, f"Stated for {len(uses)} of {len(uses)} uses.", link)


def _version_identified(subject: Subject, kind: str) -> Answer:
    version = subject.production
    if version is None:
        return nothing_in_production(kind)
    link = (f"Version {version.number}", subject.address("version", version.number))
    if not version.artifact_sha256 and not version.code_ref:
        return no_evidence(
            kind, f"Version {version.number} has neither the digest of an artifact nor a reference to code.", link
        )
    what = f"artifact {version.artifact_sha256[:12]}" if version.artifact_sha256 else version.code_ref
    return evidence(kind, f"Version {version.number}: {what}.", link)


def _reference_data(subject: Subject, kind: str) -> Answer:
    version = subject.production
    if version is None:
        return nothing_in_production(kind)
    link = (f"Version {version.number}", subject.address("version", version.number))
    reference = getattr(version, "reference", None)
    if reference is None:
        return no_evidence(kind, f"Version {version.number} has no reference data.", link)
    return evidence(kind, f"{reference.rows:,} rows, digest {reference.sha256[:12]}.", link)


def _monitoring_active(subject: Subject, kind: str) -> Answer:
    version, link = subject.production, ("Monitoring", subject.address("model-monitoring"))
    if version is None:
        return nothing_in_production(kind)
    planned = set(Plan.objects.filter(version=version, enabled=True).values_list("kind", flat=True))
    possible = kinds_for(version)
    lacking = [one.label.lower() for one in possible if one not in planned]
    if lacking or not possible:
        what = ", ".join(lacking) or "anything, since its schema allows nothing"
        return no_evidence(kind, f"Not planned: {what}.", link)
    return evidence(kind, f"Planned: {', '.join(one.label.lower() for one in possible)}.", link)


def _assessed(assessed: Kind) -> Callable[[Subject, str], Answer]:
    """Whether there is a result of this kind that is not older than the model's cadence allows."""

    def look(subject: Subject, kind: str) -> Answer:
        version = subject.production
        if version is None:
            return nothing_in_production(kind)
        if lack := why_not_of_kind(version, assessed):
            return not_measured(kind, f"{assessed.label} cannot be assessed: {lack}.")
        run = subject.runs.get(assessed)
        if run is None:
            return not_measured(kind, f"No {assessed.label.lower()} assessment is finished.")
        link = (f"Run until {run.window_end:%-d %B %Y}", reverse("run", args=[run.pk]))
        if run.state != RunState.SUCCEEDED:
            return not_measured(kind, f"The latest gave no results: {run.reason}", link)
        if run.verdict in (Verdict.INSUFFICIENT, Verdict.UNKNOWN):
            return not_measured(kind, f"The latest, until {run.window_end:%-d %B %Y}, is {run.verdict}.", link)
        cadence = cadence_of(subject.model, assessed, document=subject.policy.document).span
        # After the end of a window outcomes come in, and then the run is done.
        grace = policies.hygiene(subject.policy.document).assessment_grace
        if run.window_end + cadence + grace < subject.now:
            ended = f"{run.window_end:%-d %B %Y}"
            return no_evidence(kind, f"The latest ended on {ended}; its cadence asks for more often.", link)
        return evidence(kind, f"The latest is {run.verdict}, until {run.window_end:%-d %B %Y}.", link)

    return look


def _replication_checked(subject: Subject, kind: str) -> Answer:
    run = subject.runs.get(Kind.EXPLAINABILITY)
    result = run.results.filter(measure="replication_gap").first() if run else None
    if result is None:
        return not_measured(kind, "No run compared logged outputs with the registered artifact.")
    link = (f"Run until {run.window_end:%-d %B %Y}", reverse("run", args=[run.pk]))
    if result.verdict == Verdict.WITHIN:
        return evidence(kind, f"The largest difference is {result.value:.2g}.", link)
    return no_evidence(kind, f"The check is {result.verdict or 'not judged'}.", link)


def _breaches_followed_up(subject: Subject, kind: str) -> Answer:
    breaches = list(Breach.objects.open().filter(version__model=subject.model).select_related("version"))
    if not breaches:
        if subject.runs:
            return evidence(kind, "No breach is open.", ("Monitoring", subject.address("model-monitoring")))
        return not_measured(kind, "Nothing was assessed that could have found a breach.")
    over = (*CAME_TO_NOTHING, ChangeState.FAILED)
    asked = ChangeRequest.objects.exclude(state__in=over).filter(breach__in=breaches)
    found = Finding.objects.exclude(state=FindingState.DROPPED).filter(breach__in=breaches)
    followed = {*asked.values_list("breach_id", flat=True), *found.values_list("breach_id", flat=True)}
    left = [breach for breach in breaches if breach.pk not in followed]
    links = [(str(breach), reverse("breach", args=[breach.pk])) for breach in left or breaches]
    if left:
        return no_evidence(
            kind, f"{len(left)} of {len(breaches)} open breaches have neither a finding nor a request.", *links
        )
    return evidence(kind, f"All {len(breaches)} open breaches have a finding or a change request.", *links)


def _findings_on_time(subject: Subject, kind: str) -> Answer:
    late = list(Finding.objects.overdue(subject.now.date()).filter(model=subject.model))
    if late:
        links = [(finding.reference, reverse("finding", args=[finding.reference])) for finding in late]
        return no_evidence(kind, f"{len(late)} findings are past their date.", *links)
    return evidence(kind, "No open finding is past its date.", ("Findings", subject.address("model-findings")))


def _decision_signed(subject: Subject, kind: str) -> Answer:
    version = subject.production
    if version is None:
        return nothing_in_production(kind)
    approving = (ChangeRequest.Kind.PROMOTION, ChangeRequest.Kind.APPROVAL)
    change = version.changes.filter(kind__in=approving, state=ChangeState.COMPLETED).first()
    if change is None:
        number = version.number
        return no_evidence(kind, f"Version {number} is in production without a completed request for its promotion.")
    signed = [decision.printed_name for decision in change.decisions.standing()]
    link = (change.reference, reverse("change", args=[change.reference]))
    return evidence(kind, f"Signed by {' and '.join(signed)}.", link)


def _report_issued(subject: Subject, kind: str) -> Answer:
    report = subject.model.reports.filter(state__in=ONCE_SEALED).order_by("-sealed_at").first()
    if report is None:
        return no_evidence(kind, "No report on the model was issued.", ("Reports", subject.address("model-reports")))
    link = (report.reference, reverse("report", args=[report.reference]))
    if report.sealed_at < subject.now - A_YEAR:
        return no_evidence(kind, f"The latest was sealed on {report.sealed_at:%-d %B %Y}, more than a year ago.", link)
    return evidence(kind, f"Sealed on {report.sealed_at:%-d %B %Y}.", link)


def _policy_published(subject: Subject, kind: str) -> Answer:
    policy = subject.policy
    sentence = f"Version {policy.number}, digest {policy.digest[:12]}, since {policy.published_at:%-d %B %Y}."
    return evidence(kind, sentence, ("The policy", reverse("policy")))


def _trail_verifiable(subject: Subject, kind: str) -> Answer:
    checkpoint = Checkpoint.objects.order_by("-size").first()
    link = ("The trail", reverse("trail"))
    if checkpoint is None:
        return no_evidence(kind, "No checkpoint of the log is signed yet.", link)
    return evidence(kind, f"The latest signed checkpoint covers {checkpoint.size:,} entries.", link)


ANSWERED_BY: dict[str, Callable[[Subject, str], Answer]] = {
    "registered": _registered,
    "register_complete": _register_complete,
    "tier_confirmed": _tier_confirmed,
    "tier_current": _tier_current,
    "use_approved": _use_approved,
    "boundaries_stated": _boundaries_stated,
    "version_identified": _version_identified,
    "reference_data": _reference_data,
    "monitoring_active": _monitoring_active,
    "drift_assessed": _assessed(Kind.DRIFT),
    "bias_assessed": _assessed(Kind.BIAS),
    "explainability_assessed": _assessed(Kind.EXPLAINABILITY),
    "performance_assessed": _assessed(Kind.PERFORMANCE),
    "replication_checked": _replication_checked,
    "breaches_followed_up": _breaches_followed_up,
    "findings_on_time": _findings_on_time,
    "decision_signed": _decision_signed,
    "report_issued": _report_issued,
    **RECORDED,
    "policy_published": _policy_published,
    "trail_verifiable": _trail_verifiable,
}
