"""Everything a monitoring report says, read once from the database and frozen with the trail's checkpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.db.models import Q

from audits.assessments.catalogue import MEASURES
from audits.assessments.charts import WORDS
from audits.assessments.models import Breach, Kind, Run
from audits.assessments.services.plans import kinds_for
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict, worst
from audits.trail import services as trail
from audits.trail.models import Entry
from audits.workflows.models import ChangeRequest, Decision, Finding
from inventory import policies
from inventory.contents.cadences import Effective, cadences_of
from inventory.contents.policies import decided_by_in_words
from inventory.models import Model, ModelVersion, Policy
from mrm.adapters import keys, notes
from mrm.pages import wording
from mrm.pages.wording import counted
from reports.contents import monitoring as parts
from reports.contents.arrangements import adjustments_of
from reports.contents.beforehand import decided_beforehand
from reports.contents.coverage import regimes_in_force
from reports.contents.figures import Figure, Source
from reports.contents.results import examined_in, period_of, section_of, source_key, source_of, trends_of, verdict_grid
from reports.models import Report

CLASSIFICATION = "Internal"
MOST_ENTRIES = 20
REGISTER = "register"


@dataclass(frozen=True)
class Gathered:
    """What the pages print, and what only the evidence bundle carries; and which version both are about."""

    version: ModelVersion
    report: parts.MonitoringReport
    results: list[dict]
    decisions: list[dict]
    trail: dict


def gather(report: Report) -> Gathered:
    """Read everything about the model in the period. Signs a checkpoint, so that each entry cited can be proved."""
    model = report.model
    version = model.production_version() or model.versions.first()
    start, end = _moments(report)
    runs = list(
        Run.objects.filter(version=version, window_end__gt=start, window_start__lt=end, state=RunState.SUCCEEDED)
        .select_related("plan", "policy", "version")
        .prefetch_related("results")
        .order_by("window_end", "queued_at")
    )
    latest = {run.plan.kind: run for run in runs}
    decisions = list(
        Decision.objects.filter(change__model=model, decided_at__gte=start, decided_at__lt=end).select_related(
            "change__classification", "signature"
        )
    )
    breaches = list(version.breaches.filter(Q(closed_at__isnull=True) | Q(closed_at__gte=start)))
    findings = list(
        model.findings.issued()
        .filter(Q(closed_at__isnull=True) | Q(closed_at__gte=start))
        .select_related("model", "owner")
    )
    extract, proofs = _trail(model)
    sources = tuple(source_of(run) for run in runs) + (_register_source(model),)
    verdicts = [row.verdict for run in latest.values() for row in run.results.all() if row.verdict]
    return Gathered(
        version=version,
        report=parts.MonitoringReport(
            reference=report.reference,
            organisation=settings.ORGANISATION,
            classification=CLASSIFICATION,
            period=f"{report.period_start:%d %B %Y} to {report.period_end:%d %B %Y}",
            issued_at=f"{datetime.now(UTC):%d %B %Y %H:%M} UTC",
            prepared_by=str(report.requested_by or "mrm"),
            model=_model_facts(model, version),
            opinion=_opinion(version, latest, breaches, findings),
            counts=tuple(_count(verdict, verdicts) for verdict in Verdict),
            actions=tuple(_actions(breaches, findings)),
            examined=examined_in(runs),
            gaps=tuple(_gaps(version, latest)),
            policy=_policy_facts(report, version, latest),
            sections=tuple(
                section_of(kind, latest[kind], list(latest[kind].results.all())) for kind in Kind if kind in latest
            ),
            trends=trends_of(runs),
            breaches=tuple(_breach(breach) for breach in breaches),
            findings=tuple(_finding(finding) for finding in findings),
            adjustments=adjustments_of(model, start, end),
            decisions=tuple(_decision(decision) for decision in decisions),
            beforehand=decided_beforehand(model, start, end),
            trail=extract,
            evidence_items=tuple(_evidence_items(version, runs)),
            sources=sources,
            verifying=_verifying(),
            verdict_grid=verdict_grid(runs),
        ),
        results=[_result_in_full(run, row) for run in runs for row in run.results.all()],
        decisions=[_decision_in_full(decision) for decision in decisions],
        trail=proofs,
    )


def _moments(report: Report) -> tuple[datetime, datetime]:
    start = datetime.combine(report.period_start, time.min, UTC)
    return start, datetime.combine(report.period_end, time.min, UTC) + timedelta(days=1)


def _model_facts(model: Model, version: ModelVersion) -> parts.ModelFacts:
    provisional = " (provisional)" if model.tier_is_provisional else ""
    return parts.ModelFacts(
        name=model.name,
        slug=model.slug,
        version=str(version.number),
        purpose=model.purpose or "Not stated in the register.",
        tier=f"{model.tier}{provisional}",
        owner=str(model.owner),
        business_unit=model.business_unit or str(model.workspace),
        in_use_since=f"{version.promoted_at:%d %B %Y}" if version.promoted_at else "not in production",
        artifact_sha256=version.artifact_sha256 or "no artifact registered",
    )


def _opinion(version: ModelVersion, latest: dict, breaches: list[Breach], findings: list[Finding]) -> parts.Opinion:
    """The system's reading of the results; people conclude, and say so in their decisions."""
    missing = [kind for kind in kinds_for(version) if kind not in latest]
    found = [run.verdict for run in latest.values()] + [Verdict.UNKNOWN] * bool(missing)
    verdict = worst(found)
    headline = {
        Verdict.RED: f"{version} breaches at least one red limit and needs a decision.",
        Verdict.AMBER: f"{version} works, with amber warnings that need watching.",
        Verdict.WITHIN: f"{version} is within every limit that could be judged.",
        Verdict.INSUFFICIENT: f"For {version} the evidence does not suffice for a verdict on everything.",
        Verdict.UNKNOWN: f"Some of what the policy asks about {version} could not be measured.",
    }[verdict]
    reasons = [
        f"{run.plan.get_kind_display()}, {period_of(run)}: {WORDS[Verdict(run.verdict)]}." for run in latest.values()
    ]
    reasons += [f"{kind.label} was not assessed in the period." for kind in missing]
    still_open = sum(breach.closed_at is None for breach in breaches)
    unanswered = sum(finding.closed_at is None for finding in findings)
    reasons.append(f"{still_open} open breaches, {unanswered} open findings.")
    return parts.Opinion(verdict, headline, tuple(reasons))


def _count(verdict: Verdict, verdicts: list[str]) -> parts.Count:
    return parts.Count(verdict, Figure(f"count.{verdict}", str(verdicts.count(verdict)), REGISTER))


def _actions(breaches: list[Breach], findings: list[Finding]):
    for finding in findings:
        if finding.closed_at is None:
            what = f"{finding.reference}: {finding.required_outcome}"
            yield parts.Action(what, str(finding.owner), _day(finding.due_at))
    for breach in breaches:
        if breach.closed_at is None and breach.verdict == Verdict.RED:
            yield parts.Action(f"Decide on the red breach: {_case(breach)}.", str(breach.version.model.owner), "now")


def _gaps(version: ModelVersion, latest: dict):
    for kind in Kind:
        if kind not in kinds_for(version):
            yield parts.Gap(kind.label, "The version's schema or artifact does not allow it.")
        elif kind not in latest:
            yield parts.Gap(kind.label, "No run of the period gave results.")
    for run in latest.values():
        for line in run.inputs.get("not_examined", []):
            what, _, why = line.partition(": ")
            yield parts.Gap(what, why)


def _policy_facts(report: Report, version: ModelVersion, latest: dict) -> parts.PolicyFacts:
    policy = next(iter(latest.values())).policy if latest else Policy.objects.in_force()
    every = {one.rhythm: _every(one) for one in cadences_of(version.model, document=policy.document)}
    return parts.PolicyFacts(
        name=policy.section("title"),
        version=str(policy.number),
        effective=_day(policy.published_at),
        approved=f"Published by {policy.published_by or 'the installation'}.",
        limits=tuple(
            parts.LimitRow(
                measure=wording.sentence(entry["measure"]) + (f" ({entry['role']})" if "role" in entry else ""),
                amber=_end(entry, "amber"),
                red=_end(entry, "red"),
                decided_by=decided_by_in_words(entry),
                minimum_size=str(entry.get("minimum_size", "none")),
                cadence=every[MEASURES[entry["measure"]].kind],
            )
            for entry in policies.limits_for(policy.document, version.model.tier)
        ),
        regimes=regimes_in_force(report.model, report.period_end, datetime.now(UTC)),
    )


def _every(one: Effective) -> str:
    """How often something is looked at; where that was set for the model itself, also what the policy wants."""
    return f"{one.every}; the policy wants it {one.required.every}" if one.own else one.every


def _end(entry: dict, colour: str) -> str:
    side = "below" if entry.get("direction") == "lower" else "above"
    return f"{side} {entry[colour]:g}" if entry.get(colour) is not None else "none"


def _breach(breach: Breach) -> parts.Issue:
    return parts.Issue(
        reference=f"B-{str(breach.pk)[:8]}",
        level=breach.verdict,
        opened=_day(breach.opened_at),
        what=f"{_case(breach)}, seen in {counted(breach.occurrences, 'run')}, last in {period_of(breach.last_run)}",
        owner=str(breach.version.model.owner),
        due="now" if breach.closed_at is None else "none",
        state="open" if breach.closed_at is None else "closed",
        action=breach.closing_reason or "awaits a decision",
    )


def _case(breach: Breach) -> str:
    """What a breach is of, as a reader would say it."""
    return wording.sentence(wording.case(breach.measure, breach.column, breach.segment))


def _finding(finding: Finding) -> parts.Issue:
    return parts.Issue(
        reference=finding.reference,
        level=finding.severity,
        opened=_day(finding.raised_at),
        what=finding.title,
        owner=str(finding.owner),
        due=_day(finding.due_at),
        state=finding.get_state_display().lower(),
        action=finding.response or finding.required_outcome,
        overdue=finding.is_overdue,
    )


def _decision(decision: Decision) -> parts.Decision:
    voided = " (voided)" if decision.voided_at else ""
    return parts.Decision(
        reference=decision.change.reference,
        subject=_subject(decision.change),
        outcome=("approved" if decision.approved else "rejected") + voided,
        meaning=decision.get_meaning_display(),
        name=decision.printed_name,
        role=decision.role.replace("_", " "),
        at=f"{decision.decided_at:%d %B %Y %H:%M:%S} UTC",
        authenticated_by=decision.authentication,
        statement_sha256=decision.statement_digest,
        comment=decision.comment,
    )


def _subject(change: ChangeRequest) -> str:
    """What was decided, and which class of change it was, where it changed what was in use."""
    classified = getattr(change, "classification", None)
    return f"{change} ({classified.get_change_class_display().lower()} change)" if classified else str(change)


def _evidence_items(version: ModelVersion, runs: list[Run]):
    if version.artifact_sha256:
        yield parts.EvidenceItem("Artifact", version.framework, f"version {version.number}", version.artifact_sha256)
    reference = version.reference
    yield parts.EvidenceItem("Reference data", "Parquet", f"{reference.rows:,} rows", reference.sha256)
    yield parts.EvidenceItem("Grid", "frozen cells", "frozen from the reference data", reference.grid_sha256)
    for name, what in (
        ("batches", "Predictions"),
        ("season", "Predictions of a year ago"),
        ("outcomes", "Outcomes"),
    ):
        seen = {file["sha256"]: file["rows"] for run in runs for file in run.inputs.get(name, [])}
        for sha256, rows in seen.items():
            yield parts.EvidenceItem(what, "Parquet", f"{rows:,} rows", sha256)
    counted = {one["counts"]: one for run in runs for one in run.inputs.get("sources", []) if "counts" in one}
    for sha256, one in counted.items():
        yield parts.EvidenceItem("Counts of a source", one["table"], f"{one['rows']:,} rows", sha256)


def _register_source(model: Model) -> Source:
    return Source(REGISTER, "The register of models and assessments", (("Model", model.slug), ("Read", "when issued")))


def _verifying() -> parts.Verifying:
    root = keys.configured().trusted_roots()[0]
    return parts.Verifying(
        authority=root.subject.rfc4514_string(),
        authority_sha256=root.fingerprint(hashes.SHA256()).hex(),
        page=f"{settings.PUBLIC_URL}/reports/verify/",
    )


def _trail(model: Model) -> tuple[parts.TrailExtract, dict]:
    """The newest entries about the model, and the checkpoint whose tree includes them."""
    checkpoint = trail.sign_checkpoint()
    rows = list(Entry.objects.filter(model_slug=model.slug, position__lt=checkpoint.size)[:MOST_ENTRIES])
    log, public_key = trail.log_name(), keys.configured().checkpoint_key().public_key()
    extract = parts.TrailExtract(
        log=log,
        size=f"{checkpoint.size:,}",
        root=checkpoint.root,
        signed_at=f"{checkpoint.signed_at:%d %B %Y %H:%M:%S} UTC",
        entries=tuple(
            parts.TrailEntry(
                position=str(entry.position),
                at=f"{entry.at:%d %b %Y %H:%M}",
                actor=entry.actor_name,
                action=entry.get_action_display(),
                subject=entry.subject_name,
                leaf_hash=entry.leaf_hash,
            )
            for entry in rows
        ),
    )
    proofs = {
        "log": log,
        "key": notes.verifier_key(log, public_key),
        "size": checkpoint.size,
        "root": checkpoint.root,
        "checkpoint": checkpoint.note,
        "entries": [
            {
                "body": entry.body(),
                "leaf_hash": entry.leaf_hash,
                "proof": trail.inclusion_proof(entry, checkpoint.size),
            }
            for entry in rows
        ],
    }
    return extract, proofs


def _result_in_full(run: Run, row) -> dict:
    names = ("measure", "column", "segment", "value", "low", "high", "level", "p_value", "sizes", "method", "reason")
    return {name: getattr(row, name) for name in names} | {
        "run": str(run.pk),
        "source": source_key(run),
        "limit": row.limit,
        "verdict": row.verdict,
    }


def _decision_in_full(decision: Decision) -> dict:
    return {
        "statement": decision.statement,
        "statement_digest": decision.statement_digest,
        "authentication": decision.authentication,
        "signature": decision.signature.in_full() if decision.signature else None,
        "voided": decision.voided_because if decision.voided_at else "",
    }


def _day(moment) -> str:
    return f"{moment:%d %B %Y}"
