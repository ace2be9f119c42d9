"""Validations over REST: the same walk and the same refusals as on the pages."""

import pytest

from audits.workflows.api import validation_examples as examples
from tests.factories import PASSWORD, make_version
from tests.rest import is_problem, post_json
from tests.workflows.validating import begun, make_panel

API = "/api/v1/"


@pytest.fixture
def panel(story):
    return make_panel(story.workspace)


def test_a_validation_is_walked_over_rest_and_its_examples_have_the_shape_of_what_comes(api, story, panel):
    version = make_version(story.model, actor=story.engineer)
    sent = examples.VALIDATION_IN | {
        "model": story.model.slug,
        "version": version.number,
        "kind": "post_implementation",
    }
    asked = post_json(api(story.owner), f"{API}validations/", sent)
    assert asked.status_code == 201 and asked.json().keys() == examples.IN_FULL.keys()
    path = asked.headers["Location"]
    lead, second, head = api(panel.lead), api(panel.second), api(panel.head)
    for person, role in ((panel.lead, "lead"), (panel.second, "second")):
        body = post_json(head, f"{path}validators/", {"person": person.email, "role": role}).json()
    assert body["state"] == "planning" and len(body["validators"]) == 2
    is_problem(post_json(lead, f"{path}beginning/", {}), 403)
    for client in (lead, second):
        assert post_json(client, f"{path}attestation/", {"password": PASSWORD}).status_code == 200
    post_json(lead, f"{path}beginning/", {})
    planned = [item["component"] for item in lead.get(path).json()["plan"] if item["planned"]]
    for component in planned:
        body = post_json(lead, f"{path}plan/{component}/conclusion/", examples.CONCLUSION_IN).json()
    challenge = post_json(second, f"{path}challenges/", {"text": "Why?"}).json()["challenges"][0]
    assert challenge.keys() == examples.CHALLENGE.keys()
    is_problem(post_json(second, f"{path}challenges/1/response/", examples.RESPONSE_IN), 403)
    post_json(api(story.owner), f"{path}challenges/1/response/", examples.RESPONSE_IN)
    body = post_json(second, f"{path}challenges/1/resolution/", examples.RESOLUTION_IN).json()
    opinion = {"outcome": "fit", "summary": "Sound.", "password": PASSWORD, "content_digest": body["content_digest"]}
    is_problem(post_json(lead, f"{path}opinion/", opinion | {"content_digest": "0" * 64}), 409)
    body = post_json(lead, f"{path}opinion/", opinion).json()
    assert body["state"] == "review" and body["opinions"][0].keys() == examples.OPINION.keys()
    for client in (second, head):
        seen = {"agreed": True, "password": PASSWORD, "content_digest": body["content_digest"]}
        body = post_json(client, f"{path}review/", seen).json()
    assert body["state"] == "approved"


def test_a_list_of_validations_is_narrowed_and_a_stranger_sees_none(api, story, stranger, panel):
    validation = begun(make_version(story.model), panel, kind="post_implementation")
    found = api(story.auditor).get(f"{API}validations/?open=true&model={story.model.slug}").json()["results"]
    assert [one["reference"] for one in found] == [validation.reference]
    assert api(story.auditor).get(f"{API}validations/?state=approved").json()["results"] == []
    is_problem(api(stranger).get(f"{API}validations/{validation.reference}/"), 404)


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("plan/data/conclusion/", {"outcome": "perfect", "conclusion": "X"}, 400),
        ("plan/nothing/conclusion/", examples.CONCLUSION_IN, 404),
        ("plan/outcomes_analysis/evidence/", {"kind": "run", "key": "nobody"}, 422),
        ("challenges/7/response/", examples.RESPONSE_IN, 404),
        ("validators/", {"person": "nobody@bank.example", "role": "lead"}, 400),
        ("opinion/", {"outcome": "fit"}, 400),
        ("review/", {"agreed": True, "password": PASSWORD, "content_digest": "0" * 64}, 409),
    ],
    ids=["outcome", "component", "evidence", "challenge", "person", "opinion", "review"],
)
def test_hostile_requests_are_refused_with_their_reason(api, story, panel, path, sent, status):
    validation = begun(make_version(story.model), panel, kind="post_implementation")
    is_problem(post_json(api(panel.lead), f"{API}validations/{validation.reference}/{path}", sent), status)


def test_an_engineer_does_not_conclude_for_the_validators(api, story, panel):
    validation = begun(make_version(story.model), panel, kind="post_implementation")
    sent = {"outcome": "met", "conclusion": "Fine."}
    refused = post_json(api(story.engineer), f"{API}validations/{validation.reference}/plan/use_test/conclusion/", sent)
    is_problem(refused, 403)
