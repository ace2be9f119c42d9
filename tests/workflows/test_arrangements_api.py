"""The REST API of what can be asked for and what holds."""

import pytest

from audits.workflows.api import examples
from audits.workflows.models import Arrangement
from audits.workflows.services.kinds import KINDS
from tests.rest import is_problem, post_json, sign_json
from tests.workflows.kinds import decided, exception_terms, overlay_terms

API = "/api/v1/"


@pytest.fixture
def exception(story) -> Arrangement:
    officers = (story.validator, story.risk_officer)
    return decided("exception", story.model, *officers, terms=exception_terms(), actor=story.owner).arrangements.get()


def test_every_kind_says_what_it_needs_and_who_decides(api, story):
    told = api(story.engineer).get(f"{API}change-kinds/?model={story.model.slug}").json()["kinds"]
    kinds = {kind["kind"]: kind for kind in told}
    assert kinds["exception"].keys() == examples.KIND.keys()
    clause = next(term for term in kinds["exception"]["terms"] if term["name"] == "clause")
    assert "assessment.bias" in clause["choices"]
    assert kinds["promotion"]["roles_required"] == ["validator", "risk_officer"]
    is_problem(api(story.engineer).get(f"{API}change-kinds/?model=nobody-knows-it"), 422)


def test_the_kinds_are_told_without_naming_a_model(api, engineer):
    told = api(engineer).get(f"{API}change-kinds/").json()["kinds"]
    assert {kind["kind"] for kind in told} == set(KINDS)


def test_an_overlay_is_asked_for_with_its_terms_and_every_fault_is_named(api, story):
    sent = {"kind": "overlay", "model": story.model.slug, "reason": "Prices.", "terms": overlay_terms()}
    made = post_json(api(story.owner), f"{API}changes/", sent)
    assert made.status_code == 201 and made.json()["version"] is None
    assert made.json()["terms"]["limitation"] == overlay_terms()["limitation"]
    wrong = sent | {"terms": {"size_percent": "NaN", "ends_on": "soon"}}
    problem = is_problem(post_json(api(story.owner), f"{API}changes/", wrong), 422)
    fields = {error["field"] for error in problem["errors"]}
    assert {"terms.limitation", "terms.size_percent", "terms.ends_on"} <= fields


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"terms": []}, 400),
        ({"terms": {"limitation": ["a"]}}, 422),
        ({"terms": {"limitation": "nul \x00"}}, 422),
        ({"renews": "EX-1999-0001"}, 422),
        ({"model": None}, 400),
        ({"kind": "policy_change"}, 403),
    ],
)
def test_hostile_requests_are_refused_with_their_reason(api, story, wrong, status):
    sent = {"kind": "overlay", "model": story.model.slug, "reason": "Prices.", "terms": overlay_terms()} | wrong
    is_problem(post_json(api(story.owner), f"{API}changes/", sent), status)


def test_what_holds_is_listed_read_and_ended(api, story, exception):
    listed = api(story.auditor).get(f"{API}arrangements/?kind=exception&state=active").json()["results"]
    assert [one["reference"] for one in listed] == [exception.reference]
    assert listed[0].keys() == examples.ARRANGEMENT.keys()
    address = f"{API}arrangements/{exception.reference}/"
    assert api(story.auditor).get(address).json() == listed[0]
    is_problem(sign_json(api(story.owner), f"{address}closure/", reason="Met."), 403)
    is_problem(sign_json(api(story.validator), f"{address}closure/", reason="Met."), 403)
    officer = story.second_officer()
    assert sign_json(api(officer), f"{address}closure/", reason="Met.").json()["state"] == "closed"
    is_problem(sign_json(api(officer), f"{address}closure/", reason="Again."), 409)


def test_one_call_stops_a_model(api, story):
    address = f"{API}models/{story.model.slug}/suspension/"
    is_problem(sign_json(api(story.engineer), address, reason="Constant."), 403)
    unsigned = is_problem(post_json(api(story.owner), address, {"reason": "Constant."}), 400)
    assert "a token alone signs nothing" in unsigned["detail"]
    made = sign_json(api(story.owner), address, reason="Constant.")
    assert made.status_code == 201 and made.json().keys() == examples.SUSPENSION.keys()
    is_problem(sign_json(api(story.owner), address, reason="Again."), 409)


def test_the_api_tells_who_may_decide_and_why_others_may_not(api, story):
    sent = {"kind": "overlay", "model": story.model.slug, "reason": "Prices.", "terms": overlay_terms()}
    reference = post_json(api(story.validator), f"{API}changes/", sent).json()["reference"]
    told = api(story.auditor).get(f"{API}changes/{reference}/deciders/").json()["deciders"]
    by_name = {one["person"]["name"]: one for one in told}
    assert by_name["Risk Officer"]["may_decide"]
    assert "asked for it" in by_name["Validator"]["reasons_not_to"][0]


def test_conditions_are_signed_with_the_approval(api, story):
    sent = {"kind": "overlay", "model": story.model.slug, "reason": "Prices.", "terms": overlay_terms()}
    address = f"{API}changes/{post_json(api(story.owner), f'{API}changes/', sent).json()['reference']}/"
    client = api(story.validator)
    shown = client.get(f"{address}statement/").json()
    decision = {
        "approved": True,
        "meaning": "reviewed",
        "evidence_digest": shown["evidence_digest"],
        "password": "correct horse battery",
        "conditions": [{"text": "Monthly.", "due_on": "2099-01-01"}],
    }
    problem = is_problem(post_json(client, f"{address}decisions/", decision), 422)
    assert "Only the approval of a version" in problem["errors"][0]["message"]
    assert post_json(client, f"{address}decisions/", decision | {"conditions": []}).status_code == 201


def test_a_vote_is_concluded_by_its_chair_only(api, story):
    sent = {"kind": "overlay", "model": story.model.slug, "reason": "Prices.", "terms": overlay_terms()}
    reference = post_json(api(story.owner), f"{API}changes/", sent).json()["reference"]
    refused = sign_json(api(story.validator), f"{API}changes/{reference}/conclusion/", minutes="Mine.")
    assert "No vote of the committee" in is_problem(refused, 403)["detail"]
