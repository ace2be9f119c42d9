"""The register as it stood: recorded by the database, asked for by day and by what was known when."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.assessments.models import Plan
from audits.trail.models import Entry
from inventory.contents.differences import differences
from inventory.contents.history import parts_as_they_stood
from inventory.models import Model, ModelRecord, Moment, TierAssessment, UseApproval, UseRecord, VersionRecord
from inventory.models.particulars import ROWS_OF
from inventory.services import edit_model, edit_use, propose_use
from mrm.errors import UnusableData
from tests.factories import make_model, make_otherwise, make_person, make_version, promote, retire

DATED = {
    **dict.fromkeys({table for table, _ in ROWS_OF.values()}, ("added_at", "ended_at")),
    Model: ("registered_at",),
    TierAssessment: ("confirmed_at",),
    Plan: ("created_at",),
    UseApproval: ("effective_at", "ended_at"),
}
TABLES = ("inventory_modelrecord", "inventory_versionrecord", "inventory_userecord", "assessments_planrecord")


def days_ago(days: int) -> date:
    return timezone.now().date() - timedelta(days=days)


def let_days_pass(days: int, *models: Model) -> None:
    """Move everything recorded so far into the past, as only the owner of the tables can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # ALTER TABLE waits for no pending check.
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            # The earliest first: a later one that was moved before it would overlap with it for a moment.
            cursor.execute(f"SELECT id FROM {table} ORDER BY recorded_from, valid_from")
            cursor.executemany(
                f"UPDATE {table} SET recorded_from = recorded_from - %(days)s, recorded_to = recorded_to - %(days)s, "
                "valid_from = (valid_from - %(days)s)::date, valid_to = (valid_to - %(days)s)::date WHERE id = %(id)s",
                [{"days": timedelta(days=days), "id": key} for (key,) in cursor.fetchall()],
            )
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for kind, columns in DATED.items():
            table, moved = kind._meta.db_table, ", ".join(f"{name} = {name} - %(days)s" for name in columns)
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET {moved}", {"days": timedelta(days=days)})
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # As before: what is written next is checked at the end again.
    for model in models:
        model.refresh_from_db()


def told(model, field: str, moment: Moment):
    """What the register says of a field at a moment; None where it did not know the model."""
    records = list(ModelRecord.objects.standing(moment).filter(subject=model.pk))
    assert len(records) <= 1
    return records[0].fields[field] if records else None


@pytest.fixture
def model(workspace):
    """Registered forty days ago with one purpose, given another ten days ago."""
    model = make_model(purpose="Cards.")
    let_days_pass(30, model)
    edit_model(model, changes={"purpose": "Cards and loans."}, actor=None)
    let_days_pass(10, model)
    return model


def test_the_register_says_what_it_said_that_evening(model):
    assert told(model, "purpose", Moment.of(days_ago(41))) is None
    assert told(model, "purpose", Moment.of(days_ago(40))) == "Cards."
    assert told(model, "purpose", Moment.of(days_ago(11))) == "Cards."
    assert told(model, "purpose", Moment.of(days_ago(10))) == "Cards and loans."
    assert told(model, "purpose", Moment.of(days_ago(0))) == "Cards and loans."


def test_a_fact_entered_late_is_known_late_and_holds_since_its_day(model, owner):
    before = model.owner
    edit_model(model, changes={"owner": owner}, effective_on=days_ago(20), actor=None)
    assert told(model, "owner_id", Moment.of(days_ago(15))) == str(before.pk)
    assert told(model, "owner_id", Moment.of(days_ago(15), known_on=days_ago(0))) == str(owner.pk)
    assert told(model, "owner_id", Moment.of(days_ago(21), known_on=days_ago(0))) == str(before.pk)
    assert told(model, "owner_id", Moment.of(days_ago(0))) == str(owner.pk)


def test_a_late_fact_changes_nothing_else_in_the_past(model, owner):
    edit_model(model, changes={"owner": owner}, effective_on=days_ago(20), actor=None)
    assert told(model, "purpose", Moment.of(days_ago(15), known_on=days_ago(0))) == "Cards."
    assert told(model, "purpose", Moment.of(days_ago(5), known_on=days_ago(0))) == "Cards and loans."


def test_what_holds_today_can_be_said_to_have_held_before(model):
    edit_model(model, changes={"purpose": "Cards and loans."}, effective_on=days_ago(25), actor=None)
    assert told(model, "purpose", Moment.of(days_ago(20))) == "Cards."
    assert told(model, "purpose", Moment.of(days_ago(20), known_on=days_ago(0))) == "Cards and loans."


def test_the_trail_says_since_when(model, owner):
    edit_model(model, changes={"owner": owner}, effective_on=days_ago(20), actor=None)
    assert Entry.objects.about(model).first().details["effective_on"] == days_ago(20).isoformat()


def test_the_day_of_a_late_fact_does_not_leak_into_the_next_change(model, owner):
    edit_model(model, changes={"owner": owner}, effective_on=days_ago(20), actor=None)
    edit_model(model, changes={"purpose": "Loans."}, actor=None)
    assert told(model, "purpose", Moment.of(days_ago(5), known_on=days_ago(0))) == "Cards and loans."


@pytest.mark.parametrize(("days", "why"), [(-1, "future"), (41, "was registered")])
def test_a_fact_neither_holds_in_the_future_nor_before_the_model_was_registered(model, owner, days, why):
    with pytest.raises(UnusableData, match=why):
        edit_model(model, changes={"owner": owner}, effective_on=days_ago(days), actor=None)
    assert ModelRecord.objects.filter(subject=model.pk, recorded_to=None).count() == 2


def test_a_change_by_sql_is_recorded_like_any_other(model):
    Model.objects.filter(pk=model.pk).update(business_unit="Smuggled")
    assert told(model, "business_unit", Moment.of(days_ago(1))) == "Retail lending"
    assert told(model, "business_unit", Moment.of(days_ago(0))) == "Smuggled"


def test_a_change_that_changes_nothing_records_nothing(model):
    before = ModelRecord.objects.count()
    Model.objects.filter(pk=model.pk).update(business_unit=model.business_unit)
    assert ModelRecord.objects.count() == before


def test_a_deleted_entry_was_there_before_and_is_not_now(model):
    with connection.cursor() as cursor:  # The server's administrator can, whatever the triggers say.
        cursor.execute("ALTER TABLE inventory_model DISABLE TRIGGER inventory_model_keeps_what_it_is")
    Model.objects.filter(pk=model.pk).delete()
    assert told(model, "purpose", Moment.of(days_ago(0))) is None
    assert told(model, "purpose", Moment.of(days_ago(1))) == "Cards and loans."
    assert told(model, "purpose", Moment.of(days_ago(1), known_on=days_ago(0))) == "Cards and loans."


def test_rows_written_in_bulk_are_recorded_each(workspace, owner):
    Model.objects.bulk_create(
        Model(workspace=workspace, slug=f"bulk-{n}", name=f"Bulk {n}", owner=owner) for n in range(3)
    )
    assert ModelRecord.objects.filter(name__startswith="Bulk").count() == 3


def test_two_changes_in_one_transaction_are_two_records(model):
    before = ModelRecord.objects.filter(subject=model.pk).count()
    for unit in ("A", "B"):
        Model.objects.filter(pk=model.pk).update(business_unit=unit)
    assert ModelRecord.objects.filter(subject=model.pk).count() > before + 1
    assert told(model, "business_unit", Moment.of(days_ago(0))) == "B"


def test_the_stage_of_a_version_is_known_for_any_day(model):
    first = promote(make_version(model))
    let_days_pass(5, model)
    second = make_version(model)
    promote(second)
    stages = {
        version.number: version.stage
        for version in parts_as_they_stood(VersionRecord, model.pk, Moment.of(days_ago(3)))
    }
    assert stages == {1: "production"}
    stages = {
        version.number: version.stage
        for version in parts_as_they_stood(VersionRecord, model.pk, Moment.of(days_ago(0)))
    }
    assert stages == {1: "superseded", 2: "production"}
    assert VersionRecord.objects.filter(subject=first.pk, recorded_to=None).exists()


def test_a_versions_long_facts_are_recorded_by_their_digest(workspace):
    version = make_version()
    digest = VersionRecord.objects.get(subject=version.pk).fields["schema"]
    assert len(digest) == 64
    make_otherwise(version, schema=[])
    assert VersionRecord.objects.get(subject=version.pk, recorded_to=None).fields["schema"] != digest


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM inventory_modelrecord",
        "UPDATE inventory_modelrecord SET recorded_to = now()",
        "UPDATE inventory_modelrecord SET fields = '{}'",
        "INSERT INTO inventory_modelrecord (subject, recorded_from, valid_from, fields)"
        " SELECT gen_random_uuid(), now(), now(), fields FROM inventory_modelrecord",
        "TRUNCATE inventory_versionrecord",
        "DELETE FROM inventory_versionrecord",
    ],
)
def test_records_are_append_only_and_written_by_the_register_alone(workspace, statement):
    make_version()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_two_truths_about_one_day(model):
    [record] = ModelRecord.objects.filter(subject=model.pk, recorded_to=None, valid_to=None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE inventory_modelrecord DISABLE TRIGGER USER")
        with pytest.raises(IntegrityError, match="one_truth_at_a_time"), transaction.atomic():
            cursor.execute(
                "INSERT INTO inventory_modelrecord (subject, recorded_from, valid_from, fields) "
                "VALUES (%s, now(), now(), %s)",
                [record.subject, "{}"],
            )


def test_differences_tell_what_came_went_and_changed(workspace, owner):
    stays, changes, retires = (make_model(name=name) for name in ("Stays", "Changes", "Retires"))
    let_days_pass(10, stays, changes, retires)
    edit_model(changes, changes={"business_unit": "Cards"}, actor=None)
    retire(retires)
    make_model(name="Added")
    found = differences(ModelRecord.objects.all(), *(Moment.of(days_ago(days)) for days in (5, 0)))
    assert {one.name: one.kind for one in found.shown} == {
        "Added": "added",
        "Changes": "changed",
        "Retires": "retired",
    }
    assert found.counts == {"added": 1, "retired": 1, "changed": 1, "removed": 0}
    [change] = next(one for one in found.shown if one.name == "Changes").changes
    assert (change.field, change.before, change.after) == ("business_unit", "Retail lending", "Cards")


def test_the_edit_of_another_day_alone_is_no_difference(model, owner):
    edit_model(model, changes={"owner": owner}, effective_on=days_ago(20), actor=None)
    moments = [Moment.of(days_ago(days), days_ago(0)) for days in (9, 0)]
    assert differences(ModelRecord.objects.all(), *moments).total == 0


def test_who_works_elsewhere_does_not_see_what_the_register_said(model, stranger):
    person = make_person("auditor")
    assert ModelRecord.objects.visible_to(person).filter(subject=model.pk).exists()
    assert not ModelRecord.objects.visible_to(stranger).filter(subject=model.pk).exists()


def test_a_use_is_recorded_too(model):
    use = propose_use(model, title="Pricing", actor=None)
    let_days_pass(5, model)
    edit_use(use, changes={"title": "Pricing of loans"}, actor=None)
    [then] = parts_as_they_stood(UseRecord, model.pk, Moment.of(days_ago(2)))
    [now] = parts_as_they_stood(UseRecord, model.pk, Moment.of(days_ago(0)))
    assert (then.title, now.title) == ("Pricing", "Pricing of loans")
