"""Things a test needs, valid unless told otherwise, made by the services that make them in earnest."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from django.db import connection
from django.utils import timezone

from audits.assessments import services as assessments
from audits.trail.services import governed
from inventory import services
from inventory.models import Policy
from inventory.services import end_approval
from mrm.accounts.models import Person, Workspace
from mrm.accounts.services import Password, create_person, create_workspace, grant_role, issue_token

PARQUET = "application/vnd.apache.parquet"
PASSWORD = "correct horse battery"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

SCHEMA = [
    {"name": "application", "kind": "categorical", "role": "id"},
    {"name": "at", "kind": "datetime", "role": "time"},
    {"name": "income", "kind": "numeric", "role": "feature", "required": False, "minimum": 0},
    {"name": "debt_ratio", "kind": "numeric", "role": "feature"},
    {"name": "purpose", "kind": "categorical", "role": "feature", "categories": ["home", "car", "other"]},
    {"name": "sex", "kind": "categorical", "role": "protected"},
    {"name": "region", "kind": "categorical", "role": "segment", "required": False},
    {"name": "score", "kind": "numeric", "role": "score", "minimum": 0, "maximum": 1},
    {"name": "approved", "kind": "boolean", "role": "prediction", "favourable": True},
    {"name": "repaid", "kind": "boolean", "role": "label", "favourable": True},
]

# What a request for a retirement has to say under the standard policy.
RETIREMENT = {
    "cause": "business_exit",
    "checklist": {
        "users_told": "Sales was told in May.",
        "jobs_stopped": "The nightly job is off, ticket 4711.",
        "overlays_disposed": "There are none.",
        "records_archived": "In the archive until 2036.",
        "consumers_moved": "Nothing took its output.",
        "access_revoked": "The credential of the job is revoked, ticket 4711.",
        "monitoring_ended": "The report of June is the last.",
        "vendor_closed": "There is no vendor.",
        "data_settled": "The batches stay until 2036.",
        "downstream_watched": "Nothing stands downstream.",
    },
}
# The same as the page's form sends it.
RETIREMENT_FORM = {"terms.cause": RETIREMENT["cause"]} | {
    f"terms.checklist.{item}": answer for item, answer in RETIREMENT["checklist"].items()
}

# What keeps a model and a version as they came about.
ENDING_ROLES = ("accounts_rolegrant_is_not_cut_short", "accounts_rolegrant_is_not_prolonged")
KEEPING = {
    "inventory_model": (
        "inventory_model_keeps_what_it_is",
        "inventory_model_takes_its_steps",
        "inventory_model_may_be_in_use",
        "inventory_model_tier_waits",
        "inventory_model_tier_is_told",
    ),
    "inventory_modelversion": (
        "inventory_modelversion_is_filled_before_it_is_decided",
        "inventory_modelversion_keeps_what_it_is",
        "inventory_modelversion_stays_as_registered",
        "inventory_modelversion_takes_its_steps",
    ),
    "assessments_plan": ("assessments_plan_is_not_put_off", "assessments_plan_switching_off_is_signed"),
    "workflows_finding": (
        "workflows_finding_stays_as_issued",
        "workflows_finding_takes_its_steps",
        "workflows_finding_without_conflict",
        "workflows_finding_is_ended_by_somebody",
        "workflows_finding_drop_is_signed",
        "workflows_finding_critical_restricts",
    ),
}

_numbers = itertools.count(1)


def make_workspace(slug: str = "", *, name: str = "") -> Workspace:
    slug = slug or f"unit-{next(_numbers)}"
    return create_workspace(slug, name or slug.replace("-", " ").capitalize(), actor=None)


def make_person(*roles, name: str = "", workspace=None, kind=Person.Kind.HUMAN, password: str = PASSWORD) -> Person:
    """A person with these roles, in one workspace or in all."""
    name = name or f"Person {next(_numbers)}"
    email = f"{name.lower().replace(' ', '.')}.{next(_numbers)}@bank.example"
    person = create_person(email, name, password=password, kind=kind, actor=None)
    for role in roles:
        grant_role(person, role, workspace=workspace, actor=None)
    return Person.objects.get(pk=person.pk)


def make_token(person: Person, *, workspace=None, **scope) -> str:
    """The secret of a token of this person."""
    workspace = workspace or Workspace.objects.get(slug="main")
    return issue_token(person, "test", workspace=workspace, actor=person, **scope)[1]


def make_model(*, workspace=None, owner=None, name: str = "", actor=None, **fields):
    """A model of the middle tier, described in full; its tier is not confirmed."""
    defaults = {
        "purpose": "Decides on instalment loans.",
        "business_unit": "Retail lending",
        "methodology": "Logistic regression",
        "exposure": "medium",
        "purpose_level": "medium",
        "complexity": "medium",
        "reliance": "medium",
    }
    return services.register_model(
        workspace or Workspace.objects.get(slug="main"),
        name=name or f"Model {next(_numbers)}",
        owner=owner or make_person("owner"),
        actor=actor,
        **defaults | fields,
    )


def make_version(model=None, *, schema=None, decision_threshold=0.5, actor=None, **fields):
    return services.register_version(
        model or make_model(), schema=schema or SCHEMA, decision_threshold=decision_threshold, actor=actor, **fields
    )


def make_use(model=None, *, title: str = "", actor=None, **fields):
    """A proposed use of a model."""
    title = title or f"Use {next(_numbers)}"
    return services.propose_use(model or make_model(), title=title, actor=actor, **fields)


def make_rows(count: int = 200, *, seed: int = 0, first_id: int = 1, start: datetime = NOON, **columns) -> pl.DataFrame:
    """Rows that fit SCHEMA, one a minute. `columns` replace or, being None, leave out columns."""
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 2, count)
    rows = {
        "application": [f"A{number:07}" for number in range(first_id, first_id + count)],
        "at": [start + timedelta(minutes=minute) for minute in range(count)],
        "income": rng.lognormal(10, 0.5, count),
        "debt_ratio": rng.uniform(0, 0.6, count),
        "purpose": rng.choice(["home", "car", "other"], count),
        "sex": rng.choice(["female", "male"], count),
        "region": rng.choice(["north", "south"], count),
        "score": score,
        "approved": score >= 0.5,
        "repaid": rng.uniform(size=count) < score,
    } | columns
    return pl.DataFrame({name: values for name, values in rows.items() if values is not None})


def csv_of(count: int, **columns) -> bytes:
    """Rows without labels as the body of a batch."""
    return make_rows(count, **{"repaid": None} | columns).write_csv().encode()


def make_reference(version, folder: Path, *, rows: pl.DataFrame | None = None, actor=None):
    """Reference data of a version: 500 labelled rows unless given."""
    rows = make_rows(500, seed=1, first_id=9_000_000) if rows is None else rows
    return services.receive_reference(version, _written(rows, folder), content_type=PARQUET, actor=actor)


def make_batch(version, folder: Path, *, rows: pl.DataFrame | None = None, actor=None):
    """A batch of predictions: 200 rows without labels unless given."""
    rows = make_rows(repaid=None) if rows is None else rows
    return services.receive_batch(version, _written(rows, folder), content_type=PARQUET, actor=actor)[0]


def make_outcomes(model, folder: Path, *, rows: pl.DataFrame, actor=None):
    return services.receive_outcomes(model, _written(rows, folder), content_type=PARQUET, actor=actor)[0]


def make_otherwise(row, **fields):
    """A model, version or finding as if made otherwise: what its triggers keep, changed while they are off."""
    table = row._meta.db_table
    with undecided(table, *KEEPING[table]):
        type(row).objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()


def end_roles(person, *, ends_at: datetime | None = None) -> None:
    """The roles that they hold are over by now, or on that day, and nobody signed it."""
    with undecided("accounts_rolegrant", *ENDING_ROLES):
        now = timezone.now()
        person.grants.in_force(now).update(ends_at=ends_at or now)


def take_back_approval(approval, *, reason: str, actor=None):
    """That a version is approved for a use ends, and nobody signed it."""
    with undecided("inventory_useapproval", "inventory_useapproval_ends_on_a_ground"):
        return end_approval(approval, reason=reason, actor=actor)


@contextmanager
def undecided(table: str, *triggers: str) -> Iterator[None]:
    """What only a decision brings about, without one: as whoever owns the tables can, by switching its triggers off."""
    with governed(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # What waits for the end would keep the table as it is.
        for trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for trigger in triggers:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def rows_of(statement: str, *values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def settle() -> None:
    """Ask now what is otherwise asked when the transaction ends."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


def without_triggers(table: str, statement: str) -> None:
    """As whoever owns the tables can."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # What waits for the end of the transaction would keep the table as it is.
    sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql(statement)
    sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def decide_breach(breach, *, decision: str = "no_action", text: str = "It is known.", closes: bool = False, actor):
    """Sign what is done about a breach, by password."""
    statement = assessments.prepare_decision(breach, decision=decision, text=text, closes=closes, actor=actor)
    return assessments.sign_decision(breach, statement.pk, proof=Password(PASSWORD), actor=actor)


def dismiss(breach, *, reason: str, actor):
    """Sign that nothing is done about a breach, and so close it."""
    decide_breach(breach, text=reason, closes=True, actor=actor)
    breach.refresh_from_db()
    return breach


def publish(document: dict):
    """Put a policy in force, as an approved request would."""
    with undecided("inventory_policy", "inventory_policy_is_decided"):
        return services.publish_policy(document, actor=None)


def make_policy(document: dict) -> Policy:
    """A policy in force as an earlier release may have published it: nobody looks whether it is complete."""
    with undecided("inventory_policy", "inventory_policy_is_decided"):
        number = Policy.objects.in_force().number + 1
        return Policy.objects.create(number=number, document=document, digest=f"{number:064}")


def promote(version):
    """Put a version into production, as an approved request would."""
    with undecided("inventory_modelversion", "inventory_modelversion_is_decided"):
        return services.promote_version(version, actor=None)


def retire(model):
    """End a model, as an approved and signed retirement would."""
    versions = undecided("inventory_modelversion", "inventory_modelversion_is_not_lost")
    with versions, undecided("inventory_model", "inventory_model_retirement_is_decided"):
        return services.retire_model(model, actor=None)


def confirm(model):
    """Confirm the tier of a model, as an approved tier change would."""
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        return services.confirm_tier(model, actor=None)


def approve_for(version, use, **fields):
    """Approve a version for a use, as an approved request would."""
    with undecided("inventory_useapproval", "inventory_useapproval_is_decided"):
        return services.approve_use(version, use, **fields, actor=None)


def end_use(use, *, reason: str = "Replaced."):
    """End a use, as an approved request would."""
    with undecided("inventory_use", "inventory_use_end_is_decided"):
        return services.end_use(use, reason=reason, actor=None)


def _written(rows: pl.DataFrame, folder: Path) -> Path:
    path = folder / f"rows-{next(_numbers)}.parquet"
    rows.write_parquet(path)
    return path
