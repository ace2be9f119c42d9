"""Registering tables that stay where they are: who may, what is refused, and what is kept of an address."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory.api import examples
from inventory.contents.attributes import NOT_KEPT
from inventory.models import Source
from inventory.services import close_source, register_source
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_version, promote
from tests.inventory.test_history import let_days_pass
from tests.rest import is_problem, post_json

FIELDS = {
    "url": "postgresql://reader:env:SOURCE_PASSWORD@warehouse.internal/risk",
    "table": "scoring.loans",
    "columns": {"score": "pd"},
    "time_column": "scored_at",
}


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.SOURCE_HOSTS = ["warehouse.internal", "warehouse.example.com"]


@pytest.fixture
def sources(version):
    return f"/api/v1/models/{version.model.slug}/sources/"


def test_only_who_may_log_data_registers_and_closes_a_source(version, engineer, owner, validator, stranger):
    for person in (owner, validator, stranger):
        with pytest.raises(NotPermitted):
            register_source(version, **FIELDS, actor=person)
    source = register_source(version, **FIELDS, actor=engineer)
    with pytest.raises(NotPermitted):
        close_source(source, actor=owner)


def test_the_trail_says_which_table_and_never_a_password(version, engineer, monkeypatch):
    monkeypatch.setenv("SOURCE_PASSWORD", "correct horse")
    source = register_source(version, **FIELDS, actor=engineer)
    close_source(source, actor=engineer)
    entries = Entry.objects.about(source)
    assert [entry.action for entry in entries.order_by("position")] == [Action.SOURCE_REGISTERED, Action.SOURCE_CLOSED]
    assert entries.order_by("position").first().details["table"] == "scoring.loans"
    assert "correct horse" not in str([entry.details for entry in entries])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "postgresql://reader:hunter2@warehouse.internal/risk"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"table": " "}, "table"),
        ({"columns": {"nothing": "pd"}}, "columns"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field_and_nothing_is_kept(version, fields, field):
    with pytest.raises(UnusableData) as refusal:
        register_source(version, **FIELDS | fields, actor=None)
    assert {error["field"] for error in refusal.value.errors} == {field}
    assert "hunter2" not in str(refusal.value) and not Source.objects.exists()


def test_the_time_comes_from_the_schema_unless_the_table_calls_it_otherwise(version):
    told = FIELDS | {"time_column": ""}
    assert register_source(version, **told, actor=None).time_column == "at"
    mapped = told | {"columns": {"at": "moment"}, "table": "other"}
    assert register_source(version, **mapped, actor=None).time_column == "moment"
    timeless = make_version(schema=[column for column in version.schema if "time" not in column["roles"]])
    with pytest.raises(UnusableData, match="Say which column of the table holds the time"):
        register_source(timeless, **told, actor=None)


def test_the_same_table_again_is_the_first_source_and_otherwise_described_is_refused(version):
    first = register_source(version, **FIELDS, actor=None)
    assert register_source(version, **FIELDS, actor=None) == first
    with pytest.raises(RuleBroken, match="close it first"):
        register_source(version, **FIELDS | {"columns": {}}, actor=None)
    with pytest.raises(IntegrityError, match="one_open_source_per_table"), transaction.atomic():
        Source.objects.create(version=version, **FIELDS)
    close_source(first, actor=None)
    assert register_source(version, **FIELDS, actor=None) != first
    with pytest.raises(RuleBroken, match="closed already"):
        close_source(first, actor=None)


def test_the_api_registers_lists_and_closes_without_reaching_the_warehouse(api, engineer, version, sources):
    client = api(engineer)
    registered = post_json(client, sources, examples.SOURCE_IN | {"columns": {"score": "pd"}})
    assert registered.status_code == 201, registered.content
    assert registered.json().keys() == examples.SOURCE.keys() and registered.json()["state"] == "not read yet"
    listed = client.get(f"{sources}?version=1").json()["results"]
    assert [one["id"] for one in listed] == [registered.json()["id"]]
    closed = client.post(f"/api/v1/sources/{listed[0]['id']}/closure/")
    assert closed.json()["state"] == "no longer read"
    is_problem(client.post(f"/api/v1/sources/{listed[0]['id']}/closure/"), 409)


def test_without_a_version_the_one_in_production_is_meant(api, engineer, version, sources):
    promote(version)
    make_version(version.model)
    assert post_json(api(engineer), sources, FIELDS).json()["version"] == 1
    assert post_json(api(engineer), sources, FIELDS | {"version": 2}).json()["version"] == 2
    problem = is_problem(post_json(api(engineer), sources, FIELDS | {"version": 9}), 422)
    assert problem["errors"][0]["field"] == "version"


def test_a_stranger_finds_no_source(api, engineer, stranger, version, sources):
    source = register_source(version, **FIELDS, actor=engineer)
    client = api(stranger, workspace=stranger.grants.get().workspace)
    is_problem(client.get(sources), 404)
    is_problem(post_json(client, sources, FIELDS), 404)
    is_problem(client.post(f"/api/v1/sources/{source.pk}/closure/"), 404)


def test_as_of_a_day_a_source_is_told_as_it_stood_and_what_was_looked_at_since_is_not(version, api, client, auditor):
    now = timezone.now()
    kept, closed, later = (register_source(version, **FIELDS | {"table": name}, actor=None) for name in "abc")
    Source.objects.update(registered_at=now - timedelta(days=10), read_at=now - timedelta(days=8), rows=7)
    Source.objects.filter(pk=closed.pk).update(closed_at=now, read_at=now, rows=9, fault="Gone.")
    Source.objects.filter(pk=later.pk).update(registered_at=now)
    let_days_pass(20, version.model)
    day, address = (now - timedelta(days=5)).date(), f"/api/v1/models/{version.model.slug}/sources/"
    rest = api(auditor)
    found = rest.get(address, {"as_of": day, "ordering": "table"}).json()["results"]
    assert [(one["table"], one["state"], one["rows"], one["fault"]) for one in found] == [
        ("a", "readable", 7, ""),
        ("b", "open", None, ""),
    ]
    assert {one["closed_at"] for one in found} == {None}
    assert len(rest.get(address).json()["results"]) == 3
    assert rest.get(address, {"as_of": day - timedelta(days=10)}).json()["results"] == []
    is_problem(rest.get(address, {"as_of": day - timedelta(days=400)}), 404)
    assert [one["table"] for one in rest.get(address, {"as_of": day, "search": "b"}).json()["results"]] == ["b"]
    assert rest.get(address, {"as_of": day, "search": "Gone"}).json()["results"] == []
    for asked in ({"read_since": day}, {"ordering": "-rows"}):
        is_problem(rest.get(address, {"as_of": day} | asked), 400)
    client.force_login(auditor)
    page = client.get(reverse("model-sources", args=[version.model.slug]), {"as_of": day}).text
    assert "Not kept as of a date." in page and "Gone." not in page and "as it stood on" in page
    assert client.get(reverse("model-sources", args=[version.model.slug]), {"as_of": "x"}).status_code == 400
    spreadsheet = reverse("sources-csv", args=[version.model.slug])
    assert f"{spreadsheet}?as_of={day}" in page
    answer = client.get(spreadsheet, {"as_of": day, "ordering": "table"})
    assert f"-{day}.csv" in answer["Content-Disposition"]
    told = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(one["table"], one["state"], one["rows"], one["fault"], one["closed_at"]) for one in told] == [
        ("a", "readable", "7", "", ""),
        ("b", "open", "", "", ""),
    ]
    assert told[1]["read_at"] == NOT_KEPT and told[0]["read_at"] != NOT_KEPT
    assert client.get(spreadsheet, {"as_of": "x"}).status_code == 422
