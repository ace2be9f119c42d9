"""Attributes over REST: all with who may change them; one with its history; edits by type and by role."""

import json

import pytest

from audits.workflows.api import examples
from inventory.api import examples as inventory_examples
from inventory.attributes import ATTRIBUTES
from tests.factories import make_model, make_version, promote
from tests.rest import is_problem, post_json


@pytest.fixture
def address(workspace, owner) -> str:
    return f"/api/v1/models/{promote(make_version(make_model(owner=owner))).model.slug}/"


def patch(client, path, value):
    return client.patch(path, json.dumps(value), content_type="application/json")


def test_all_attributes_are_answered_in_their_order(api, auditor, address):
    answer = api(auditor).get(f"{address}attributes/").json()
    assert answer.keys() == examples.ATTRIBUTES.keys()
    assert [one["name"] for one in answer["attributes"]] == [attribute.name for attribute in ATTRIBUTES]
    by_name = {one["name"]: one for one in answer["attributes"]}
    assert by_name["purpose"].keys() == examples.ATTRIBUTES["attributes"][0].keys()
    assert by_name["validator"]["missing"] and "validator" in answer["missing"]
    assert by_name["current_version"]["value"][0].startswith("Version 1, in production since")
    assert by_name["status"]["changed_by_roles"] == []


def test_one_attribute_is_answered_with_its_history(api, engineer, address):
    client = api(engineer)
    patch(client, address, {"regions": ["Austria"], "exposure_amount": "12.50", "successor": None})
    answer = client.get(f"{address}attributes/exposure_amount/").json()
    assert answer.keys() == examples.ATTRIBUTE.keys()
    assert (answer["value"], answer["history"][0]["after"]) == ("12.50", "12.50")
    assert client.get(f"{address}attributes/regions/").json()["value"] == ["Austria"]
    is_problem(client.get(f"{address}attributes/nonsense/"), 404)


def test_an_edit_of_what_is_not_theirs_is_refused_in_words(api, engineer, address):
    body = is_problem(patch(api(engineer), address, {"ai_act_class": "minimal"}), 403)
    assert "risk officer" in body["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"exposure_amount": "NaN"}, {"exposure_amount": -1}, {"exposure_on": "yesterday"}, {"regions": "Austria"},
        {"regions": ["a\x00"]}, {"regulatory_categories": ["alchemy"]}, {"developer": "nobody@bank.example"},
        {"successor": "no-such-model"}, {"vendor": "x" * 201}, {"learns_in_use": "perhaps"}, {"owner": None},
        {"affects_natural_persons": None}, {"name": ""}, {"exposure_amount": 1e300},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_another_type_is_refused_and_changes_nothing(api, engineer, address, change):
    client = api(engineer)
    assert is_problem(patch(client, address, {"platform": "Mainframe"} | change), 400)["errors"]
    assert client.get(address).json()["platform"] == ""


def test_a_successor_that_one_may_not_see_is_unknown(api, engineer, stranger, address):
    hidden = make_model(workspace=stranger.grants.get().workspace)
    is_problem(patch(api(engineer), address, {"successor": hidden.slug}), 400)


def test_what_one_may_not_see_has_no_attributes(api, stranger, address):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    for path in ("attributes/", "attributes/purpose/"):
        is_problem(client.get(f"{address}{path}"), 404)


def test_a_row_is_added_and_ended_over_rest(api, engineer, address):
    client = api(engineer)
    path = f"{address}attributes/limitations/"
    answer = post_json(client, path, inventory_examples.LIMITATION_IN)
    assert answer.status_code == 201
    assert answer.json().keys() == examples.LIMITATIONS.keys()
    [row] = answer.json()["value"]
    assert row.keys() == examples.LIMITATIONS["value"][0].keys()
    ended = post_json(client, f"{path}{row['id']}/ending/", {"reason": "Mended."}).json()
    assert (ended["value"], len(ended["history"])) == ([], 2)
    is_problem(post_json(client, f"{path}{row['id']}/ending/", {"reason": "Mended."}), 409)
    is_problem(post_json(client, f"{address}attributes/assumptions/{row['id']}/ending/", {"reason": "x"}), 404)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("limitations", {}, 400),
        ("limitations", {"text": "x", "significance": "medium", "colour": "red"}, 400),
        ("limitations", [], 400),
        ("stakeholders", {"discipline": "legal", "person": "nobody@bank.example"}, 400),
        ("upstream", {"upstream": "no-such", "kind": "input", "criticality": "low"}, 400),
        ("documents", {"title": "x", "kind": "other"}, 409),
        ("purpose", {"text": "x"}, 409),
        ("status", {}, 409),
        ("nonsense", {}, 404),
    ],
)
def test_a_row_that_means_nothing_is_refused(api, engineer, address, name, value, status):
    is_problem(post_json(api(engineer), f"{address}attributes/{name}/", value), status)


def test_a_document_is_attached_and_fetched_byte_by_byte(api, engineer, auditor, address):
    path = f"{address}documents/?title=Development+report&kind=development&filename=d.pdf&review_by=2027-01-01"
    sent = api(engineer).post(path, b"%PDF-1.7 bytes", content_type="application/pdf")
    assert sent.status_code == 201, sent.content
    assert sent.json().keys() == inventory_examples.DOCUMENT.keys()
    fetched = api(auditor).get(f"{address}documents/{sent.json()['id']}/")
    assert b"".join(fetched.streaming_content) == b"%PDF-1.7 bytes"
    assert fetched.headers["Content-Disposition"] == 'attachment; filename="d.pdf"'
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    is_problem(api(auditor).post(path, b"%PDF-1.7 more", content_type="application/pdf"), 403)
    is_problem(api(engineer).post(f"{address}documents/?kind=poem", b"x", content_type="text/plain"), 400)
    is_problem(api(engineer).get(f"{address}documents/00000000-0000-0000-0000-000000000000/"), 404)
