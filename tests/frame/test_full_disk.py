"""A disk that is full is told in words; nothing is half-written, and the same can be sent again."""

import pytest
from django.db import connection
from django.urls import reverse

from audits.trail.models import Entry
from audits.trail.services import verify_trail
from inventory.models import Model, PredictionBatch
from tests.factories import csv_of, make_token, make_version
from tests.full_disk import no_room_beyond
from tests.registry.conftest import Registry
from tests.rest import is_problem, post_json


@pytest.fixture
def stored(settings, tmp_path):
    """The folder of stored files, empty."""
    settings.STORAGE_URL = (tmp_path / "storage").as_uri()
    return tmp_path / "storage"


@pytest.fixture
def full_database(workspace):
    """`full_database(table)` lets PostgreSQL say that there is no room for another row of it."""

    def fill(table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
            cursor.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")

    return fill


@pytest.mark.parametrize("room", [1000, 100], ids=["no room for the rows", "no room for the body"])
def test_a_batch_for_which_files_have_no_room_is_refused_whole_and_can_be_sent_again(api, engineer, stored, room):
    version = make_version()
    address, client = f"/api/v1/models/{version.model.slug}/versions/1/batches/", api(engineer)
    body, before = csv_of(3), Entry.objects.count()
    with no_room_beyond(room):
        told = is_problem(client.post(address, body, content_type="text/csv"), 507)
    assert "no room left for files" in told["detail"] and "send it again" in told["detail"]
    assert not PredictionBatch.objects.exists() and Entry.objects.count() == before
    assert not [path for path in stored.rglob("*") if path.is_file()]
    assert client.post(address, body, content_type="text/csv").status_code == 201


def test_an_artifact_for_which_there_is_no_room_is_refused_and_its_version_stays_without(api, engineer, stored):
    version = make_version()
    with no_room_beyond(1000):
        sent = api(engineer).put(
            f"/api/v1/models/{version.model.slug}/versions/1/artifact",
            b"x" * 5000,
            content_type="application/octet-stream",
        )
    is_problem(sent, 507)
    version.refresh_from_db()
    assert not version.artifact_sha256 and not [path for path in stored.rglob("*") if path.is_file()]


def test_a_full_database_is_told_to_programs_and_nothing_is_written(api, engineer, full_database):
    client = api(engineer)
    full_database("trail_entry")
    told = is_problem(post_json(client, "/api/v1/models/", {"name": "Loans", "owner": engineer.email}), 507)
    assert "no room left in the database" in told["detail"]
    assert not Model.objects.exists() and verify_trail().holds


def test_a_full_database_is_told_to_people_and_nothing_is_written(client, engineer, workspace, full_database):
    client.force_login(engineer)
    full_database("inventory_model")
    sent = {"workspace": str(workspace.pk), "owner": str(engineer.pk), "name": "Loans"}
    answer = client.post(reverse("register-model"), sent)
    assert answer.status_code == 507 and "no room left in the database" in answer.text
    assert "Nothing was changed" in answer.text and not Model.objects.exists()


def test_a_full_database_is_told_to_mlflow_clients_by_a_code_and_nothing_is_written(engineer, workspace, full_database):
    registry = Registry(make_token(engineer, workspace=workspace))
    full_database("trail_entry")
    answer = registry.call("POST", "registered-models/create", {"name": "Loans"})
    told = answer.json()
    assert (answer.status_code, told["error_code"]) == (507, "RESOURCE_EXHAUSTED")
    assert "no room left in the database" in told["message"] and "send it again" in told["message"]
    assert not Model.objects.exists() and verify_trail().holds
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER no_room ON trail_entry")
    assert registry.make_model("Loans")["name"] == "Loans"
