"""Another MLflow registry as the master: hints that are believed only as hints, and a sweep that finds what is true."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from audits.trail.models import Entry
from audits.workflows.gates import gate_for
from inventory.contents.making import made_version
from inventory.models import Model, ModelVersion, Policy
from inventory.services import edit_model, retire_model
from inventory.states import Stage
from mrm.accounts.services import create_person
from mrm.adapters import mlflow
from mrm.adapters.mlflow import HttpMaster, MemoryMaster
from mrm.adapters.outside import Unreachable
from registry.models import Delivery, ModelFacts
from registry.services import follow_master, receive_delivery
from registry.signatures import signature
from registry.tasks import follow_master as task
from tests.factories import make_model
from tests.registry.conftest import refused, tags_of

SECRET, ADDRESS = "a shared secret", "/mlflow/deliveries"


def said_version(number: int, **fields) -> dict:
    return {"version": str(number), "source": f"s3://bucket/{number}", "run_id": f"r{number}", **fields}


@pytest.fixture
def master(workspace, owner) -> MemoryMaster:
    master = MemoryMaster()
    versions = [said_version(1, tags=[{"key": "k", "value": "v"}]), said_version(3, aliases=[])]
    # As MLflow's own server answers a search: the aliases of versions stand with their model.
    aliases = [{"alias": "champion", "version": "3"}]
    said = {"name": "credit", "description": "PDs", "tags": [{"key": "team", "value": "a"}], "aliases": aliases}
    master.content["credit"] = (said, versions)
    return master


def deliver(body: bytes = b"", *, number: str = "d-1", secret: str = SECRET, age: float = 0, **headers):
    sent = str(int(timezone.now().timestamp() - age))
    signed = {
        "X-MLflow-Delivery-Id": number,
        "X-MLflow-Timestamp": sent,
        "X-MLflow-Signature": signature(secret, number, sent, body),
    }
    with override_settings(MLFLOW_WEBHOOK_SECRET=SECRET):
        return Client().generic("POST", ADDRESS, body, content_type="application/json", headers=signed | headers)


def created(name: str) -> bytes:
    return json.dumps({"entity": "model_version", "action": "created", "data": {"name": name, "version": "1"}}).encode()


def test_a_delivery_is_signed_as_mlflow_signs_it():
    """A vector made by MLflow 3.17.2, and again by `openssl dgst -sha256 -hmac`."""
    body = '{"entity":"model_version","action":"created","timestamp":"2025-01-01T00:00:00+00:00",'
    body += '"data":{"name":"Kredit für Ä","version":"1"}}'
    told = ("whsec_Schlüssel", "3f0c1f0e-0000-4000-8000-000000000001", "1735689600", body.encode())
    assert signature(*told) == "v1,VH/9Pl28g524x0WR6KDl8eeLksmOHiFC9tYOywHfFes="


def test_what_the_master_has_is_registered_once_and_nothing_of_it_is_in_production(master, client, owner):
    assert follow_master(master, timezone.now()) == []
    model = Model.objects.get(name="credit")
    assert (model.owner, model.description, model.registered_by) == (owner, "PDs", None)
    assert [(v.number, v.stage, v.artifact_uri) for v in model.versions.order_by("number")] == [
        (1, Stage.CANDIDATE, "s3://bucket/1"),
        (2, Stage.CANDIDATE, "s3://bucket/3"),
    ]
    shown = client.version("credit", 2)
    assert shown["run_id"] == "r3" and shown["aliases"] == []
    assert tags_of(shown)["mlflow.aliases"] == "champion" and tags_of(shown)["mlflow.version"] == "3"
    entries = Entry.objects.count()
    assert follow_master(master, timezone.now() + timedelta(hours=1)) == []
    assert Entry.objects.count() == entries, "looking again leaves no trace"


def test_whoever_made_a_version_in_the_master_made_it_here_too_as_soon_as_they_have_an_account(
    master, workspace, engineer, risk_officer
):
    master.content["credit"][1][0]["user_id"] = engineer.email.upper()
    master.content["credit"][1][1]["user_id"] = "mallory@elsewhere.example"
    follow_master(master, timezone.now())
    known, unknown = ModelVersion.objects.order_by("number")
    assert made_version(known, engineer).startswith("made version 1 on ")
    assert made_in_sql(known, engineer) and not made_in_sql(known, risk_officer)
    assert not made_version(known, risk_officer)
    assert not [one for one in gate_for(known).warnings if "made it" in one]
    assert [one for one in gate_for(unknown).warnings if "mallory@elsewhere.example made it" in one]
    mallory = create_person("Mallory@elsewhere.example", "Mallory", actor=None)
    assert made_version(unknown, mallory) and made_in_sql(unknown, mallory)


def made_in_sql(version, person) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT made_one_of(ARRAY[%s::uuid], ARRAY[%s::uuid])", [version.pk, person.pk])
        return cursor.fetchone()[0]


def test_what_the_first_sweep_takes_over_is_baselined_and_what_comes_later_is_not(master):
    now = timezone.now()
    follow_master(master, now)
    master.content["new"] = ({"name": "new"}, [])
    follow_master(master, now + timedelta(hours=1))
    days = Policy.objects.in_force().section("baselines")["most_days"]
    assert Model.objects.get(name="credit").baselined_until == now.date() + timedelta(days=days)
    assert Model.objects.get(name="new").baselined_until is None


def test_an_alias_that_a_registry_says_of_the_version_is_told_too_and_one_that_moved_leaves_it(master, client):
    now = timezone.now()
    master.content["credit"][1][0]["aliases"] = ["old"]
    follow_master(master, now)
    assert tags_of(client.version("credit", 1))["mlflow.aliases"] == "old"
    master.content["credit"][1][0]["aliases"] = []
    master.content["credit"][0]["aliases"] = [{"alias": "champion", "version": "1"}]
    follow_master(master, now + timedelta(hours=1))
    assert tags_of(client.version("credit", 1))["mlflow.aliases"] == "champion"
    assert tags_of(client.version("credit", 2))["mlflow.aliases"] == ""


def test_a_sweep_is_due_every_quarter_of_an_hour_and_a_hint_asks_for_its_model_at_once(master):
    now = timezone.now()
    follow_master(master, now)
    master.content["credit"][1].append(said_version(4))
    master.content["other"] = ({"name": "other"}, [])
    follow_master(master, now + timedelta(minutes=5))
    assert ModelVersion.objects.count() == 2, "nobody hinted and no sweep is due"
    receive_delivery("d", created("credit"))
    follow_master(master, now + timedelta(minutes=6))
    assert ModelVersion.objects.count() == 3 and not Model.objects.filter(name="other").exists()
    follow_master(master, now + timedelta(minutes=20))
    assert Model.objects.filter(name="other").exists()


def test_what_is_gone_from_the_master_is_told_and_not_forgotten(master, client):
    now = timezone.now()
    follow_master(master, now)
    was = master.content.pop("credit")
    follow_master(master, now + timedelta(hours=1))
    assert tags_of(client.model("credit"))["mlflow.gone"] == "true"
    master.content["credit"] = was
    follow_master(master, now + timedelta(hours=2))
    assert tags_of(client.model("credit"))["mlflow.gone"] == "", "what is there again is not told as gone"


def test_a_model_that_is_called_otherwise_here_is_still_the_one_of_the_master(master, client):
    now = timezone.now()
    follow_master(master, now)
    client.do("POST", "registered-models/rename", name="credit", new_name="Retail credit")
    master.content["credit"][1].append(said_version(4))
    master.content["Retail credit"] = ({"name": "Retail credit"}, [])
    (refusal,) = follow_master(master, now + timedelta(hours=1))
    assert refusal.startswith("Retail credit: ") and "already has a model" in refusal
    model = Model.objects.get()
    assert (model.name, model.versions.count()) == ("Retail credit", 3)
    assert not tags_of(client.model("Retail credit")).get("mlflow.gone")
    del master.content["credit"], master.content["Retail credit"]
    receive_delivery("d", created("credit"))
    follow_master(master, now + timedelta(minutes=61))
    assert tags_of(client.model("Retail credit"))["mlflow.gone"] == "true"


def test_a_model_that_stood_here_before_is_followed_by_its_name(master, workspace):
    stood = make_model(workspace=workspace, name="credit")
    follow_master(master, timezone.now())
    assert Model.objects.get() == stood and stood.versions.count() == 2


def test_what_was_mirrored_before_the_masters_name_was_kept_is_known_by_its_name(master, client):
    follow_master(master, timezone.now())
    client.make_model("of our own")
    ModelFacts.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("registry.migrations.0009_tell_what_was_mirrored_until_now").KNOWN)
    assert ModelFacts.objects.get().mirrors == "credit"


def test_what_the_master_goes_on_with_after_it_was_retired_here_is_named(master):
    now = timezone.now()
    follow_master(master, now)
    retire_model(Model.objects.get(), actor=None)
    assert follow_master(master, now + timedelta(hours=1)) == [], "what is known is no news"
    master.content["credit"][1].append(said_version(4))
    (refusal,) = follow_master(master, now + timedelta(hours=2))
    assert refusal.startswith("credit: It is retired here") and "newest being 4" in refusal
    assert ModelVersion.objects.count() == 2


def test_a_copy_is_taken_over_after_what_it_was_made_of_whatever_the_order(master, client):
    master.content = {
        "again": ({"name": "again"}, [said_version(1, source="models:/before/1")]),
        "before": ({"name": "before"}, [said_version(1, source="models:/credit/3")]),
        "itself": ({"name": "itself"}, [said_version(1, source="models:/itself/1")]),
    } | master.content
    assert follow_master(master, timezone.now()) == []
    first = ModelVersion.objects.get(model__name="credit", mlflow__run_id="r3")
    copied = ModelVersion.objects.exclude(copied_from=None)
    assert dict(copied.values_list("model__name", "copied_from")) == {"again": first.pk, "before": first.pk}
    assert ModelVersion.objects.get(model__name="itself").copied_from is None
    for name in ("before", "again"):
        found = client.ask("model-versions/get-download-uri", name=name, version="1")
        assert found == {"artifact_uri": first.artifact_uri}, "its name there is another version here"


def test_a_hint_takes_over_no_copy_before_what_it_was_made_of(master):
    credit, now = master.content["credit"], timezone.now()
    master.content = {}
    follow_master(master, now)
    master.content = {"again": ({"name": "again"}, [said_version(1, source="models:/credit/3")]), "credit": credit}
    deliver(created("again"))
    follow_master(master, now + timedelta(minutes=1))
    assert not ModelVersion.objects.exists()
    follow_master(master, now + timedelta(minutes=20))
    assert ModelVersion.objects.get(model__name="again").copied_from.model.name == "credit"


def test_what_cannot_be_taken_over_is_said_and_the_rest_goes_on(master):
    master.content = {"bad/name": ({"name": "bad/name"}, [])} | master.content
    master.content["credit"][0]["tags"].append({"key": "mrm.status", "value": "in_use\x00"})
    (refusal,) = follow_master(master, timezone.now())
    assert "bad/name" in refusal and Model.objects.filter(name="credit").exists()


@pytest.mark.parametrize(
    "odd",
    [
        {"name": "odd", "tags": "none"},
        {"name": "odd", "tags": [{"value": "v"}]},
        {"name": "odd", "aliases": ["champion"]},
        {"description": "without a name"},
        "odd",
    ],
    ids=["tags no list", "tag without a key", "alias without a version", "no name", "no object"],
)
def test_what_is_said_oddly_keeps_nothing_else_back(master, odd):
    master.models = lambda: iter([odd, master.content["credit"][0]])
    (refusal,) = follow_master(master, timezone.now())
    assert refusal and Model.objects.get().name == "credit"


@pytest.mark.parametrize("version", [{"source": "s3://x"}, {"version": "x"}, "1", {"version": "1", "aliases": 3}])
def test_a_version_said_oddly_is_named_and_its_model_waits(master, version):
    master.content["odd"] = ({"name": "odd"}, [version])
    (refusal,) = follow_master(master, timezone.now())
    assert refusal.startswith("odd: ") and Model.objects.get().name == "credit"


def test_a_source_that_names_what_no_model_is_called_stops_nothing(master):
    versions = [
        said_version(number, source=f"models:/{name}/1") for number, name in enumerate(("a%00b", "%ED%A0%80"), 1)
    ]
    master.content = {"a": ({"name": "a"}, versions)} | master.content
    assert follow_master(master, timezone.now()) == []
    assert not ModelVersion.objects.filter(model__name="a").exclude(copied_from=None).exists()
    assert Model.objects.filter(name="credit").exists()


def test_descriptions_follow_the_master_and_what_people_wrote_stays_until_it_says_something_else(
    master, client, engineer
):
    now = timezone.now()
    follow_master(master, now)
    edit_model(Model.objects.get(), changes={"description": "PDs of cards"}, actor=engineer)
    follow_master(master, now + timedelta(hours=1))
    assert Model.objects.get().description == "PDs of cards"
    master.content["credit"][0]["description"] = "PDs of all"
    master.content["credit"][1][0]["description"] = "The first"
    follow_master(master, now + timedelta(hours=2))
    assert Model.objects.get().description == "PDs of all"
    assert client.version("credit", 1)["description"] == "The first"


def test_a_version_that_is_gone_from_the_master_is_told_until_it_is_there_again(master, client):
    now = timezone.now()
    follow_master(master, now)
    gone = master.content["credit"][1].pop()
    follow_master(master, now + timedelta(hours=1))
    assert tags_of(client.version("credit", 2))["mlflow.gone"] == "true"
    assert "mlflow.gone" not in tags_of(client.version("credit", 1))
    entries = Entry.objects.count()
    follow_master(master, now + timedelta(hours=2))
    assert Entry.objects.count() == entries
    master.content["credit"][1].append(gone)
    follow_master(master, now + timedelta(hours=3))
    assert tags_of(client.version("credit", 2))["mlflow.gone"] == ""


@override_settings(MLFLOW_MASTER_URL="memory:")
def test_the_page_says_what_could_not_be_taken_over(master, engineer):
    page = Client()
    page.force_login(engineer)
    assert "never read" in page.get("/mlflow/").content.decode()
    master.content["bad/name"] = ({"name": "bad/name"}, [])
    follow_master(master, timezone.now())
    assert "bad/name" in page.get("/mlflow/").content.decode()


def test_a_signed_delivery_is_taken_once(master):
    assert deliver(created("credit")).json() == {"taken": True}
    assert deliver(created("credit")).json() == {"taken": False}
    delivery = Delivery.objects.get()
    assert (delivery.event, delivery.name, delivery.followed_at) == ("model_version.created", "credit", None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret": "another"}, "does not hold"),
        ({"age": 360}, "five minutes"),
        ({"age": -360}, "five minutes"),
        ({"X-MLflow-Signature": ""}, "does not hold"),
        ({"X-MLflow-Signature": "v1,é"}, "does not hold"),
        ({"X-MLflow-Timestamp": "now"}, "neither"),
        ({"number": ""}, "neither"),
    ],
)
def test_a_delivery_that_is_not_the_masters_is_refused(db, changes, words):
    refused(deliver(created("credit"), **changes), 401, "UNAUTHENTICATED", words)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"entity": 1, "action": [], "data": "x"}', b"[" * 9999])
def test_a_signed_delivery_that_says_nothing_asks_for_a_look_at_everything(db, body):
    assert deliver(body).json() == {"taken": True}
    assert Delivery.objects.get().name == ""


def test_without_a_secret_no_delivery_is_taken(db):
    refused(Client().post(ADDRESS, b"", content_type="application/json"), 404, "ENDPOINT_NOT_FOUND")


def test_the_task_follows_the_master_that_is_configured_and_none_else(master, monkeypatch):
    task()
    assert not Delivery.objects.exists()
    monkeypatch.setattr(mlflow.MEMORY, "content", master.content)
    with override_settings(MLFLOW_MASTER_URL="memory:"):
        task()
    assert Model.objects.filter(name="credit").exists()


BOTH_QUOTES = """it's "b\""""
VERSIONS = {
    "name='a'": [said_version(1, name="a")],
    "name LIKE 'it_s _b_'": [said_version(1, name=BOTH_QUOTES), said_version(1, name="it's (b)")],
}


class Answers(BaseHTTPRequestHandler):
    """A registry of three models on two pages, which wants a token and knows the versions of two models."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if self.headers["Authorization"] != "Bearer secret":
            return self.send_error(401)
        if url.path.endswith("model-versions/search"):
            if (versions := VERSIONS.get(query["filter"][0])) is None:
                return self.send_error(400)
            page = {"model_versions": versions}
        elif "page_token" in query:
            page = {"registered_models": [{"name": BOTH_QUOTES}]}
        else:
            page = {"registered_models": [{"name": "refused"}, {"name": "a"}], "next_page_token": "t"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *arguments):
        """Nothing."""


@pytest.fixture
def address():
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_master_is_read_page_by_page_with_its_token(address):
    assert [model["name"] for model in HttpMaster(address, "secret").models()] == ["refused", "a", BOTH_QUOTES]
    with pytest.raises(Unreachable, match="answered 401"):
        list(HttpMaster(address, "wrong").models())


def test_a_model_that_the_master_says_nothing_of_is_named_and_the_rest_is_taken_over(address, workspace, owner):
    (refusal,) = follow_master(HttpMaster(address, "secret"), timezone.now())
    assert refusal.startswith("refused: ") and "answered 400" in refusal
    found = Model.objects.values_list("name", "versions__artifact_uri")
    assert sorted(found) == [("a", "s3://bucket/1"), (BOTH_QUOTES, "s3://bucket/1")]


def test_a_master_at_a_link_local_address_is_not_asked():
    with pytest.raises(Unreachable, match="may not be reached"):
        list(HttpMaster("http://169.254.169.254", "").models())
