"""Benchmark data: a register that nobody entered, written by COPY past the services and their trail.

Not for an installation that means anything: there is no trail entry behind any of it. Records are spread over three
years, as they would lie if people had worked with the register, which only the owner of the tables can pretend.
"""

import itertools
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, models, transaction
from django.utils.text import slugify
from psycopg.types.json import Jsonb

from audits.assessments.models import Kind, Plan, Run
from audits.assessments.states import RunState
from audits.statistics.limits import Verdict
from audits.workflows.models import Finding
from audits.workflows.states import FindingState
from inventory.models import DataSource, Determination, Model, ModelVersion, Policy, Statement
from inventory.models.particulars import NOT_A_MODEL
from inventory.policies import SEVERITIES
from inventory.services import prepare_installation
from inventory.states import Stage, Status
from mrm.accounts.models import Person, Workspace
from mrm.accounts.policies import Role
from mrm.accounts.services import create_person, grant_role, issue_token
from registry.models import ModelTag

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 3 * 365
AUDITOR = "auditor@bench.example"
EDITED = 0.3  # The share of models whose entry was changed once since.
SUBJECTS = (
    "Credit",
    "Fraud",
    "Churn",
    "Pricing",
    "Liquidity",
    "Collections",
    "Marketing",
    "Claims",
    "Deposit",
    "Stress",
)
TASKS = ("default", "loss", "exposure", "response", "limit", "early warning", "segmentation", "forecast")
PLACES = ("north", "south", "coast", "islands", "cards", "mortgages", "leasing", "brokers", "online", "branches")
VERDICTS = (Verdict.WITHIN, Verdict.AMBER, Verdict.RED, Verdict.INSUFFICIENT)
RECORDED = (("inventory_model", "inventory_modelrecord"), ("inventory_modelversion", "inventory_versionrecord"))


@transaction.atomic
def populate(count: int = 100_000, *, versions: int = 3, seed: int = 0) -> None:
    """Write the models, their versions, what is said about them and found, and what was recorded of it."""
    prepare_installation()
    rng, people, workspace = np.random.default_rng(seed), _people(200), Workspace.objects.get(slug="main")
    _switch_triggers("DISABLE")
    made = [_model(number, rng, people, workspace) for number in range(count)]
    _copy(made)
    _copy(itertools.chain.from_iterable(_versions(model, versions, rng) for model in made))
    _copy(_findings(made, rng))
    for rows in (_determinations, _data_sources, _limitations, _tags):
        _copy(rows(made, rng))
    _copy(_plans())
    _copy(_runs(rng))
    _write_records()
    _switch_triggers("ENABLE")
    grant_role(create_person(AUDITOR, "Auditor", actor=None), Role.AUDITOR, actor=None)


def is_there() -> bool:
    return Person.objects.filter(email=AUDITOR).exists()


def auditor() -> Person:
    """Who may read it all."""
    return Person.objects.get(email=AUDITOR)


def token() -> str:
    """A secret of the auditor's, with which the registry's addresses are asked."""
    return issue_token(auditor(), "bench", workspace=Workspace.objects.get(slug="main"), actor=None)[1]


def analyze() -> None:
    """What PostgreSQL does by itself some minutes after so much was written."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _people(count: int) -> list[Person]:
    return [create_person(f"owner{n}@bench.example", f"Owner {n:03}", actor=None) for n in range(count)]


def _model(number: int, rng, people: list[Person], workspace: Workspace) -> Model:
    subject, task, place = (words[rng.integers(len(words))] for words in (SUBJECTS, TASKS, PLACES))
    name = f"{subject} {task} {place} {number:06}"
    registered = END - timedelta(days=float(rng.random() * DAYS))
    confirmed = rng.random() < 0.8
    return Model(
        workspace=workspace,
        slug=slugify(name),
        name=name,
        purpose=f"Estimates the {task} of {place} customers, on which {subject.lower()} decisions rest.",
        business_unit=f"{PLACES[number % len(PLACES)].capitalize()} {subject.lower()}",
        methodology="Gradient-boosted trees" if rng.random() < 0.5 else "Logistic regression",
        owner=people[rng.integers(len(people))],
        status=(Status.IN_USE, Status.IN_DEVELOPMENT, Status.RETIRED)[rng.choice(3, p=(0.7, 0.2, 0.1))],
        exposure="medium",
        purpose_level="medium",
        complexity="medium",
        reliance="medium",
        tier=int(rng.choice((1, 2, 3), p=(0.1, 0.3, 0.6))),
        tier_confirmed_at=registered if confirmed else None,
        affects_natural_persons=bool(rng.random() < 0.4),
        registered_at=registered,
        edited_at=registered,
    )


def _versions(model: Model, count: int, rng):
    in_use = model.status == Status.IN_USE
    for number in range(1, count + 1):
        newest = number == count
        stage = (Stage.PRODUCTION if in_use else Stage.CANDIDATE) if newest else Stage.SUPERSEDED
        at = model.registered_at + timedelta(days=float(30 * number * rng.random()))
        yield ModelVersion(
            model=model,
            number=number,
            stage=Stage.RETIRED if model.status == Status.RETIRED else stage,
            framework="xgboost",
            code_ref=f"git:{number:07x}",
            schema=[
                {"name": "income", "kind": "numeric", "role": "feature"},
                {"name": "score", "kind": "numeric", "role": "score"},
            ],
            registered_at=at,
            promoted_at=at if stage != Stage.CANDIDATE else None,
        )


def _plans():
    """A plan for each version in production of the two upper tiers."""
    monitored = ModelVersion.objects.filter(stage=Stage.PRODUCTION, model__tier__lte=2)
    for key in monitored.values_list("pk", flat=True):
        yield Plan(version_id=key, kind=Kind.DRIFT, window_start=END, next_due_at=END + timedelta(days=365))


def _runs(rng):
    """The last three months of each plan, one run a month."""
    policy = Policy.objects.in_force()
    for plan, version in Plan.objects.values_list("pk", "version"):
        for months in range(3):
            end = END - timedelta(days=30 * months)
            yield Run(
                plan_id=plan,
                version_id=version,
                policy=policy,
                window_start=end - timedelta(days=30),
                window_end=end,
                state=RunState.SUCCEEDED,
                verdict=VERDICTS[rng.choice(len(VERDICTS), p=(0.8, 0.12, 0.05, 0.03))],
                started_at=end,
                finished_at=end,
            )


def _findings(made: list[Model], rng):
    """Of one model in seven an open finding, a third of them late."""
    policy = Policy.objects.in_force()
    for number, model in enumerate(model for model in made if rng.random() < 1 / 7):
        due = (END + timedelta(days=float(rng.integers(-60, 120)))).date()
        yield Finding(
            reference=f"F-{END.year}-{number:06}",
            model=model,
            policy=policy,
            severity=SEVERITIES[rng.choice(len(SEVERITIES), p=(0.05, 0.2, 0.45, 0.3))],
            title="Not estimated on recent cases",
            observation="The development sample ends before the last downturn.",
            required_outcome="Estimate it anew.",
            state=FindingState.OPEN,
            owner=model.owner,
            issued_at=END - timedelta(days=90),
            due_at=due,
            first_due_at=due,
        )


def _determinations(made: list[Model], rng):
    """Each under one regime; one in thirty is a tool."""
    for model in made:
        verdict = NOT_A_MODEL if rng.random() < 1 / 30 else "model"
        why = "It turns data into an estimate by a statistical method."
        yield Determination(model=model, regime="sr-26-2", verdict=verdict, rationale=why, added_at=model.registered_at)


def _data_sources(made: list[Model], rng):
    """Two each, out of fifty that many models share."""
    for model in made:
        for number in rng.choice(50, size=2, replace=False):
            yield DataSource(model=model, name=f"Feed {number:02}", steward="Data office", added_at=model.registered_at)


def _limitations(made: list[Model], rng):
    for model in made:
        yield Statement(
            model=model,
            kind=Statement.Kind.LIMITATION,
            text="Not estimated on the self-employed.",
            significance="low" if rng.random() < 0.7 else "high",
            added_at=model.registered_at,
        )


def _tags(made: list[Model], rng):
    for model in made:
        yield ModelTag(model=model, key="team", value=f"team {rng.integers(40)}")
        yield ModelTag(model=model, key="framework", value="xgboost")


def _copy(rows) -> None:
    """Rows into their table by COPY, with every column as Django would write it."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:  # Of few models there may be none.
        return
    given = (models.GeneratedField, models.AutoField)  # By the database.
    columns = [field for field in first._meta.concrete_fields if not isinstance(field, given)]
    names = ", ".join(f'"{field.column}"' for field in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {first._meta.db_table} ({names}) FROM STDIN") as copy:
        for row in itertools.chain([first], rows):
            copy.write_row([field.get_db_prep_save(getattr(row, field.attname), connection) for field in columns])


def _switch_triggers(word: str) -> None:
    with connection.cursor() as cursor:
        for table in itertools.chain.from_iterable(RECORDED):
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} {word} TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _write_records() -> None:
    """A first record of everything; and of some models a change 90 days later, as it would have been kept."""
    with connection.cursor() as cursor:
        for table, records in RECORDED:
            cursor.execute(
                f"INSERT INTO {records} (subject, recorded_from, valid_from, fields) "  # noqa: S608 - our own names
                "SELECT id, registered_at, registered_at::date, fields_to_keep(to_jsonb(present), '{schema}') "
                f"FROM {table} AS present"
            )
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            "WITH closed AS (UPDATE inventory_modelrecord SET recorded_to = recorded_from + interval '90 days' "
            "  WHERE random() < %s RETURNING *) "
            "INSERT INTO inventory_modelrecord (subject, recorded_from, valid_from, valid_to, fields) "
            "SELECT subject, recorded_to, valid_from, recorded_to::date, fields FROM closed UNION ALL "
            "SELECT subject, recorded_to, recorded_to::date, NULL, fields || %s FROM closed",
            [EDITED, Jsonb({"purpose": "Now for pricing, too."})],
        )
