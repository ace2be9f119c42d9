"""Predictions that stay in the user's own warehouse: counted there, with the numbers that local files give."""

import uuid
from datetime import timedelta

import duckdb
import psycopg
import pytest
from django.conf import settings as installed
from django.utils import timezone

from audits.assessments import services
from audits.assessments.measures.sources import Readings
from audits.assessments.measures.subject import Subject
from audits.assessments.models import Run
from audits.assessments.services.measuring_again import CannotMeasureAgain, measure_again
from inventory.models import Policy, Source
from inventory.services import close_source, read_source, register_source
from mrm import embedded
from mrm.adapters import storage, warehouses
from tests.factories import SCHEMA, make_batch, make_outcomes, make_reference, make_rows, make_version

pytestmark = pytest.mark.filterwarnings("ignore:fetch_record_batch:DeprecationWarning")

ROWS = make_rows(700, seed=5)
SENT = ROWS.drop("repaid", "approved").rename({"application": "case_id", "at": "scored_at"})
NAMES = {"application": "case_id"}
NUMBERS = ("measure", "column", "segment", "value", "low", "high", "p_value", "verdict")


def put_into_duckdb(folder) -> str:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.register("sent", SENT.to_arrow())
        connection.execute("CREATE OR REPLACE TABLE predictions AS SELECT * FROM sent")
    return f"duckdb://{folder}/warehouse.duckdb"


@pytest.fixture
def version(workspace, settings, tmp_path):
    settings.SOURCE_FOLDER = str(tmp_path)
    version = make_version()
    make_reference(version, tmp_path)
    return version


@pytest.fixture
def source(version, tmp_path):
    """What DuckDB holds, read once."""
    url = put_into_duckdb(tmp_path)
    source = register_source(version, url=url, table="predictions", columns=NAMES, time_column="scored_at", actor=None)
    return read_source(source)


@pytest.fixture
def postgres(settings):
    """A database of the test's own in the suite's PostgreSQL; its address as a source is written."""
    database = f"warehouse_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(embedded.database_url(installed.VAR, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {database}")
        settings.SOURCE_HOSTS = [server.info.host]
        yield f"postgresql://{server.info.user}@/{database}?host={server.info.host}"
        server.execute(f"DROP DATABASE {database} WITH (FORCE)")


def put_into_postgresql(version, url: str) -> None:
    """The rows in a table there, registered as a source and read once."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA scoring")
        cursor.execute(
            "CREATE TABLE scoring.loans (case_id text, scored_at timestamptz, income double precision, "
            "debt_ratio double precision, purpose text, sex text, region text, score double precision)"
        )
        with cursor.copy("COPY scoring.loans FROM STDIN") as copy:
            for row in SENT.iter_rows():
                copy.write_row(row)
    source = register_source(
        version, url=url, table="scoring.loans", columns=NAMES, time_column="scored_at", actor=None
    )
    assert read_source(source).fault == ""


def assessed(version, kind: str) -> Run:
    services.create_missing_plans()
    services.queue_due_runs(timezone.now())
    return services.execute(Run.objects.get(version=version, plan__kind=kind).pk)


def numbers_of(run: Run) -> list[tuple]:
    """What comes from counts; a few rows of a source are others than those of a file."""
    return list(run.results.exclude(column="").values_list(*NUMBERS))


def test_a_source_tells_its_rows_and_their_times_once_it_is_read(source):
    assert (source.state, source.fault, source.rows) == ("readable", "", 700)
    assert source.first_at == ROWS["at"].min() and source.last_at == ROWS["at"].max()


def test_counts_from_duckdb_give_the_numbers_of_a_local_file(version, source, tmp_path):
    run = assessed(version, "drift")
    assert run.state == "succeeded", run.reason
    assert run.inputs["batches"] == [] and run.inputs["sources"][0]["rows"] == 700
    local = make_version()
    make_reference(local, tmp_path)
    make_batch(local, tmp_path, rows=ROWS.drop("repaid"))
    assert numbers_of(run) == numbers_of(assessed(local, "drift"))


def test_counts_from_postgresql_give_the_numbers_of_a_local_file(version, postgres, tmp_path):
    put_into_postgresql(version, postgres)
    run = assessed(version, "drift")
    local = make_version()
    make_reference(local, tmp_path)
    make_batch(local, tmp_path, rows=ROWS.drop("repaid"))
    assert numbers_of(run) == numbers_of(assessed(local, "drift"))
    assert assessed(version, "bias").state == "succeeded"


def test_a_warehouse_that_does_not_answer_in_time_times_the_run_out(version, postgres, monkeypatch):
    put_into_postgresql(version, postgres)
    monkeypatch.setattr(warehouses, "SECONDS_PER_QUERY", 0.3)
    with psycopg.connect(postgres) as connection:
        connection.execute("LOCK TABLE scoring.loans")
        run = assessed(version, "drift")
    assert run.state == "timed_out" and "The source scoring.loans cannot be read." in run.reason


def test_rows_in_a_batch_and_in_a_source_are_counted_together(version, source, tmp_path):
    later = make_rows(100, seed=9, first_id=5000, start=ROWS["at"].max(), repaid=None)
    make_batch(version, tmp_path, rows=later)
    run = assessed(version, "drift")
    assert run.inputs["rows"]["current"] == 800


def test_what_needs_rows_reads_them_with_the_prediction_derived(version, source, tmp_path):
    make_outcomes(version.model, tmp_path, rows=ROWS.select("application", "repaid"))
    bias, performance = assessed(version, "bias"), assessed(version, "performance")
    assert (bias.state, performance.state) == ("succeeded", "succeeded"), bias.reason + performance.reason
    assert bias.inputs["sources"][0]["sample"]["rows"] == 700
    assert "not_examined" not in performance.inputs
    auc = performance.results.get(measure="auc")
    assert sum(auc.sizes.values()) == 700


def test_only_counts_are_stored_and_a_replay_takes_them(version, source, tmp_path):
    run = assessed(version, "drift")
    counts = run.inputs["sources"][0]["counts"]
    assert storage.exists(counts) and b"A0000001" not in storage.read(counts)
    again = {(r.measure, r.column, r.segment): r.value for r in measure_again(run)}
    assert again == {(r.measure, r.column, r.segment): r.value for r in run.results.all()}
    (tmp_path / "warehouse.duckdb").unlink()
    with pytest.raises(CannotMeasureAgain, match="The source predictions cannot be read"):
        measure_again(run)


def test_without_an_id_only_what_needs_rows_is_missing_and_the_run_says_so(workspace, settings, tmp_path):
    settings.SOURCE_FOLDER = str(tmp_path)
    version = make_version(schema=[column for column in SCHEMA if column["role"] != "id"])
    make_reference(version, tmp_path, rows=make_rows(500, seed=1).drop("application"))
    url = put_into_duckdb(tmp_path)
    read_source(register_source(version, url=url, table="predictions", time_column="scored_at", actor=None))
    run = assessed(version, "drift")
    assert run.state == "succeeded" and run.results.filter(measure="psi", column="income").exists()
    assert "Without an id, nothing tells which rows" in " ".join(run.inputs["not_examined"])
    assert [r.value for r in measure_again(run)] == [r.value for r in run.results.all()]


def test_a_replay_says_when_the_table_no_longer_gives_the_rows_that_were_read(version, source, tmp_path):
    run = assessed(version, "bias")
    assert [r.value for r in measure_again(run)] == [r.value for r in run.results.all()]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE predictions SET sex = 'unknown' WHERE case_id = 'A0000001'")
    with pytest.raises(CannotMeasureAgain, match="no longer gives the rows"):
        measure_again(run)


def test_a_sample_is_the_same_every_time_and_said_to_be_one(version, source):
    subject = Subject(
        version=version, policy=Policy.objects.in_force(), start=source.first_at,
        end=source.last_at + timedelta(seconds=1), seed=1, report_progress=lambda percent, step: None,
    )  # fmt: skip
    first, second = Readings(subject), Readings(subject)
    assert first.samples(50)[0].equals(second.samples(50)[0])
    assert first.facts == second.facts and first.facts[0]["rows"] == 700
    assert "measured on 50 of 700" in first.not_all[0]


def test_a_source_that_cannot_be_read_fails_the_run_with_the_reason(version, source, tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE predictions DROP COLUMN income")
        connection.execute("ALTER TABLE predictions DROP COLUMN debt_ratio")
    run = assessed(version, "drift")
    assert run.state == "failed"
    assert "The source predictions cannot be read. The table has no column 'debt_ratio'" in run.reason
    assert "'income'" not in run.reason, "income is not required"
    assert "debt_ratio" in read_source(source).fault


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"time_column": "sex"}, "must be a date or a timestamp"),
        ({"time_column": "moment"}, "has no column 'moment'"),
        ({"table": "nothing"}, "has no table nothing"),
        ({"table": "nowhere.nothing"}, "nothing"),
    ],
)
def test_a_time_that_is_none_and_a_table_that_is_missing_are_told(version, tmp_path, fields, said):
    described = {"url": put_into_duckdb(tmp_path), "table": "predictions", "time_column": "scored_at"} | fields
    source = read_source(register_source(version, columns=NAMES, **described, actor=None))
    assert source.state == "unreadable" and said in source.fault


def test_a_closed_source_is_read_no_more(version, source, tmp_path):
    close_source(source, actor=None)
    assert Source.objects.to_read(timezone.now(), timedelta(0)).count() == 0
    services.create_missing_plans()
    assert not version.plans.exists(), "nothing is left to monitor"


@pytest.fixture
def misdated(version, tmp_path):
    """A source of which so many rows are dated in days to come, read."""

    def misdated(rows: int) -> Source:
        url = put_into_duckdb(tmp_path)
        with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
            connection.execute(
                "UPDATE predictions SET scored_at = '2099-12-31' WHERE case_id IN "
                "(SELECT case_id FROM predictions ORDER BY case_id LIMIT ?)",
                [rows],
            )
        described = {"url": url, "table": "predictions", "columns": NAMES, "time_column": "scored_at"}
        return read_source(register_source(version, **described, actor=None))

    return misdated


def test_a_candidate_is_judged_by_now_on_a_source_that_dates_a_row_in_days_to_come(version, misdated):
    assert misdated(1).last_at.year == 2099
    run = assessed(version, "drift")
    assert run.state == "succeeded" and run.inputs["sources"][0]["rows"] == 699
    assert run.window_end <= timezone.now()


def test_a_source_of_days_to_come_alone_is_assessed_once_they_are_there(version, misdated):
    assert misdated(len(ROWS)).first_at.year == 2099
    assert services.create_missing_plans()
    assert services.queue_due_runs(timezone.now()) == services.queue_due_runs(timezone.now()) == []
    assert all(plan.next_due_at <= timezone.now() for plan in version.plans.all())
