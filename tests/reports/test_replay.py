import io
import json
from datetime import timedelta

import pytest
import rfc8785
from django.core.management import CommandError, call_command
from django.utils import timezone

from audits.assessments import services
from audits.assessments.models import Result, Run
from audits.trail.models import Entry
from inventory.models import OutcomeBatch, PredictionBatch
from mrm.adapters import storage
from reports.contents import evidence_bundle
from reports.contents.gather import gather
from reports.models import Report
from reports.services import request_report
from tests.factories import (
    NOON,
    SCHEMA,
    make_batch,
    make_model,
    make_outcomes,
    make_reference,
    make_rows,
    make_version,
    promote,
    undecided,
)

DAY = timedelta(days=1)


@pytest.fixture
def report(workspace, validator, tmp_path, settings) -> Report:
    """Asked for, about a version whose drift and performance were assessed over one window.

    It has no protected attribute, because bias takes its time.
    """
    settings.STORAGE_URL = (tmp_path / "storage").as_uri()
    schema = [column | {"role": "segment"} if column["name"] == "sex" else column for column in SCHEMA]
    version = make_version(make_model(), schema=schema)
    make_reference(version, tmp_path)
    promote(version)
    rows = make_rows(400, seed=3)
    make_batch(version, tmp_path, rows=rows.drop("repaid"))
    make_outcomes(version.model, tmp_path, rows=rows.select("application", "repaid"))
    services.create_missing_plans()
    with undecided("assessments_plan", "assessments_plan_is_not_put_off"):  # The sweep is ahead of the clock.
        due = services.queue_due_runs(NOON + 190 * DAY)
    for run in due:
        services.execute(run.pk)
    start = NOON.date()
    return request_report(version.model, period_start=start, period_end=timezone.localdate(), actor=validator)


@pytest.fixture
def bundle(report) -> dict:
    found = gather(report)
    content = evidence_bundle(found.report, results=found.results, decisions=found.decisions, trail=found.trail)
    return json.loads(content)


def replay(folder, bundle: dict) -> str:
    file, said = folder / "evidence.json", io.StringIO()
    file.write_bytes(rfc8785.dumps(bundle))
    call_command("replay", str(file), stdout=said)
    return said.getvalue()


def test_every_result_is_computed_again_from_the_stored_data(bundle, tmp_path):
    said = replay(tmp_path, bundle)
    assert f"All {Result.objects.count()} results" in said
    assert said.count("the same:") == 2


def test_a_report_whose_seal_is_broken_is_not_replayed(tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(b"%PDF-1.7 a forgery")
    with pytest.raises(CommandError, match="The report does not hold"):
        call_command("replay", str(file))


def test_a_number_that_is_not_the_measured_one_is_named(bundle, tmp_path):
    result = next(one for one in bundle["results"] if one["measure"] == "auc")
    result["value"] += 1e-6
    with pytest.raises(CommandError, match=r"auc score: the value is 0\.\d+ today; the report says 0\.\d+"):
        replay(tmp_path, bundle)


def test_a_printed_figure_that_is_not_the_measured_one_is_named(bundle, tmp_path):
    name = next(name for name in bundle["figures"] if name.endswith(".value"))
    bundle["figures"][name] = "0.001"
    with pytest.raises(CommandError, match=f"The figure {name} would be printed as .* today; the report prints 0.001"):
        replay(tmp_path, bundle)


def test_a_result_that_the_report_leaves_out_is_named(bundle, tmp_path):
    bundle["results"] = [one for one in bundle["results"] if one["measure"] != "brier_score"]
    with pytest.raises(CommandError, match="brier_score score is measured today but is not in the report"):
        replay(tmp_path, bundle)


def test_data_that_arrived_after_the_run_change_nothing(report, bundle, tmp_path):
    version = report.model.versions.get()
    later = make_rows(100, seed=9, first_id=5000)
    make_batch(version, tmp_path, rows=later.drop("repaid"))
    make_outcomes(report.model, tmp_path, rows=make_rows(400, seed=11).select("application", "repaid"))
    assert (PredictionBatch.objects.count(), OutcomeBatch.objects.count()) == (2, 2)
    assert "are the same" in replay(tmp_path, bundle)


def test_deleted_data_are_named(bundle, tmp_path):
    digest = PredictionBatch.objects.get().sha256
    storage.local_path(digest).unlink()
    with pytest.raises(CommandError, match=f"The file of predictions {digest}, which the run read, was deleted"):
        replay(tmp_path, bundle)


def test_data_changed_in_storage_are_named(bundle, tmp_path):
    digest = OutcomeBatch.objects.get().sha256
    storage.local_path(digest).write_bytes(b"other outcomes")
    with pytest.raises(CommandError, match=f"The file of outcomes {digest}, which the run read, was deleted or chang"):
        replay(tmp_path, bundle)


def test_data_that_the_report_does_not_name_are_not_taken_for_its_own(bundle, tmp_path):
    bundle["evidence"] = [item for item in bundle["evidence"] if item["name"] != "Predictions"]
    with pytest.raises(CommandError, match="which the report does not name"):
        replay(tmp_path, bundle)


@pytest.mark.parametrize("run", ["0b9d3b0e-7d53-4d0e-9d6e-6f5a1a3c2b10", "no run at all"])
def test_an_unknown_run_is_said_to_be_unknown(bundle, tmp_path, run):
    bundle["results"] = [one | {"run": run} for one in bundle["results"]]
    with pytest.raises(CommandError, match="This installation knows no such run"):
        replay(tmp_path, bundle)


def test_a_replay_writes_nothing(bundle, tmp_path):
    before = Result.objects.count(), Run.objects.count(), Entry.objects.count()
    replay(tmp_path, bundle)
    assert (Result.objects.count(), Run.objects.count(), Entry.objects.count()) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no JSON", "evidence.json is not JSON"),
        (b'{"format":"another"}', "not in the format"),
        (b"", "evidence.json is not JSON"),
    ],
)
def test_what_is_no_evidence_is_refused_in_words(tmp_path, content, said):
    file = tmp_path / "evidence.json"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        call_command("replay", str(file))


def test_a_report_without_results_proves_nothing(bundle, tmp_path):
    bundle["results"] = []
    with pytest.raises(CommandError, match="no result of any run"):
        replay(tmp_path, bundle)
