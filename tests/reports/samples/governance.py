"""Policy, issues, decisions and sources of the sample report."""

from reports.contents import Source
from reports.contents.monitoring import (
    Beforehand,
    Decision,
    Issue,
    KeptBound,
    LimitRow,
    PolicyFacts,
)
from tests.reports.samples.results import digest


def source(key: str, title: str, run: str) -> Source:
    facts = (
        ("Run", run),
        ("Computed on", "1 October 2026, 02:14 UTC"),
        ("Window", "1 July 2026 to 30 September 2026"),
        ("Reference", f"60,000 rows, SHA-256 {digest('reference')}"),
        ("Current", f"12,481 rows in 92 batches, SHA-256 {digest(key)}"),
        ("Code", "mrm 1.0.0, commit 4f1c2ab; seed 20260930"),
    )
    return Source(key, title, facts)


def sources() -> tuple[Source, ...]:
    kinds = {
        "drift": "Drift run",
        "performance": "Performance run",
        "bias": "Fairness run",
        "explainability": "Explanation run",
        "history": "Runs of the three quarters before",
    }
    counted = Source("register", "Counted from the results of the period", (("Results", "17 of the plan's 17"),))
    return (
        *(source(key, title, f"RUN-2026-{number:04}") for number, (key, title) in enumerate(kinds.items(), 411)),
        counted,
    )


def policy() -> PolicyFacts:
    limits = (
        LimitRow("Population stability", "above 0.10", "above 0.25", "tolerance test, 5 %", "1,000 rows", "monthly"),
        LimitRow("AUC", "below 0.72", "below 0.68", "interval", "50 events", "quarterly"),
        LimitRow("Calibration in the large", "beyond 1.5 %", "beyond 3 %", "interval", "50 events", "quarterly"),
        LimitRow("Impact ratio", "below 0.85", "below 0.80", "value", "100 rows per group", "quarterly"),
        LimitRow("Attribution drift", "above 0.05", "above 0.15", "value", "500 rows", "quarterly"),
    )
    return PolicyFacts(
        name="Monitoring policy for tier 1 models",
        version="3",
        effective="1 April 2026",
        approved="Approved by the Model Risk Committee on 24 March 2026.",
        limits=limits,
        regimes=("SR 26-2 (17 April 2026)", "PRA SS1/23", "ECB guide to internal models (28 July 2025)"),
    )


def issues() -> tuple[tuple[Issue, ...], tuple[Issue, ...]]:
    breaches = (
        Issue(
            "B-2026-0031",
            "Red",
            "opened 1 October 2026",
            "Population stability of income is 0.313, above the red limit of 0.25.",
            "Carla Moreno",
            "31 October 2026",
            "Root cause known",
            "Minimum wage reform of 1 July moved the lower half of incomes. Retraining requested as CR-2026-0019.",
        ),
        Issue(
            "B-2026-0032",
            "Amber",
            "opened 1 October 2026",
            "Impact ratio of applicants under 25 is 0.836, below the amber limit of 0.85.",
            "Carla Moreno",
            "15 November 2026",
            "Triaged",
            "Less discriminatory alternatives are searched with the retraining.",
        ),
    )
    findings = (
        Issue(
            "F-2026-0008",
            "High",
            "issued 12 May 2026",
            "The overlay on new customers has no documented exit criterion.",
            "Carla Moreno",
            "30 September 2026",
            "Action plan agreed",
            "Exit criterion drafted, waiting for the validator's review.",
            overdue=True,
        ),
    )
    return breaches, findings


def decisions() -> tuple[Decision, ...]:
    return (
        Decision(
            "CR-2026-0019",
            "Retraining of credit-default, version 7",
            "Approved, first of two signatures",
            "I approve the retraining on the evidence shown.",
            "Henrik Lindqvist",
            "model risk officer",
            "2 October 2026, 09:12 UTC",
            "passkey",
            digest("statement 19"),
            "The shift is permanent. Train on outcomes from 1 July on; keep the reform as a feature break.",
        ),
        Decision(
            "CR-2026-0017",
            "Use of version 7 for new customers",
            "Approved with conditions until 31 December 2026",
            "I approve the use within the conditions stated.",
            "Amara Okafor",
            "committee chair",
            "14 August 2026, 15:40 UTC",
            "passkey",
            digest("statement 17"),
        ),
    )


def beforehand() -> tuple[Beforehand, ...]:
    return (
        Beforehand(
            reference="CR-2026-0021",
            subject="Promotion of credit-default, version 8",
            outcome="credit-default, version 8 is in production.",
            at="5 October 2026 06:00:11 UTC",
            envelope="EN-2026-0002",
            holds="14 August 2026 to 31 December 2026",
            decided_in="CR-2026-0016",
            approved_by=("Henrik Lindqvist, model risk officer, on 14 August 2026",),
            bounds=(KeptBound("Gain on champion", "at least -0.01", "0.004", "run 6f1c"),),
        ),
    )
