"""Every engine makes the same profile, to the last count."""

import datetime as dt
import shutil
import uuid
from pathlib import Path

import ibis
import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from audits.profiles.engines import arrow
from audits.profiles.engines import ibis as elsewhere
from audits.profiles.freezing import freeze_grid
from audits.profiles.schema import Column, Kind
from audits.profiles.sources import SourceError
from mrm import embedded
from tests.profiles.tables import COLUMNS, hostile_table, random_table
from tests.profiles.test_profile import assert_same

# Ibis still calls DuckDB by a name that DuckDB has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_record_batch:DeprecationWarning")

# PySpark warns of every pandas since 3.0, and itself calls what that deprecates.
ENGINES = ["duckdb", "postgres", pytest.param("spark", marks=pytest.mark.filterwarnings("ignore"))]
TABLES = {"ordinary": random_table(2000, seed=21), "hostile": hostile_table(), "empty": random_table(0, seed=1)}
GRIDS = {name: freeze_grid(table, COLUMNS, cells=64) for name, table in TABLES.items()}


def put_into_duckdb(table: pa.Table):
    connection = ibis.duckdb.connect()
    connection.con.register("arrow_rows", table)
    connection.con.execute("CREATE TABLE rows AS SELECT * FROM arrow_rows")
    return connection.table("rows")


def put_into_postgres(table: pa.Table, connection):
    types = {
        name: "timestamptz" if getattr(kind, "tz", None) else POSTGRES_TYPES[str(kind)]
        for name, kind in zip(table.schema.names, table.schema.types, strict=True)
    }
    described = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    with connection.con.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS rows")
        cursor.execute(f"CREATE TABLE rows ({described})")
        with cursor.copy("COPY rows FROM STDIN") as copy:
            for record in table.to_pylist():
                copy.write_row([None if value is None else value for value in record.values()])
    connection.con.commit()
    return connection.table("rows")


POSTGRES_TYPES = {
    "double": "double precision",
    "float": "real",
    "string": "text",
    "bool": "boolean",
    "timestamp[us]": "timestamp",
    "date32[day]": "date",
    "int64": "bigint",
    "int16": "smallint",
    "decimal128(12, 3)": "numeric(12, 3)",
}


@pytest.fixture(scope="module")
def postgres():
    """A database of this module's own in the suite's PostgreSQL."""
    database = f"profiles_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(embedded.database_url(settings.VAR, "postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {database}")
        connection = ibis.postgres.connect(user=server.info.user, host=server.info.host, database=database)
        yield connection
        connection.disconnect()
        server.execute(f"DROP DATABASE {database} WITH (FORCE)")


SPARK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "2",
    # A few rows a query: what compiling and planning for many would cost is never earned back.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


@pytest.fixture(scope="module")
def spark():
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 or newer: apt-get install default-jre-headless, then make set-up-spark")
    pyspark_sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: make set-up-spark brings it")
    builder = pyspark_sql.SparkSession.builder.master("local[1]").appName("profiles")
    for key, value in SPARK.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture(params=ENGINES)
def put(request, tmp_path):
    """Puts a table into an engine and answers its Ibis table."""
    match request.param:
        case "duckdb":
            return put_into_duckdb
        case "postgres":
            connection = request.getfixturevalue("postgres")
            return lambda table: put_into_postgres(table, connection)
        case "spark":
            backend = request.getfixturevalue("spark")
            return lambda table: put_into_spark(table, backend, tmp_path)


def put_into_spark(table: pa.Table, backend, folder: Path):
    pq.write_table(table, folder / "rows.parquet")
    return backend.read_parquet(folder / "rows.parquet")


def storable(table: pa.Table) -> pa.Table:
    """Without the texts that PostgreSQL cannot hold, so that every engine is asked the same."""
    columns = [
        pa.array([None if value == "\x00" else value for value in column.to_pylist()], column.type)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


@pytest.mark.parametrize("reference", list(TABLES))
@pytest.mark.parametrize("rows", list(TABLES))
def test_another_engine_makes_the_same_profile(put, reference, rows):
    table = storable(TABLES[rows])
    assert_same(elsewhere.scan(put(table), GRIDS[reference]), arrow.scan(table, GRIDS[reference]))


@pytest.mark.parametrize("by", ["code", ["flag", "code"]])
def test_another_engine_makes_the_same_profile_of_every_group(put, by):
    table = TABLES["ordinary"]
    here, there = arrow.scan(table, GRIDS["ordinary"], by=by), elsewhere.scan(put(table), GRIDS["ordinary"], by=by)
    assert list(here) == list(there)
    for key in here:
        assert_same(there[key], here[key])


TYPED = pa.table(
    {
        "small": pa.array([1.1, 2.2, None, float("nan"), float("inf")], pa.float32()),
        "decimal": pa.array([None, *map(pa.scalar, ["1.500", "-0.010", "0.001", "0.000"])]).cast(pa.decimal128(12, 3)),
        "short": pa.array([1, 2, 2, None, -5], pa.int16()),
        "day": pa.array([dt.date(1969, 12, 31), None, dt.date(2024, 2, 29), dt.date(1900, 1, 1), dt.date(2100, 1, 1)]),
        "moment": pa.array([-1, 1, -1_500_000, None, 1_700_000_000_123_456], pa.timestamp("us")),
        "zoned": pa.array([-1, 1, -1_500_000, None, 1_700_000_000_123_456], pa.timestamp("us", "UTC")),
        "word": ["it's", 'quo"te', "back\\slash", "%", None],
        "bit": [True, False, None, None, True],
    }
)
READINGS = [
    *[(name, Kind.NUMERIC) for name in ("small", "decimal", "short", "bit")],
    *[(name, Kind.DATETIME) for name in ("day", "moment", "zoned")],
    *[(name, Kind.CATEGORICAL) for name in ("small", "decimal", "short", "day", "moment", "zoned", "word", "bit")],
    *[(name, Kind.BOOLEAN) for name in ("short", "bit", "word")],
]


def test_every_stored_type_is_read_alike_in_another_engine(put):
    there = put(TYPED)
    for name, kind in READINGS:
        grid = freeze_grid(TYPED, [Column(name, kind)])
        assert_same(elsewhere.scan(there, grid), arrow.scan(TYPED, grid))


def test_columns_that_vanished_or_changed_kind_are_counted_alike_in_another_engine(put):
    grid = freeze_grid(random_table(50, seed=1), COLUMNS)
    table = pa.table({"amount": ["1.0", None, "x"], "code": pa.nulls(3, pa.string()), "whole": [1, 2, 3]})
    there = elsewhere.scan(put(table), grid)
    assert_same(there, arrow.scan(table, grid))
    assert (there.mistyped_rows("amount"), there.absent_rows("at")) == (2, 3)


def test_an_unknown_column_to_group_by_is_refused_alike():
    with pytest.raises(SourceError, match="no column 'region' to group by"):
        elsewhere.scan(put_into_duckdb(TABLES["ordinary"]), GRIDS["ordinary"], by="region")


def test_duckdb_and_a_file_agree_on_a_large_table():
    rng = np.random.default_rng(4)
    table = pa.table({"x": rng.standard_cauchy(200_000), "c": rng.integers(0, 300, 200_000).astype(str)})
    columns = [Column("x", Kind.NUMERIC), Column("c", Kind.CATEGORICAL)]
    grid = freeze_grid(table.slice(0, 50_000), columns, categories=100)
    assert_same(elsewhere.scan(put_into_duckdb(table), grid), arrow.scan(table, grid))
