"""The sample report, its evidence and its pages."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from mrm_verify.canonical import canonical
from reports.contents import Figure, MonitoringReport, evidence_bundle
from reports.contents.monitoring import (
    Action,
    Adjustment,
    Count,
    EvidenceItem,
    Gap,
    ModelFacts,
    Opinion,
    Verifying,
)
from reports.pdf import Attachment, render
from reports.pdf.pages import pages
from tests.reports.samples.governance import beforehand, decisions, issues, policy, sources
from tests.reports.samples.results import (
    AMBER,
    INSUFFICIENT,
    RED,
    UNKNOWN,
    WITHIN,
    digest,
    drift_section,
    explanation_section,
    fairness_section,
    performance_section,
    trends,
    verdict_grid,
)
from tests.reports.samples.trail import trail_extract, trail_proofs

ISSUED = datetime(2026, 10, 8, 7, 30, tzinfo=UTC)


def make_report(**overrides) -> MonitoringReport:
    breaches, findings = issues()
    numbers = {WITHIN: "8", AMBER: "5", RED: "1", INSUFFICIENT: "2", UNKNOWN: "1"}
    report = MonitoringReport(
        reference="R-2026-0042",
        organisation="Example Bank",
        classification="Confidential",
        period="1 July to 30 September 2026",
        issued_at="8 October 2026",
        prepared_by="Henrik Lindqvist, model risk officer",
        model=ModelFacts(
            "Credit default score",
            "credit-default",
            "7",
            "Probability of default within 12 months of consumer loan applicants",
            "1 (highest)",
            "Carla Moreno",
            "Retail lending",
            "3 February 2025",
            digest("artifact 7"),
        ),
        opinion=Opinion(
            RED,
            "Fit for use only under the conditions below, until the retraining is done.",
            (
                "Incomes of applicants have moved far from the reference since the wage reform of 1 July.",
                "It still ranks applicants well, but underestimates defaults by about two percentage points.",
                "Applicants under 25 are approved less often than the amber limit allows.",
            ),
            (
                "Applications with an income below 18,000 are decided by a person until version 8 is in use.",
                "The margin overlay OV-2026-0004 stays in force.",
            ),
        ),
        counts=tuple(
            Count(verdict, Figure(f"count.{verdict}", number, "register")) for verdict, number in numbers.items()
        ),
        actions=(
            Action("Second signature on retraining request CR-2026-0019", "Amara Okafor", "12 October 2026"),
            Action(
                "Exit criterion of overlay OV-2026-0004 (finding F-2026-0008)",
                "Carla Moreno",
                "30 September 2026, overdue",
            ),
            Action(
                "Search for less discriminatory alternatives, applicants under 25",
                "Data science, retail",
                "15 November 2026",
            ),
        ),
        examined=(
            "12,481 applications scored by version 7 between 1 July and 30 September 2026, in 92 daily batches.",
            "9,310 outcomes that have matured for 90 days, 71 % of those expected by 30 September.",
            "Drift of 6 columns, performance, fairness by sex and age, explanations of 2,000 decisions.",
        ),
        gaps=(
            Gap(
                "Applications through the broker channel",
                "Scored by the vendor; no prediction data are delivered. Accepted until 2027 (F-2026-0003).",
            ),
            Gap("Fairness by ethnicity", "The bank does not hold the attribute in this market."),
            Gap("Performance of loans granted after 2 July 2026", "Outcomes have not matured."),
        ),
        policy=policy(),
        sections=(drift_section(), performance_section(), fairness_section(), explanation_section()),
        trends=trends(),
        breaches=breaches,
        findings=findings,
        adjustments=(
            Adjustment(
                "Overlay",
                "OV-2026-0004",
                "Margin of 2 percentage points on the default probability of new customers",
                "14 August 2026, Amara Okafor",
                "31 December 2026",
            ),
        ),
        decisions=decisions(),
        beforehand=beforehand(),
        trail=trail_extract(),
        evidence_items=(
            EvidenceItem(
                "evidence.json",
                "attachment",
                "every figure, statement and proof of this report",
                "stated on the last page",
            ),
            EvidenceItem("Model artifact, version 7", "ONNX", "registered 3 February 2025", digest("artifact 7")),
            EvidenceItem("Reference data", "Parquet", "60,000 rows, 2024", digest("reference")),
            EvidenceItem(
                "Batches of the period", "Parquet", "92 files, digest over their digests in order", digest("drift")
            ),
            EvidenceItem("Policy, version 3", "JSON", "limits and cadence as applied", digest("policy 3")),
        ),
        sources=sources(),
        verifying=Verifying(
            "Example Bank local authority", digest("authority"), "https://mrm.example.bank/reports/verify/"
        ),
        verdict_grid=verdict_grid(),
    )
    return replace(report, **overrides)


def signed(statement: dict) -> dict:
    """A decision by password, as a bundle holds it."""
    told = {"statement": statement, "statement_digest": sha256(canonical(statement)).hexdigest()}
    return told | {"authentication": "password", "signature": None, "voided": ""}


def make_evidence(report: MonitoringReport, **overrides) -> bytes:
    statements = [signed({"reference": one.reference, "outcome": one.outcome}) for one in report.decisions]
    exact = [{"measure": "population_stability_index", "column": "income", "value": 0.3129874, "verdict": "red"}]
    return evidence_bundle(report, **({"results": exact, "decisions": statements, "trail": trail_proofs()} | overrides))


def make_pdf(report: MonitoringReport, evidence: bytes) -> bytes:
    attached = Attachment("evidence.json", evidence, "Every figure, statement and proof of this report")
    html = pages("monitoring", report, evidence=evidence)
    return render(html, attachments=[attached], document_id=report.reference, at=ISSUED)
