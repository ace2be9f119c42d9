"""Sources on the page of their version: where they are, what the last look found, never a password."""

import duckdb
import pytest
from django.urls import reverse

from audits.trail.models import Action, Entry
from inventory.models import Source
from inventory.services import close_source, read_source, register_source
from tests.factories import make_rows, make_version

SAID = {"table": "loans", "time_column": "", "columns": "score = pd"}


def test_a_version_shows_its_sources_with_the_last_reading_and_its_result(visit, validator, settings):
    settings.SOURCE_HOSTS = ["warehouse.internal"]
    version = make_version()
    url = "postgresql://reader:env:SOURCE_PASSWORD@warehouse.internal/risk"
    source = register_source(version, url=url, table="scoring.loans", actor=None)
    address = f"/models/{version.model.slug}/versions/{version.number}/"
    page = visit(validator).get(address).content.decode()
    assert "scoring.loans" in page and "A worker reads it within a minute" in page and "Not read yet" in page
    Source.objects.filter(pk=source.pk).update(
        read_at=source.registered_at, rows=1204, fault="The source scoring.loans cannot be read. <b>No</b> route."
    )
    page = visit(validator).get(address).content.decode()
    assert "Unreadable" in page and "Read last" in page
    assert "&lt;b&gt;No&lt;/b&gt; route." in page and "env:SOURCE_PASSWORD" in page


@pytest.fixture
def warehouse(settings, tmp_path) -> str:
    """A DuckDB file with 30 scored rows, whose score is called pd."""
    settings.SOURCE_FOLDER = str(tmp_path)
    rows = make_rows(30, repaid=None).rename({"score": "pd"})
    with duckdb.connect(str(tmp_path / "risk.duckdb")) as connection:
        connection.register("rows", rows.to_arrow())
        connection.execute("CREATE TABLE loans AS SELECT * FROM rows")
    return f"duckdb://{tmp_path}/risk.duckdb"


def add(client, version, **said):
    return client.post(reverse("register-source", args=[version.model.slug, version.number]), SAID | said)


def test_a_source_is_added_on_a_page_and_the_test_tells_what_it_found(visit, engineer, warehouse):
    version = make_version()
    client, address = visit(engineer), reverse("model-sources", args=[version.model.slug])
    assert add(client, version, url=warehouse).headers["Location"] == address
    source = Source.objects.get()
    assert (source.columns, source.time_column) == ({"score": "pd"}, "at")
    assert "Not read yet" in client.get(address).text and "every 2s" in client.get(address).text
    read_source(source)
    page = client.get(address).text
    assert "it can be read. 30 rows" in page and "every 2s" not in page


def test_a_test_that_fails_says_why_and_can_be_repeated(visit, engineer, warehouse):
    version = make_version()
    client, address = visit(engineer), reverse("model-sources", args=[version.model.slug])
    add(client, version, url=warehouse, table="nothing")
    source = read_source(Source.objects.get())
    assert "it failed." in client.get(address).text and "has no table nothing" in client.get(address).text
    assert client.post(reverse("look-at-source", args=[source.pk])).headers["Location"] == address
    assert Source.objects.get().state == "not read yet"
    assert Entry.objects.filter(action=Action.SOURCE_TESTED, actor_id=str(engineer.pk)).count() == 1


def test_a_password_in_an_address_is_refused_and_never_shown_again(visit, engineer):
    answer = add(visit(engineer), make_version(), url="postgresql://reader:hunter2@warehouse.example.com/risk")
    assert answer.status_code == 422
    assert "An address holds no password." in answer.text and "hunter2" not in answer.text
    assert "postgresql://reader:@warehouse.example.com/risk" in answer.text
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"columns": "score"}, "is no such line"),
        ({"columns": "score = a\nscore = b"}, "stands there twice"),
        ({"columns": "nothing = pd"}, "has no column"),
        ({"url": "http://169.254.169.254/"}, "is not a kind of warehouse"),
        ({"url": "postgresql://reader@127.0.0.1/risk"}, "field-error"),
        ({"url": "duckdb:///etc/passwd"}, "lies outside the folder"),
    ],
    ids=["no equals sign", "twice", "unknown column", "no warehouse", "own machine", "own file"],
)
def test_what_cannot_be_a_source_comes_back_with_its_reason(said, told, visit, engineer, warehouse):
    answer = add(visit(engineer), make_version(), **{"url": warehouse} | said)
    assert answer.status_code in (400, 422) and told in answer.text
    assert not Source.objects.exists()


def test_only_who_logs_data_adds_tests_and_closes_sources(visit, engineer, auditor, stranger, warehouse):
    version = make_version()
    source = register_source(version, url=warehouse, table="loans", columns={"score": "pd"}, actor=None)
    looks, closes = (reverse(name, args=[source.pk]) for name in ("look-at-source", "close-source"))
    assert add(visit(auditor), version, url=warehouse).status_code == 403
    assert [visit(auditor).post(address).status_code for address in (looks, closes)] == [403, 403]
    assert [visit(stranger).post(address).status_code for address in (looks, closes)] == [404, 404]
    assert visit(stranger).get(reverse("model-sources", args=[version.model.slug])).status_code == 404
    assert visit(engineer).post(closes).status_code == 302
    assert visit(engineer).post(looks).status_code == 409


def test_a_closed_source_is_not_tested_by_programs_either(api, engineer, auditor, warehouse):
    source = register_source(make_version(), url=warehouse, table="loans", columns={"score": "pd"}, actor=None)
    address = f"/api/v1/sources/{source.pk}/reading/"
    assert api(auditor).post(address).status_code == 403
    answer = api(engineer).post(address)
    assert (answer.status_code, answer.json()["state"]) == (202, "not read yet")
    close_source(source, actor=None)
    assert api(engineer).post(address).status_code == 409
