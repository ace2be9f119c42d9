"""What is said about a model row by row: added, ended with a reason, never changed; documents under their digest."""

import pytest
from django.db import IntegrityError, connection, transaction

from audits.trail.models import Action, Entry
from inventory.attributes import BY_NAME, PARTICULARS, ROWS
from inventory.contents.attributes import told_of
from inventory.contents.histories import history_of
from inventory.models import Document
from inventory.models.particulars import ROWS_OF, rows_of
from inventory.services import add_particular, attach_document, end_particular
from mrm.accounts.policies import Role
from mrm.adapters import storage
from mrm.errors import NotPermitted, RuleBroken, TooLarge, UnusableData
from tests.factories import make_model, make_person, make_workspace, retire

LIMITATION = {"text": "Not estimated on the self-employed.", "significance": "medium"}


@pytest.fixture
def model(workspace, owner):
    return make_model(name="Loans", owner=owner)


def attach(model, content=b"%PDF-1.7", **facts):
    facts = {"filename": "report.pdf", "media_type": "application/pdf", "values": {}, "actor": None} | facts
    facts["values"] = {"title": "Development report", "kind": "development"} | facts["values"]
    return attach_document(model, content, **facts)


def test_every_attribute_of_rows_has_its_table_and_its_fields():
    assert ROWS.keys() == PARTICULARS.keys() == ROWS_OF.keys()
    for name, (table, _) in ROWS_OF.items():
        assert {field.name for field in PARTICULARS[name]} <= {field.name for field in table._meta.fields}, name


def test_a_limitation_is_said_and_ended_and_stays_in_the_history(model, validator):
    row = add_particular(model, "limitations", values=LIMITATION, actor=validator)
    assert model.says("limitations")
    told = {one.attribute.name: one for one in told_of(model, derived={})}["limitations"]
    assert told.lines == ("Not estimated on the self-employed. (medium)",)
    assert told.value[0]["significance"] == "medium"
    with pytest.raises(RuleBroken, match="Say why"):
        end_particular(row, "limitations", reason=" ", actor=validator)
    end_particular(row, "limitations", reason="Estimated on them since version 4.", actor=validator)
    assert not model.says("limitations")
    ended, added = history_of(model, BY_NAME["limitations"])
    assert (added.by, added.before, added.after) == (validator.display_name, None, told.lines[0])
    assert (ended.before, ended.after) == (told.lines[0], "Ended: Estimated on them since version 4.")
    with pytest.raises(RuleBroken, match="already"):
        end_particular(row, "limitations", reason="Again.", actor=validator)


def test_an_assumption_is_no_limitation(model):
    add_particular(model, "assumptions", values={"text": "Rates stay positive."}, actor=None)
    assert rows_of("assumptions").count() == 1 and not rows_of("limitations").exists()


def test_whether_it_is_a_model_is_for_the_second_line_to_say(model, engineer, owner, validator):
    verdict = {"regime": "SR 26-2", "verdict": "not_a_model", "rationale": "Adds up what others estimate."}
    for person in (engineer, owner):
        with pytest.raises(NotPermitted, match="Model or not"):
            add_particular(model, "determinations", values=verdict, actor=person)
    first = add_particular(model, "determinations", values=verdict, actor=validator)
    second = add_particular(
        model, "determinations", values=verdict | {"regime": "sr 26-2", "verdict": "model"}, actor=validator
    )
    first.refresh_from_db()
    assert first.ended_because == "Determined again."
    assert list(rows_of("determinations").standing()) == [second]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_say_nothing(model, workspace, role):
    person = make_person(role, workspace=workspace)
    row = add_particular(model, "limitations", values=LIMITATION, actor=None)
    with pytest.raises(NotPermitted):
        add_particular(model, "limitations", values=LIMITATION, actor=person)
    with pytest.raises(NotPermitted):
        end_particular(row, "limitations", reason="No.", actor=person)
    with pytest.raises(NotPermitted):
        attach(model, actor=person)


def test_a_role_elsewhere_is_no_role_here(model, stranger):
    with pytest.raises(NotPermitted):
        add_particular(model, "limitations", values=LIMITATION, actor=stranger)


def test_every_fault_of_a_row_is_named_at_once(model):
    with pytest.raises(UnusableData) as refusal:
        add_particular(
            model,
            "limitations",
            values={"text": " ", "significance": "total", "answer": "\x00", "colour": 1},
            actor=None,
        )
    assert {error["field"] for error in refusal.value.errors} == {"text", "significance", "answer", "colour"}
    with pytest.raises(UnusableData, match="is needed"):
        add_particular(model, "stakeholders", values={"discipline": "legal"}, actor=None)


def test_what_the_register_says_already_is_not_said_twice(model, owner):
    for name, values in (
        ("aliases", {"name": "PD-1", "system": "SAS"}),
        ("stakeholders", {"discipline": "legal", "person": owner}),
        ("data_sources", {"name": "Bureau"}),
    ):
        row = add_particular(model, name, values=values, actor=None)
        again = values | ({"name": values["name"].lower()} if "name" in values else {})
        with pytest.raises(RuleBroken, match="says so already"):
            add_particular(model, name, values=again, actor=None)
        end_particular(row, name, reason="Moved.", actor=None)
        add_particular(model, name, values=again, actor=None)


def test_nothing_is_said_of_a_retired_model(model):
    retire(model)
    with pytest.raises(RuleBroken, match="retired"):
        add_particular(model, "limitations", values=LIMITATION, actor=None)


def test_a_document_is_kept_as_it_is_under_its_digest(model, engineer):
    row = attach(
        model, b"%PDF-1.7 content", filename="..\\..\\etc/passwd\r\n.pdf", media_type="text/html; x", actor=engineer
    )
    assert row.sha256 == storage.digest_of(b"%PDF-1.7 content")
    assert storage.read(row.sha256) == b"%PDF-1.7 content"
    assert (row.filename, row.media_type, row.bytes) == ("passwd.pdf", "application/octet-stream", 16)
    details = Entry.objects.get(action=Action.PARTICULAR_ADDED).details
    assert (details["attribute"], details["values"]["sha256"]) == ("documents", row.sha256)
    with pytest.raises(RuleBroken, match="says so already"):
        attach(model, b"%PDF-1.7 content")


def test_a_file_that_is_empty_or_too_large_is_refused(model, settings):
    with pytest.raises(UnusableData, match="empty"):
        attach(model, b"")
    settings.MAXIMUM_UPLOAD_BYTES = 10
    with pytest.raises(TooLarge):
        attach(model, b"x" * 11)
    with pytest.raises(RuleBroken, match="with its file"):
        add_particular(model, "documents", values={"title": "Nothing", "kind": "other"}, actor=None)
    assert not Document.objects.exists()


def test_a_dependency_leads_to_a_living_model_of_the_same_workspace(model):
    gone = make_model()
    retire(gone)
    for upstream, why in ((gone, "retired"), (make_model(workspace=make_workspace()), "another workspace")):
        with pytest.raises(RuleBroken, match=why):
            add_particular(model, "upstream", values=depends_on(upstream), actor=None)


def depends_on(upstream) -> dict:
    return {"upstream": upstream, "kind": "input", "criticality": "high"}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE inventory_statement SET text = 'x'", "DELETE FROM inventory_statement", "TRUNCATE inventory_statement",
     "UPDATE inventory_statement SET ended_at = now(), text = 'x'"],
)  # fmt: skip
def test_the_database_itself_keeps_what_was_said(model, statement):
    add_particular(model, "limitations", values=LIMITATION, actor=None)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
