"""What was measured in the sample report."""

import hashlib

from audits.assessments import charts
from audits.statistics.limits import Direction, Verdict
from reports.contents import Chart, Figure
from reports.contents.monitoring import (
    Result,
    Section,
    Trend,
    TrendPeriod,
)

WITHIN, AMBER, RED = Verdict.WITHIN, Verdict.AMBER, Verdict.RED
INSUFFICIENT, UNKNOWN = Verdict.INSUFFICIENT, Verdict.UNKNOWN
QUARTERS = ("Q4 2025", "Q1 2026", "Q2 2026", "Q3 2026")
PSI = "Population stability index over 10 quantile cells of the reference, tolerance test at 5 %."
KS = "Two-sample Kolmogorov–Smirnov distance on counts."
RATIO = "Selection rate over that of the most favoured group, 95 % interval on the log scale."
AUC = "Area under the ROC curve, DeLong interval at 95 %, outcomes matured 90 days."
SHAP = "Share of mean absolute SHAP value, 2,000 rows sampled with seed 20260930."
CALIBRATION = "Observed default rate minus mean prediction, Wilson interval at 95 %."


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def result(key, measure, subject, value, interval, sizes, limit, verdict, method, source, note="") -> Result:
    def figure(part, text):
        return Figure(f"{key}.{part}", text, source) if text else None

    return Result(
        measure=measure,
        subject=subject,
        verdict=verdict,
        limit=limit,
        method=method,
        note=note,
        value=figure("value", value),
        interval=figure("interval", interval),
        sizes=figure("rows", sizes),
    )


def drift_section() -> Section:
    limit = "0.10 / 0.25"
    rows = "60,000 / 12,481"
    psi = [
        ("income", "0.313", "0.287 to 0.341", RED),
        ("debt_ratio", "0.127", "0.109 to 0.146", AMBER),
        ("utilisation", "0.041", "0.033 to 0.050", WITHIN),
        ("age_of_oldest_account", "0.018", "0.013 to 0.024", WITHIN),
        ("region", "0.009", "0.006 to 0.013", WITHIN),
        ("score", "0.118", "0.101 to 0.137", AMBER),
    ]
    results = [
        result(f"psi.{name}", "Population stability", name, value, interval, rows, limit, verdict, PSI, "drift")
        for name, value, interval, verdict in psi
    ]
    results.append(
        result(
            "ks.score",
            "Kolmogorov–Smirnov",
            "score",
            "0.094",
            "0.081 to 0.107",
            rows,
            "0.10 / none",
            WITHIN,
            KS,
            "drift",
        )
    )
    bins = [
        charts.Bin(label, reference, current)
        for label, reference, current in [
            ("< 12k", 0.10, 0.19),
            ("12–18k", 0.10, 0.16),
            ("18–24k", 0.10, 0.13),
            ("24–30k", 0.10, 0.10),
            ("30–36k", 0.10, 0.09),
            ("36–44k", 0.10, 0.08),
            ("44–54k", 0.10, 0.07),
            ("54–68k", 0.10, 0.07),
            ("68–92k", 0.10, 0.06),
            ("> 92k", 0.10, 0.05),
        ]
    ]
    chart = Chart("Income: applicants of the reference and of the period", charts.distribution_chart(bins))
    question = "Do the applicants still look like those the model was built on?"
    return Section("Drift", question, tuple(results), (chart,))


def performance_section() -> Section:
    results = (
        result(
            "auc", "AUC", "all accounts", "0.741", "0.722 to 0.760", "9,310", "0.72 / 0.68", WITHIN, AUC, "performance"
        ),
        result(
            "calibration",
            "Calibration in the large",
            "all accounts",
            "+1.9 %",
            "+1.2 % to +2.6 %",
            "9,310",
            "1.5 % / 3 %",
            AMBER,
            CALIBRATION,
            "performance",
        ),
        result(
            "auc.new",
            "AUC",
            "new customers",
            None,
            None,
            "212",
            "0.72 / 0.68",
            INSUFFICIENT,
            AUC,
            "performance",
            "Only 9 defaults have matured among new customers; the policy asks for at least 50.",
        ),
    )
    bins = [
        charts.CalibrationBin(p, o, o - w, o + w, 931)
        for p, o, w in [
            (0.01, 0.012, 0.006),
            (0.03, 0.038, 0.011),
            (0.05, 0.066, 0.014),
            (0.08, 0.101, 0.018),
            (0.12, 0.149, 0.021),
            (0.19, 0.228, 0.025),
        ]
    ]
    chart = Chart("Predicted against observed default rates", charts.calibration_chart(bins))
    return Section("Performance", "Do predictions come true, as far as outcomes are known?", results, (chart,))


def fairness_section() -> Section:
    limit = "0.85 / 0.80"
    results = (
        result(
            "ratio.sex.female",
            "Impact ratio",
            "sex: female",
            "0.931",
            "0.902 to 0.961",
            "5,204 / 7,277",
            limit,
            WITHIN,
            RATIO,
            "bias",
        ),
        result(
            "ratio.age.under25",
            "Impact ratio",
            "age: under 25",
            "0.836",
            "0.794 to 0.880",
            "1,391 / 8,040",
            limit,
            AMBER,
            RATIO,
            "bias",
        ),
        result(
            "ratio.age.over65",
            "Impact ratio",
            "age: over 65",
            "0.962",
            "0.918 to 1.008",
            "1,017 / 8,040",
            limit,
            WITHIN,
            RATIO,
            "bias",
        ),
        result(
            "ratio.female.over65",
            "Impact ratio",
            "sex: female × age: over 65",
            None,
            None,
            "27",
            limit,
            INSUFFICIENT,
            RATIO,
            "bias",
            "27 applicants; groups below 100 are not compared, so that chance is not taken for discrimination.",
        ),
    )
    groups = [
        charts.GroupRate("25 to 65", 0.684, 0.674, 0.694, 8040, WITHIN),
        charts.GroupRate("over 65", 0.658, 0.629, 0.687, 1017, WITHIN),
        charts.GroupRate("under 25", 0.572, 0.546, 0.598, 1391, AMBER),
    ]
    drawn = charts.group_rates_chart(groups, limit=0.547, limit_name="Four fifths of the highest rate")
    chart = Chart("Approval rate by age, with four fifths of the highest rate", drawn)
    return Section("Fairness", "Are groups treated alike?", results, (chart,))


def explanation_section() -> Section:
    limit = "0.05 / 0.15"
    results = (
        result(
            "attribution.income",
            "Attribution drift",
            "income",
            "0.081",
            None,
            "2,000 / 2,000",
            limit,
            AMBER,
            SHAP,
            "explainability",
        ),
        result(
            "attribution.debt_ratio",
            "Attribution drift",
            "debt_ratio",
            "0.034",
            None,
            "2,000 / 2,000",
            limit,
            WITHIN,
            SHAP,
            "explainability",
        ),
        result(
            "additivity",
            "Additivity gap",
            "all rows",
            None,
            None,
            None,
            "0.001 / none",
            UNKNOWN,
            SHAP,
            "explainability",
            "Could not be computed, because the endpoint of the vendor's bureau score did not answer within 20 s.",
        ),
    )
    weights = [
        ("income", 0.31, 0.23),
        ("debt_ratio", 0.22, 0.25),
        ("utilisation", 0.19, 0.21),
        ("bureau_score", 0.18, 0.20),
        ("age_of_oldest_account", 0.10, 0.11),
    ]
    chart = Chart("Weight of each feature", charts.importance_chart([charts.Importance(*one) for one in weights]))
    return Section("Explanations", "Does the model still decide for the same reasons?", results, (chart,))


def trend(key, title, values, amber, red, direction=Direction.UPPER) -> Trend:
    points, periods = [], []
    for quarter, (value, spread, verdict) in zip(QUARTERS, values, strict=True):
        interval = (None, None) if value is None else (value - spread, value + spread)
        points.append(charts.TrendPoint(quarter, value, verdict, *interval))
        name = f"trend.{key}.{quarter[-4:]}-{quarter[:2].lower()}"
        periods.append(
            TrendPeriod(quarter, verdict, Figure(name, f"{value:.3f}", "history") if value is not None else None)
        )
    drawn = charts.trend_chart(points, amber=amber, red=red, direction=direction)
    return Trend(title, tuple(periods), Chart(title, drawn))


def trends() -> tuple[Trend, ...]:
    return (
        trend(
            "psi.income",
            "Population stability of income",
            [(0.046, 0.008, WITHIN), (0.088, 0.012, WITHIN), (0.164, 0.019, AMBER), (0.313, 0.027, RED)],
            0.10,
            0.25,
        ),
        trend(
            "auc",
            "AUC of all accounts",
            [(0.768, 0.015, WITHIN), (0.761, 0.016, WITHIN), (None, 0, INSUFFICIENT), (0.741, 0.019, WITHIN)],
            0.72,
            0.68,
            Direction.LOWER,
        ),
        trend(
            "ratio.under25",
            "Impact ratio of applicants under 25",
            [(0.902, 0.041, WITHIN), (0.881, 0.043, WITHIN), (0.858, 0.044, WITHIN), (0.836, 0.043, AMBER)],
            0.85,
            0.80,
            Direction.LOWER,
        ),
    )


def verdict_grid() -> Chart:
    rows = {
        "Stability: income": (WITHIN, WITHIN, AMBER, RED),
        "Stability: score": (WITHIN, WITHIN, WITHIN, AMBER),
        "AUC: all accounts": (WITHIN, WITHIN, INSUFFICIENT, WITHIN),
        "Calibration in the large": (WITHIN, WITHIN, INSUFFICIENT, AMBER),
        "Impact ratio: under 25": (WITHIN, WITHIN, WITHIN, AMBER),
        "Attribution drift: income": (WITHIN, WITHIN, WITHIN, AMBER),
        "Additivity gap": (WITHIN, WITHIN, WITHIN, UNKNOWN),
    }
    cells = [
        charts.Cell(row, quarter, verdict)
        for row, verdicts in rows.items()
        for quarter, verdict in zip(QUARTERS, verdicts, strict=True)
    ]
    return Chart("How it came about: the worst verdict of each measure per quarter", charts.heat_strip(cells))
