"""The steps every story is told with, each through the public services and each safe to repeat."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from django.utils import timezone

from audits.assessments import services as assessments
from audits.assessments.models import Run
from audits.workflows import services as workflows
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.policies import COMMITTEE
from audits.workflows.states import ChangeState
from demo.cast import PASSWORD, Cast
from demo.entries import describe
from demo.scorecards import ANSWERS
from demo.validating import validate
from inventory import services as inventory
from inventory.models import Model, ModelVersion, Policy
from inventory.policies import validation_required
from inventory.states import Stage
from mrm.accounts.policies import Role
from mrm.accounts.services import act_at_once

OFFICES = {Role.RISK_OFFICER: "officer"}
PARQUET = "application/vnd.apache.parquet"
DAYS = 364


@dataclass(frozen=True)
class Trained:
    """What an engineer has after training: a file, how it scores, and what it was trained with."""

    framework: str
    save: Callable[[Path], None]
    score: Callable[[pl.DataFrame], np.ndarray]
    params: dict


@dataclass(frozen=True)
class Calendar:
    """The year up to the day of the build; the month before it is each first version's holdout."""

    end: datetime
    start: datetime = field(init=False)
    before: datetime = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "start", self.end - timedelta(days=DAYS))
        object.__setattr__(self, "before", self.start - timedelta(days=30))

    @classmethod
    def of(cls, cast: Cast) -> "Calendar":
        """The year that ends on the day the cast was assembled, so that a build taken up later tells the same story."""
        return cls(cast.engineer.created_at.replace(hour=0, minute=0, second=0, microsecond=0))

    def back(self, days: int) -> datetime:
        return self.end - timedelta(days=days)


def register(cast: Cast, slug: str, *, confirmed: bool = True, **facts) -> Model:
    """The model, registered, described in full and its scorecard answered; its tier confirmed by a risk officer."""
    model = Model.objects.filter(slug=slug).first()
    if model is None:
        model = inventory.register_model(cast.workspace, slug=slug, owner=cast.owner, actor=cast.engineer, **facts)
    describe(cast, model)  # Before its tier is assessed: what a tier rests on, changed later, asks for it again.
    if not model.tier_assessments.exists():
        model = inventory.propose_tier(model, answers=ANSWERS[slug], actor=cast.engineer).model
    if confirmed and not model.tier_assessments.confirmed().exists():  # A later proposal waits for its own decision.
        model = act_at_once(inventory.TIER_CONFIRMATION, model, password=PASSWORD, actor=cast.officer)
    return model


def add_version(
    cast: Cast,
    model: Model,
    name: str,
    *,
    schema: list[dict],
    trained: Trained | None,
    reference: pl.DataFrame,
    threshold: float | None = None,
    metrics: dict | None = None,
) -> ModelVersion:
    """A version with its artifact and reference data."""
    version = inventory.register_version(
        model,
        schema=schema,
        framework=trained.framework if trained else "remote",
        code_ref=f"git+https://git.example.com/models/{model.slug}@{name}",
        params=trained.params if trained else {},
        metrics=metrics or {},
        decision_threshold=threshold,
        training_data={"rows": reference.height, "description": "rows before the reference data"},
        origin=f"demo:{name}",
        actor=cast.engineer,
    )
    with tempfile.TemporaryDirectory(prefix="mrm-demo-") as folder:
        if trained and not version.artifact_sha256:
            artifact = Path(folder, "artifact")
            trained.save(artifact)
            version = inventory.attach_artifact(version, artifact, actor=cast.engineer)
        if not hasattr(version, "reference"):
            path = Path(folder, "reference.parquet")
            reference.write_parquet(path)
            inventory.receive_reference(version, path, content_type=PARQUET, actor=cast.engineer)
    return ModelVersion.objects.select_related("model", "reference").get(pk=version.pk)


def log(cast: Cast, version: ModelVersion, rows: pl.DataFrame, *, label: str, until: datetime | None = None) -> None:
    """Predictions month by month, and the outcomes known by `until` after them."""
    months = rows.with_columns(pl.col("time").dt.truncate("30d").alias("month")).partition_by(
        "month", maintain_order=True
    )
    with tempfile.TemporaryDirectory(prefix="mrm-demo-") as folder:
        path = Path(folder, "rows.parquet")
        for month in months:
            month.drop("month", label).write_parquet(path)
            inventory.receive_batch(version, path, content_type=PARQUET, actor=cast.engineer)
            known = month if until is None else month.filter(pl.col("time") < until)
            known = known.select("id", label).drop_nulls()
            if known.height:
                known.write_parquet(path)
                inventory.receive_outcomes(version.model, path, content_type=PARQUET, actor=cast.engineer)


def assess(version: ModelVersion) -> None:
    """What the scheduler and the workers do every minute, for one version, until nothing is due."""
    assessments.create_missing_plans()
    assessments.queue_due_runs(timezone.now())
    for run in Run.objects.unfinished().filter(version=version).order_by("window_end"):
        assessments.execute(run.pk)


def promote(cast: Cast, version: ModelVersion, *, reason: str) -> None:
    """Validate it where the policy says so; ask for promotion, for the first use; whom the policy names decide."""
    version.refresh_from_db()
    if version.stage in (Stage.PRODUCTION, Stage.SUPERSEDED, Stage.RETIRED):
        return
    if validation_required(Policy.objects.in_force().document, version.model.tier):
        validate(cast, version)
    change = open_change(version, ChangeRequest.Kind.PROMOTION)
    change = change or workflows.request_change(
        ChangeRequest.Kind.PROMOTION,
        version,
        reason=reason,
        terms={"uses": ["1"]} if version.model.uses.exists() else {},
        actor=cast.engineer,
    )
    decide(cast, change, "Holdout results re-performed; I agree with them.", "Within appetite for its tier.")


def open_change(version: ModelVersion, kind: str) -> ChangeRequest | None:
    return version.changes.filter(kind=kind, state__in=(ChangeState.PENDING, ChangeState.APPROVED)).first()


def decide(cast: Cast, change: ChangeRequest, *comments: str) -> None:
    """Everybody whom the policy names approves, each with the next of the comments; a committee votes."""
    for place, role in enumerate(change.roles_required):
        comment = comments[min(place, len(comments) - 1)]
        if role == COMMITTEE:
            vote(cast, change, comment=comment)
        else:
            approve(change, _decider(cast, change, role), comment=comment)


def vote(cast: Cast, change: ChangeRequest, *, comment: str) -> None:
    """The committee votes, each member for themselves; its chair concludes with the minutes."""
    for person, said in zip(
        (cast.member, cast.chief_risk_officer, cast.chair), (comment, "Agreed.", "Agreed."), strict=True
    ):
        approve(change, person, comment=said)
    change.refresh_from_db()
    if change.state == ChangeState.PENDING and not change.minutes:
        minutes = f"All three had read the evidence. {comment}"
        act_at_once(workflows.VOTE_CONCLUSION, change, comment=minutes, password=PASSWORD, actor=cast.chair)


def _decider(cast: Cast, change: ChangeRequest, role: str):
    """Who decides in a role: the second officer where the first one asked."""
    if role == Role.RISK_OFFICER and change.requester == cast.officer:
        return cast.second_officer
    return getattr(cast, OFFICES.get(role, role))


def approve(change: ChangeRequest, person, *, comment: str) -> None:
    """One signed approval over the evidence as shown."""
    change = workflows.decision_view(change, person=person).change
    if change.state != ChangeState.PENDING or change.decisions.standing().filter(person=person).exists():
        return
    workflows.decide(
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        comment=comment,
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=person,
    )


def scored(trained: Trained, rows: pl.DataFrame, *, column: str = "score") -> pl.DataFrame:
    return rows.with_columns(pl.Series(column, trained.score(rows).astype(np.float64)))
