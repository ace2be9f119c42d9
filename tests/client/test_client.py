"""What a training script does with the client."""

from pathlib import Path

import httpx
import polars as pl
import pytest
from mrm_client import Client, Refused, Unreachable
from mrm_client.client import origin_of

from inventory.models import Model, ModelVersion, PredictionBatch
from tests.factories import make_model, make_person, make_token, make_workspace

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"

pytestmark = pytest.mark.django_db


@pytest.fixture
def mrm(connect, engineer, db):
    return connect(engineer)


@pytest.fixture
def iris(mrm, engineer):
    return mrm.register_model("Iris", owner=engineer.email)


def test_a_training_script_registers_logs_and_asks_the_gate(mrm, iris):
    version = mrm.register_version(
        "iris",
        EXAMPLES / "version.json",
        reference=EXAMPLES / "reference.csv",
        metrics={"auc": 0.97},
        code_ref="4f1c2ab",
    )
    batch = mrm.log("iris", version.number, EXAMPLES / "batch.csv")
    outcomes = mrm.send_outcomes("iris", EXAMPLES / "outcomes.csv")
    gate = mrm.gate("iris", version.number)
    assert (version.number, version.stage, version.raw["reference"]["rows"]) == (1, "candidate", 150)
    assert (batch.rows, outcomes.rows, outcomes.unknown_ids) == (200, 200, 0)
    assert batch.first_at.tzinfo is not None
    assert not gate.allowed and any("provisional" in blocker for blocker in gate.blockers)


def test_registering_a_model_twice_answers_with_the_one_that_is_there(mrm, iris):
    assert mrm.register_model("iris", purpose="Another purpose.") == iris
    assert Model.objects.get(slug="iris").purpose == ""


@pytest.mark.parametrize(
    "name", ["Crédit PD – Retail (2026)", "Bulk", "信用モデル", "Scores " + "long " * 30, " a_b-c "]
)
def test_a_name_is_registered_once_whatever_slug_it_has(mrm, workspace, name):
    make_model(workspace=workspace, name="Its slug is taken", slug="a_b-c")
    make_model(workspace=make_workspace("elsewhere"), name=name.strip())
    first = mrm.register_model(name, workspace=workspace.slug)
    assert mrm.register_model(name.upper()) == first == mrm.register_model(name, slug=first.slug)
    with pytest.raises(Refused, match="already has a model"):
        mrm.register_model(name, slug="another")


def test_a_name_of_a_model_that_the_token_may_not_see_stays_refused(connect, engineer, workspace):
    make_model(workspace=workspace, name="Hidden")
    with pytest.raises(Refused) as refused:
        connect(engineer, models=["mine"]).register_model("Hidden", slug="mine")
    assert refused.value.status == 409


def test_a_slug_that_belongs_to_another_model_is_refused_not_taken(mrm, iris):
    with pytest.raises(Refused) as refused:
        mrm.register_model("Another", slug="iris")
    assert refused.value.status == 409


def test_a_training_job_that_runs_twice_makes_one_version(mrm, iris):
    sent = {"origin": "training-run-17", "reference": EXAMPLES / "reference.csv"}
    first = mrm.register_version("iris", EXAMPLES / "version.json", **sent)
    again = mrm.register_version("iris", EXAMPLES / "version.json", **sent)
    assert first == again and ModelVersion.objects.count() == 1


def test_what_is_registered_twice_is_one_version_and_what_differs_is_another(mrm, iris, tmp_path):
    """As by a training script that a pipeline runs again: nobody has to think of an origin."""
    changed = tmp_path / "reference.csv"
    changed.write_text("\n".join((EXAMPLES / "reference.csv").read_text().splitlines()[:100]))
    sent = {"reference": EXAMPLES / "reference.csv", "metrics": {"auc": 0.97}, "code_ref": "4f1c2ab"}
    numbers = [
        mrm.register_version("iris", EXAMPLES / "version.json", **sent | differing).number
        for differing in ({}, {}, {"metrics": {"auc": 0.98}}, {"code_ref": "5e2d3bc"}, {"reference": changed}, {})
    ]
    assert numbers == [1, 1, 2, 3, 4, 1]
    assert mrm.version("iris", 4).raw["reference"]["rows"] == 99


def test_another_artifact_is_another_version(mrm, iris, tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text("{}")
    second.write_text("[]")
    made = {origin_of({"columns": []}, None, artifact) for artifact in (None, first, first, second)}
    assert len(made) == 3


@pytest.mark.parametrize("make", [pl.DataFrame.clone, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow])
def test_rows_may_be_a_table_of_any_library(mrm, iris, make):
    mrm.register_version("iris", EXAMPLES / "version.json", reference=make(pl.read_csv(EXAMPLES / "reference.csv")))
    batch = pl.read_csv(EXAMPLES / "batch.csv", try_parse_dates=True)
    assert mrm.log("iris", 1, make(batch)).rows == 200


def test_a_refusal_names_the_row_and_the_column(mrm, iris, tmp_path):
    mrm.register_version("iris", EXAMPLES / "version.json", reference=EXAMPLES / "reference.csv")
    spoiled = tmp_path / "batch.csv"
    header, first, *_ = (EXAMPLES / "batch.csv").read_text().splitlines()
    cells = first.split(",")
    cells[header.split(",").index("petal_length")] = "long"
    spoiled.write_text(f"{header}\n{','.join(cells)}\n")
    with pytest.raises(Refused) as refused:
        mrm.log("iris", 1, spoiled)
    assert refused.value.status == 422
    assert (refused.value.errors[0]["row"], refused.value.errors[0]["column"]) == (1, "petal_length")
    assert not PredictionBatch.objects.exists()


def test_what_the_role_does_not_allow_is_refused(connect, auditor):
    with pytest.raises(Refused) as refused:
        connect(auditor).register_model("Iris")
    assert refused.value.status == 403 and not Model.objects.exists()


def test_a_model_of_another_workspace_does_not_exist(mrm):
    elsewhere = make_workspace()
    hidden = make_model(workspace=elsewhere, owner=make_person("owner", workspace=elsewhere))
    with pytest.raises(Refused) as refused:
        mrm.model(hidden.slug)
    assert refused.value.status == 404


class BreaksAfterArrival(httpx.BaseTransport):
    """The request arrives, its answer does not, once."""

    def __init__(self, inner):
        self.inner, self.broken = inner, False

    def handle_request(self, request):
        response = self.inner.handle_request(request)
        response.read()
        if not self.broken:
            self.broken = True
            raise httpx.ReadError("the connection was reset")
        return response


def test_an_answer_that_is_lost_on_the_way_does_not_register_twice(connect, engineer, application):
    broken = BreaksAfterArrival(httpx.WSGITransport(application))
    model = connect(engineer, transport=broken).register_model("Iris", slug="iris")
    assert broken.broken and model.slug == "iris"
    assert Model.objects.count() == 1


def test_a_busy_server_is_asked_again_after_the_time_it_names():
    answers = [
        httpx.Response(429, headers={"Retry-After": "0"}),
        httpx.Response(200, json={"allowed": True, "blockers": []}),
    ]
    with Client("http://mrm", "token", transport=httpx.MockTransport(lambda request: answers.pop(0))) as client:
        assert client.gate("iris", 1).allowed


def test_something_that_is_no_mrm_server_is_said_to_be_none():
    page = httpx.Response(404, html="<h1>Not found</h1>")
    with (
        Client("http://elsewhere", "token", transport=httpx.MockTransport(lambda request: page)) as client,
        pytest.raises(Unreachable, match="is MRM_URL its address"),
    ):
        client.model("iris")


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (httpx.Response(200, html="<h1>Welcome</h1>"), "answered 200 and nothing that an mrm server says"),
        (httpx.Response(301, headers={"Location": "https://mrm/api/v1/models/iris/"}), "has moved to https://mrm/"),
    ],
    ids=["a page", "a redirection"],
)
def test_what_answers_without_being_an_mrm_server_is_told_apart(answered, said):
    transport = httpx.MockTransport(lambda request: answered)
    with Client("http://mrm", "t", transport=transport) as client, pytest.raises(Unreachable, match=said):
        client.model("iris")


@pytest.mark.parametrize(
    ("url", "token", "why"),
    [
        ("mrm.bank:8000", "t", "begins with http"),
        ("http://mrm", "a b", "Paste it again"),
        ("http://mrm", "tö", "Paste"),
    ],
)
def test_an_address_or_a_token_that_cannot_be_one_is_refused_before_anything_is_sent(url, token, why):
    with pytest.raises(ValueError, match=why):
        Client(url, token)


def test_a_token_pasted_with_its_line_end_is_taken(connect, engineer, application):
    transport = httpx.WSGITransport(application)
    with Client("http://testserver", f"{make_token(engineer)}\n", transport=transport) as client:
        assert client.register_model("Iris").slug == "iris"


def test_the_gate_tells_what_was_excepted_warned_of_and_under_which_policy():
    body = {"allowed": True, "blockers": [], "waived": ["EX-1"], "warnings": ["Few rows."], "policy_version": 3}
    with Client("http://mrm", "t", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body))) as client:
        gate = client.gate("iris", 1)
    assert (gate.waived, gate.warnings, gate.policy_version) == (["EX-1"], ["Few rows."], 3)


def test_a_description_that_is_no_json_is_named(mrm, iris, tmp_path):
    for content, why in (("{", "is no JSON"), ("[]", "holds no object")):
        description = tmp_path / "version.json"
        description.write_text(content)
        with pytest.raises(ValueError, match=f"version.json {why}"):
            mrm.register_version("iris", description)


def test_a_server_that_says_more_than_the_client_knows_is_understood():
    body = {"allowed": False, "blockers": ["The tier is provisional."], "asked_at": "2030-01-01T00:00:00Z", "new": 1}
    with Client("http://mrm", "t", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body))) as client:
        gate = client.gate("iris", 1)
    assert gate.blockers == ["The tier is provisional."] and gate.raw["new"] == 1


@pytest.mark.parametrize(("url", "token", "missing"), [("", "t", "MRM_URL"), ("http://mrm", "", "MRM_TOKEN")])
def test_a_client_without_address_or_token_says_which_variable_to_set(url, token, missing, monkeypatch):
    monkeypatch.delenv("MRM_URL", raising=False)
    monkeypatch.delenv("MRM_TOKEN", raising=False)
    with pytest.raises(ValueError, match=missing):
        Client(url, token)


def test_every_address_of_the_client_is_in_the_openapi_document(client):
    paths = client.get("/api/schema/?format=json").json()["paths"]
    used = [
        "models/",
        "models/{slug}/",
        "models/{slug}/versions/",
        "models/{slug}/versions/{number}/",
        "models/{slug}/versions/{number}/artifact",
        "models/{slug}/versions/{number}/reference/",
        "models/{slug}/versions/{number}/batches/",
        "models/{slug}/versions/{number}/gate/",
        "models/{slug}/outcomes/",
        "reports/verify/",
    ]
    assert [path for path in used if f"/api/v1/{path}" not in paths] == []
