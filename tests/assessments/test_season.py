"""The same weeks a year ago beside the frozen reference: asked for by the policy, or not measured, and why."""

import copy

import pytest

from audits.assessments.contents.diagnosis import diagnosis_of
from audits.assessments.measures.season import A_YEAR
from audits.assessments.models import Run
from audits.assessments.services import create_missing_plans, execute, request_run
from audits.assessments.services.measuring_again import CannotMeasureAgain, measure_again
from inventory import policies
from inventory.models import PredictionBatch
from mrm.adapters import storage
from tests.assessments.test_measures import DAY, measured, one, verdict
from tests.factories import NOON, make_batch, make_reference, make_rows, make_version, promote, publish
from tests.pages.scenery import make_assessed_model, make_result

LIMIT = {"measure": "psi_of_season", "amber": 0.1, "red": 0.25, "decided_by": "tolerance", "minimum_size": 100}


@pytest.fixture
def asked(workspace):
    """A policy with a limit for it, on features alone."""
    document = copy.deepcopy(policies.standard())
    publish(document | {"limits": [LIMIT | {"role": "feature"}, *document["limits"]]})


@pytest.fixture
def version(workspace, tmp_path):
    version = make_version()
    make_reference(version, tmp_path)
    return version


def log(version, tmp_path, *, start=NOON, seed=5, income=None, first_id=1):
    columns = {} if income is None else {"income": [income + row for row in range(300)]}
    rows = make_rows(300, seed=seed, first_id=first_id, start=start, repaid=None, **columns)
    return make_batch(version, tmp_path, rows=rows)


def lacking(found) -> str:
    return " ".join(found.inputs.get("not_examined", []))


def test_what_moved_with_the_season_is_far_from_the_reference_and_near_a_year_ago(asked, version, tmp_path):
    log(version, tmp_path, income=90_000.0)
    log(version, tmp_path, income=90_000.0, start=NOON - A_YEAR, seed=6, first_id=9001)
    found = measured("drift", version)
    assert verdict(one(found, "psi", "income")) == "red"
    assert verdict(one(found, "psi_of_season", "income")) == "within"
    assert {m.column for m in found.measurements if m.measure == "psi_of_season"} == {"income", "debt_ratio", "purpose"}
    assert [batch["rows"] for batch in found.inputs["season"]] == [300]


def test_what_has_moved_since_a_year_ago_is_not_the_season(asked, version, tmp_path):
    log(version, tmp_path, income=90_000.0)
    log(version, tmp_path, start=NOON - A_YEAR, seed=6, first_id=9001)
    assert verdict(one(measured("drift", version), "psi_of_season", "income")) == "red"


def test_without_rows_of_a_year_ago_it_is_not_measured_and_says_why(asked, version, tmp_path):
    log(version, tmp_path)
    log(version, tmp_path, start=NOON - A_YEAR - 2 * DAY, seed=6, first_id=9001)
    found = measured("drift", version)
    assert not [m for m in found.measurements if m.measure == "psi_of_season"] and "season" not in found.inputs
    assert "The same weeks a year ago: not measured, because between" in lacking(found)


def test_nobody_measures_it_without_a_limit_in_the_policy(version, tmp_path):
    log(version, tmp_path)
    log(version, tmp_path, start=NOON - A_YEAR, seed=6, first_id=9001)
    found = measured("drift", version)
    assert not [m for m in found.measurements if m.measure == "psi_of_season"]
    assert "a year ago" not in lacking(found)


def test_what_another_version_scored_then_is_counted_on_the_columns_of_this_one(asked, version, tmp_path):
    log(make_version(version.model), tmp_path, start=NOON - A_YEAR, seed=6)
    log(version, tmp_path, first_id=9001)
    assert verdict(one(measured("drift", version), "psi_of_season", "income")) == "within"


def test_the_version_that_scored_most_then_is_compared_with_not_one_batch_of_this_one(asked, version, tmp_path):
    log(make_version(version.model), tmp_path, start=NOON - A_YEAR, seed=6)
    rows = make_rows(20, seed=7, first_id=5001, start=NOON - A_YEAR, repaid=None, income=[90_000.0] * 20)
    make_batch(version, tmp_path, rows=rows)
    log(version, tmp_path, first_id=9001)
    assert verdict(one(measured("drift", version), "psi_of_season", "income")) == "within"


def test_a_version_with_other_columns_is_no_year_ago(asked, version, tmp_path):
    schema = [column for column in version.schema if column["name"] != "debt_ratio"]
    other = make_version(version.model, schema=schema)
    make_batch(other, tmp_path, rows=make_rows(300, start=NOON - A_YEAR, repaid=None).drop("debt_ratio"))
    log(version, tmp_path, first_id=9001)
    assert "no version with the same columns" in lacking(measured("drift", version))


def test_measured_again_it_reads_the_same_files_and_misses_one_that_is_gone(asked, version, tmp_path):
    promote(version)
    log(version, tmp_path)
    then = log(version, tmp_path, start=NOON - A_YEAR, seed=6, first_id=9001)
    create_missing_plans()
    run = request_run(version.plans.get(kind="drift"), window_start=NOON - DAY, window_end=NOON + DAY, actor=None)
    execute(run.pk)
    run = Run.objects.select_related("version__model", "version__reference", "plan", "policy").get(pk=run.pk)
    log(version, tmp_path, start=NOON - A_YEAR, seed=7, first_id=20_001, income=1.0)
    again = {(row.measure, row.column, row.segment): row.value for row in measure_again(run)}
    assert again == {(row.measure, row.column, row.segment): row.value for row in run.results.all()}
    storage.local_path(PredictionBatch.objects.get(pk=then.pk).sha256).unlink()
    with pytest.raises(CannotMeasureAgain, match="file of predictions of a year ago"):
        measure_again(run)


@pytest.mark.parametrize(
    ("season", "told"),
    [("within", "the season explains it"), ("red", "Inputs moved"), ("insufficient", "Inputs moved")],
)
def test_the_diagnosis_tells_the_season_from_decay(season, told, workspace, owner, engineer):
    breach = make_assessed_model(name="Lending", owner=owner, actor=engineer).versions.get().breaches.get()
    run = breach.last_run
    make_result(run, measure="psi_of_season", column=breach.column, value=0.02, verdict=season)
    assert told in diagnosis_of(breach).reading


def test_the_season_explains_nothing_where_another_column_is_far_from_a_year_ago(workspace, owner, engineer):
    breach = make_assessed_model(name="Lending", owner=owner, actor=engineer).versions.get().breaches.get()
    make_result(breach.last_run, measure="psi_of_season", column=breach.column, value=0.02, verdict="within")
    make_result(breach.last_run, measure="psi_of_season", column="debt_ratio", value=0.4, verdict="red")
    assert "the season explains it" not in diagnosis_of(breach).reading
