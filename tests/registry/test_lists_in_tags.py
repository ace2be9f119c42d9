"""Attributes that are kept row by row, as JSON in one tag: the rows of the register, by its rules."""

import json

import pytest

from inventory.models import Model
from inventory.models.particulars import rows_of
from inventory.services import add_particular, end_particular
from registry.contents.tagged import ROWS
from registry.models import ModelTag
from tests.factories import make_model
from tests.registry.conftest import refused, tags_of

SET = "registered-models/set-tag"
HIGH = {"text": "Thin files.", "significance": "high", "answer": "Referred to people."}
LOW = {"text": "Only Austria.", "significance": "low"}


def set_list(client, tag: str, rows: list, *, name: str = "m") -> None:
    client.do("POST", SET, name=name, key=tag, value=json.dumps(rows))


def list_in(shown: dict, tag: str = "mrm.limitations") -> list[dict]:
    return json.loads(tags_of(shown)[tag])


def found_by(client, tag: str, operator: str, value: str) -> list[str]:
    found = client.ask("registered-models/search", filter=f"tags.`{tag}` {operator} '{value}'")
    return [row["name"] for row in found["registered_models"]]


def texts(model: Model) -> list[str]:
    return [row.text for row in rows_of("limitations").standing().filter(model=model)]


def test_every_attribute_that_is_a_list_is_set_read_and_emptied_by_its_tag(registry, risk_officer, owner, workspace):
    client = registry(risk_officer)
    feed = make_model(workspace=workspace, name="Feed")
    said = {
        "mrm.determinations": [{"regime": "sr-26-2", "verdict": "model", "rationale": "It estimates."}],
        "mrm.aliases": [{"name": "PD-7", "system": "SAS"}],
        "mrm.stakeholders": [{"discipline": "legal", "person": owner.email}],
        "mrm.data_sources": [{"name": "Bureau", "steward": "Risk data", "is_substitute": True}],
        "mrm.assumptions": [{"text": "Rates stay.", "answer": "Looked at monthly."}],
        "mrm.limitations": [HIGH, LOW],
        "mrm.expert_judgements": [{"text": "Capped at 9.", "answer": "By the panel.", "made_by": "Panel"}],
        "mrm.upstream": [{"upstream": feed.slug, "kind": "input", "criticality": "high"}],
    }
    assert said.keys() == ROWS.keys()
    client.make_model("m", {tag: json.dumps(rows) for tag, rows in said.items() if tag != "mrm.aliases"})
    set_list(client, "mrm.aliases", said["mrm.aliases"])
    for shown in (
        client.model("m"),
        client.ask("registered-models/search", filter="name = 'm'")["registered_models"][0],
    ):
        assert {tag: list_in(shown, tag) for tag in said} == said
        assert all(found_by(client, tag, "=", tags_of(shown)[tag]) == ["m"] for tag in said)
    for tag in said:
        client.do("DELETE", "registered-models/delete-tag", name="m", key=tag)
    assert not set(said) & set(tags_of(client.model("m")))
    assert not any(rows_of(name).standing().filter(model__name="m").exists() for name in ROWS.values())


def test_setting_a_list_again_ends_what_it_leaves_out_and_keeps_what_stays(client):
    client.make_model("m", {"mrm.limitations": json.dumps([HIGH, LOW])})
    kept = rows_of("limitations").get(text=LOW["text"])
    set_list(client, "mrm.limitations", [LOW, {"text": "No firms.", "significance": "medium"}])
    model = Model.objects.get()
    assert texts(model) == ["Only Austria.", "No firms."]
    assert rows_of("limitations").standing().get(text=LOW["text"]) == kept
    assert "no longer in the tag mrm.limitations" in rows_of("limitations").get(text=HIGH["text"]).ended_because


def test_a_list_is_answered_as_the_register_says_it_now_and_only_where_a_client_set_it(client, engineer):
    client.make_model("m", {"mrm.limitations": json.dumps([LOW])})
    client.make_model("n")
    for model in Model.objects.all():
        add_particular(model, "limitations", values=HIGH, actor=engineer)
    assert list_in(client.model("m")) == [LOW, HIGH]
    assert "mrm.limitations" not in tags_of(client.model("n"))


def test_a_list_is_searched_as_it_is_answered_whoever_ended_or_added_a_row(client, engineer):
    odd = {"text": 'Ä "quoted"\\ line\nand\ttab \x7f', "significance": "low"}
    client.make_model("m", {"mrm.limitations": json.dumps([LOW])})
    client.make_model("n")
    model = Model.objects.get(name="m")
    for row in (odd, HIGH):
        add_particular(model, "limitations", values=row, actor=engineer)
        assert found_by(client, "mrm.limitations", "=", tags_of(client.model("m"))["mrm.limitations"]) == ["m"]
    for row in rows_of("limitations").standing():
        end_particular(row, "limitations", reason="Over.", actor=engineer)
    assert list_in(client.model("m")) == []
    assert found_by(client, "mrm.limitations", "LIKE", "%Austria%") == []
    assert found_by(client, "mrm.limitations", "!=", json.dumps([LOW])) == ["m"]
    assert found_by(client, "mrm.limitations", "=", "[]") == ["m"], "n never said it"
    assert client.ask("model-versions/search", filter="tags.`mrm.limitations` != ''")["model_versions"] == []


def test_a_read_costs_one_query_more_only_where_a_list_was_set(client, django_assert_num_queries):
    client.make_model("m", {"mrm.limitations": json.dumps([LOW])})
    client.make_model("n")
    for name in ("m", "n"):
        client.model(name)
    with django_assert_num_queries(4):
        client.model("n")
    with django_assert_num_queries(5):
        client.model("m")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Only Austria.", "must be a list in JSON"),
        ('{"text": "x"}', "must be a list in JSON"),
        ("[" * 10_000, "must be a list in JSON"),
        ('[{"text": "x", "text": "y"}]', "'text' stands twice in one object"),
        ('["x"]', "entry 1"),
        (json.dumps([LOW, {"text": "x"}]), "entry 2, significance"),
        (json.dumps([LOW | {"weight": 3}]), "entry 1, weight"),
        (json.dumps([LOW | {"text": "a\x00b"}]), "entry 1, text"),
        (json.dumps([LOW | {"significance": "huge"}]), "entry 1, significance"),
    ],
    ids=["text", "object", "nested", "twice", "no_object", "lacking", "unknown_field", "nul", "unknown_word"],
)
def test_a_list_that_means_nothing_is_refused_by_its_entry_and_nothing_is_written(client, value, words):
    client.make_model("m", {"mrm.limitations": json.dumps([HIGH])})
    answer = client.call("POST", SET, {"name": "m", "key": "mrm.limitations", "value": value})
    assert "mrm.limitations" in refused(answer, 400, "INVALID_PARAMETER_VALUE", words)
    pairs = [{"key": "mrm.limitations", "value": value}]
    refused(
        client.call("POST", "registered-models/create", {"name": "n", "tags": pairs}), 400, "INVALID_PARAMETER_VALUE"
    )
    assert list_in(client.model("m")) == [HIGH] and Model.objects.count() == 1


def test_a_list_needs_the_role_that_the_page_and_the_api_need(client):
    client.make_model("m")
    said = json.dumps([{"regime": "sr-26-2", "verdict": "model", "rationale": "It estimates."}])
    refused(
        client.call("POST", SET, {"name": "m", "key": "mrm.determinations", "value": said}), 403, "PERMISSION_DENIED"
    )
    assert not ModelTag.objects.exists()
    refused(
        client.call("POST", SET, {"name": "m", "key": "mrm.documents", "value": "[]"}),
        400,
        "INVALID_PARAMETER_VALUE",
        "comes with its file",
    )


def test_a_circle_of_dependencies_is_refused_by_tag_as_by_page(client, engineer):
    client.make_model("m")
    client.make_model("n", {"mrm.upstream": json.dumps([{"upstream": "m", "kind": "input", "criticality": "low"}])})
    circle = json.dumps([{"upstream": "n", "kind": "input", "criticality": "low"}])
    assert "circle" in client.call("POST", SET, {"name": "m", "key": "mrm.upstream", "value": circle}).json()["message"]
    assert "mrm.upstream" not in tags_of(client.model("m"))
