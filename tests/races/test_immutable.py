"""What was measured, decided, published and received stays as it is, whoever asks the database to change it."""

import json
from functools import partial

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from audits.assessments.models import Result, Run
from audits.assessments.services import create_missing_plans, execute, queue_due_runs, waiting_runs
from audits.trail import chain
from audits.trail.models import Checkpoint, Entry, Subtree
from audits.trail.services import sign_checkpoint, verify_trail
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide, request_change
from inventory.models import OutcomeBatch, Policy, PredictionBatch, ReferenceData
from mrm import embedded
from reports.models import Report
from reports.states import ReportState
from tests.factories import PASSWORD, make_batch, make_outcomes, make_rows, sql

KEPT = {
    Entry: "actor_name",
    Subtree: "hash",
    Checkpoint: "note",
    Policy: "digest",
    ReferenceData: "sha256",
    OutcomeBatch: "sha256",
    Result: "value",
    Decision: "comment",
}


@pytest.fixture
def lived(candidate, engineer, validator, tmp_path):
    """An installation in which each kind of thing that is kept for good has happened once."""
    make_batch(candidate, tmp_path, actor=engineer)
    make_outcomes(candidate.model, tmp_path, rows=make_rows().select("application", "repaid"), actor=engineer)
    create_missing_plans()
    queue_due_runs(timezone.now())
    execute(waiting_runs()[0])
    change = request_change(ChangeRequest.Kind.PROMOTION, candidate, reason="First version.", actor=engineer)
    decide(
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=validator,
    )
    sign_checkpoint()
    assert all(model.objects.exists() for model in KEPT)


def assert_refused(change) -> None:
    with pytest.raises(IntegrityError, match="append-only|never changed"), transaction.atomic():
        change()


def test_what_is_kept_for_good_is_neither_edited_nor_deleted_nor_emptied(lived):
    for model, field in KEPT.items():
        rows, one = model.objects.all(), model.objects.first()
        assert_refused(partial(rows.update, **{field: F(field)}))
        assert_refused(partial(rows.bulk_update, [one], [field]))
        assert_refused(partial(one.save, update_fields=[field]))
        assert_refused(partial(rows._raw_delete, rows.db))
        assert_refused(partial(sql, f"TRUNCATE {model._meta.db_table} CASCADE"))


def test_a_run_that_has_ended_stays_as_it_ended(lived):
    for change in ({"verdict": "within"}, {"state": "queued"}, {"inputs": {}}, {"window_end": timezone.now()}):
        assert_refused(partial(Run.objects.finished().update, **change))
    assert_refused(partial(sql, "DELETE FROM assessments_run"))
    assert_refused(partial(sql, "TRUNCATE assessments_run CASCADE"))
    assert Run.objects.unfinished().update(step="Goes on.")


def test_a_batch_stays_as_it_was_received_and_its_profile_is_noted_once(lived):
    batches = PredictionBatch.objects.all()
    for change in ({"sha256": "0" * 64}, {"rows": 1}, {"first_at": timezone.now()}):
        assert_refused(partial(batches.update, **change))
    batches.filter(profile_sha256="").update(profile_sha256="1" * 64)
    assert_refused(partial(batches.update, profile_sha256="2" * 64))
    assert_refused(partial(sql, "DELETE FROM inventory_predictionbatch"))
    assert_refused(partial(sql, "TRUNCATE inventory_predictionbatch CASCADE"))


def test_requests_and_findings_are_closed_and_never_deleted(lived):
    for table in ("workflows_changerequest", "workflows_finding", "workflows_retraining"):
        assert_refused(partial(sql, f"TRUNCATE {table} CASCADE"))
    assert_refused(partial(sql, "DELETE FROM workflows_changerequest"))


def test_a_sealed_report_stays_as_it_was_sealed(lived, candidate):
    day = timezone.localdate()
    period = {"period_start": day, "period_end": day, "model": candidate.model}
    Report.objects.create(reference="R-2026-0001", state=ReportState.SEALED, pdf_sha256="1" * 64, **period)
    waiting = Report.objects.create(reference="R-2026-0002", **period)
    assert_refused(partial(Report.objects.filter(state="sealed").update, pdf_sha256="2" * 64))
    assert_refused(partial(sql, "DELETE FROM reports_report"))
    assert_refused(partial(sql, "TRUNCATE reports_report CASCADE"))
    Report.objects.filter(pk=waiting.pk).update(step="Setting the pages")


def test_a_decision_is_voided_once_and_nothing_else_of_it_changes_on_the_way(lived):
    decision = Decision.objects.all()
    now = timezone.now()
    assert_refused(partial(decision.update, voided_at=now, comment="Never said."))
    decision.update(voided_at=now, voided_because="The evidence changed.")
    assert_refused(partial(decision.update, voided_because="Something else."))
    assert_refused(partial(decision.update, voided_at=None))


def test_a_tail_cut_off_with_the_head_set_back_is_found_by_the_checkpoint_over_it(lived, administrator_sql):
    length = Entry.objects.count()
    administrator_sql(f"DELETE FROM trail_entry WHERE position >= {length - 3}")
    set_back_head(administrator_sql, length - 3)
    assert verify_trail().fault == (
        f"Entries {length - 3} to {length - 1} are missing: a checkpoint was signed over {length} entries."
    )


def test_a_head_set_back_without_cutting_the_tail_is_found(lived, administrator_sql):
    length = Entry.objects.count()
    set_back_head(administrator_sql, length - 1)
    assert f"more entries ({length}) than the head counts ({length - 1})" in verify_trail().fault


def test_an_edit_that_no_canonical_form_exists_for_is_named_and_not_stumbled_over(lived, administrator_sql):
    administrator_sql("UPDATE trail_entry SET details = '{\"rows\": 1e400}' WHERE position = 2")
    assert verify_trail().fault.startswith("Entry 2 ")


@pytest.fixture
def administrator_sql(own_database):
    """Runs SQL as the server's administrator does, with every trigger switched off."""
    address = embedded.database_url(settings.VAR, own_database, "postgres")
    with psycopg.connect(address, autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        yield session.execute


def set_back_head(run, length: int) -> None:
    """Make the head agree with the first entries, as somebody who knows how it is made would."""
    frontier, last = [], ""
    leaves = Entry.objects.order_by("position").values_list("leaf_hash", flat=True)[:length]
    for position, leaf in enumerate(leaves):
        frontier, last = chain.append(frontier, position, bytes.fromhex(leaf))[0], leaf
    nodes = json.dumps([node.hex() for node in frontier])
    run("UPDATE trail_head SET length = %s, frontier = %s, last_leaf = %s", [length, nodes, last])
