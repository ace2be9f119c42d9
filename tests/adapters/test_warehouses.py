"""Which addresses of warehouses may be reached, and what is sent there."""

import duckdb
import pytest

from mrm.adapters.warehouses import WarehouseFailed, WarehouseRefused, faults_in, opened


@pytest.fixture
def folder(settings, tmp_path):
    settings.SOURCE_FOLDER, settings.SOURCE_HOSTS = str(tmp_path), ["warehouse.internal"]
    return tmp_path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mongodb://host/db", "mongodb is not a kind of warehouse"),
        ("nonsense", "An empty word is not a kind of warehouse"),
        ("postgresql://host:port/db", "This is not an address"),
        ("postgresql:///db", "names no host"),
        ("postgresql://reader:hunter2@warehouse.internal/db", "An address holds no password"),
        ("postgresql://reader:env:SECRET_KEY@warehouse.internal/db", "An address holds no password"),
        ("postgresql://reader:env:SOURCE_PASSWORD@attacker.example/db", "attacker.example is none of them"),
        ("postgresql://reader@10.0.0.5/db", "lies in a private network"),
        ("postgresql://reader@[::1]/db", "lies in a private network"),
        ("postgresql://reader@169.254.169.254/db", "lies in a private network"),
        ("postgresql://reader@good.example/db?host=/var/run/postgresql", "is a local socket"),
        ("postgresql://reader@good.example/db?passfile=/etc/passwd", "'passfile' of the address is not allowed"),
        ("trino://reader@good.example/db?password=x", "'password' of the address is not allowed"),
        ("duckdb:///etc/passwd", "lies outside the folder"),
        ("duckdb://host/file.duckdb", "without host"),
    ],
)
def test_an_address_that_may_not_be_reached_is_refused_in_words(folder, url, said):
    assert said in " ".join(faults_in(url))
    with pytest.raises(WarehouseRefused):
        opened(url).__enter__()


def test_a_file_is_not_reached_through_a_link_or_a_step_upwards(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "file.duckdb"
    duckdb.connect(str(outside)).close()
    (folder / "link.duckdb").symlink_to(outside)
    for path in (folder / "link.duckdb", f"{folder}/../{outside.parent.name}/file.duckdb"):
        assert "lies outside the folder" in faults_in(f"duckdb://{path}")[0]


def test_without_a_folder_no_file_is_read(settings, tmp_path):
    settings.SOURCE_FOLDER = ""
    assert "names their folder by SOURCE_FOLDER" in faults_in(f"duckdb://{tmp_path}/file.duckdb")[0]


def test_a_name_that_stands_for_a_private_address_is_refused_when_it_is_reached(folder):
    assert faults_in("postgresql://reader@localhost/db") == []
    with pytest.raises(WarehouseRefused, match="lies in a private network"), opened("postgresql://reader@localhost/db"):
        pass


def test_a_variable_that_is_not_set_is_named(folder, monkeypatch):
    monkeypatch.delenv("SOURCE_PASSWORD", raising=False)
    url = "postgresql://reader:env:SOURCE_PASSWORD@warehouse.internal/db"
    with pytest.raises(WarehouseRefused, match="SOURCE_PASSWORD, which the address names, is not set"), opened(url):
        pass


def test_a_driver_that_is_not_installed_is_named_with_the_command_that_brings_it(folder):
    with (
        pytest.raises(WarehouseRefused, match=r"pip install 'ibis-framework\[trino\]'"),
        opened("trino://a@b.example/c"),
    ):
        pass


def test_a_file_is_only_read_and_a_view_in_it_reaches_nothing_else(folder):
    secret = folder / "secret.csv"
    secret.write_text("a\n1\n")
    with duckdb.connect(str(folder / "file.duckdb")) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT 1 AS a")
        connection.execute(f"CREATE VIEW leak AS SELECT * FROM read_csv('{secret}')")
    url = f"duckdb://{folder}/file.duckdb"
    with opened(url) as warehouse:
        assert warehouse.table("numbers").count().to_pyarrow().as_py() == 1
    for hostile in (lambda w: w.table("leak").to_pyarrow(), lambda w: w.raw_sql("CREATE TABLE b AS SELECT 1")):
        with pytest.raises(WarehouseFailed), opened(url) as warehouse:
            hostile(warehouse)


def test_what_a_warehouse_says_does_not_hold_the_password(folder, settings, monkeypatch):
    settings.SOURCE_HOSTS = [str(folder)]
    monkeypatch.setenv("SOURCE_PASSWORD", "correct horse")
    url = f"postgresql://reader:env:SOURCE_PASSWORD@/db?host={folder}"
    with pytest.raises(WarehouseFailed) as failure, opened(url):
        pass
    assert "correct horse" not in str(failure.value)
