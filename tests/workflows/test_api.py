"""The REST API of deciding: change requests, decisions, the gate, findings, call-backs of training pipelines."""

import hashlib
import json
from datetime import date

import pytest
from rest_framework.test import APIClient

from audits.workflows.api import examples
from audits.workflows.api import finding_examples as told_findings
from audits.workflows.models import Retraining
from audits.workflows.services import dispatch_approved_retrainings, request_change
from audits.workflows.services.retraining import hash_of
from mrm.accounts.models import IdempotencyKey, Person
from mrm.accounts.policies import Permission, Role
from tests.factories import PASSWORD, make_person, make_version
from tests.fixtures.story import approve
from tests.rest import is_problem, post_json, sign_json
from tests.workflows.remedies import raised, validated

API = "/api/v1/"
SECRET = "the secret that came with the order"


@pytest.fixture
def change(story):
    return request_change("retraining", story.version, reason="Drift.", breach=story.breach, actor=story.engineer)


@pytest.fixture
def address(change) -> str:
    return f"{API}changes/{change.reference}/"


@pytest.fixture
def finding(api, story) -> str:
    """The address of a finding that the validator raised over the API."""
    sent = told_findings.FINDING_IN | {"model": story.model.slug, "breach": str(story.breach.pk)}
    answer = post_json(api(story.validator), f"{API}findings/", sent)
    assert answer.status_code == 201
    return answer.headers["Location"]


@pytest.fixture
def dispatched(change, story) -> Retraining:
    approve(change, story.validator)
    approve(change, story.risk_officer)
    dispatch_approved_retrainings()
    Retraining.objects.update(callback_hash=hash_of(SECRET))
    return Retraining.objects.get()


def shown(client, address, **query) -> dict:
    return client.get(f"{address}statement/", query).json()


def decision(statement: dict, **fields) -> dict:
    signed = {"approved": True, "meaning": "reviewed", "comment": "Seen.", "password": PASSWORD}
    return signed | {"evidence_digest": statement["evidence_digest"]} | fields


def test_a_change_is_asked_for_read_and_listed(api, story):
    client = api(story.owner)
    answer = post_json(client, f"{API}changes/", examples.CHANGE_IN | {"model": story.model.slug})
    assert answer.status_code == 201 and answer.json().keys() == examples.CHANGE_IN_FULL.keys()
    read = api(story.auditor).get(answer.headers["Location"]).json()
    assert read == answer.json() and read["evidence"]["model"]["slug"] == story.model.slug
    listed = api(story.auditor).get(f"{API}changes/?kind=retirement&state=pending&model={story.model.slug}").json()
    assert [found["reference"] for found in listed["results"]] == [read["reference"]]
    assert listed["results"][0].keys() == examples.CHANGE.keys()


def test_what_the_pages_refuse_the_api_refuses_with_every_reason(api, story):
    wanted = {"kind": "promotion", "model": story.model.slug, "version": make_version(story.model).number}
    problem = is_problem(post_json(api(story.engineer), f"{API}changes/", wanted | {"reason": "Now."}), 409)
    assert len(problem["reasons"]) >= 2
    for name in ("auditor", "administrator"):
        is_problem(post_json(api(story.person(name)), f"{API}changes/", wanted | {"reason": "Now."}), 403)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"kind": "deletion"}, 400),
        ({"reason": ""}, 400),
        ({"reason": "nul \x00"}, 400),
        ({"version": 0}, 400),
        ({"version": "one"}, 400),
        ({"version": 10**30}, 422),
        ({"model": "nobody-knows-it"}, 422),
        ({"model": ["a"]}, 400),
        ({"breach": "not-a-uuid"}, 400),
        ({"breach": "00000000-0000-4000-8000-000000000000"}, 422),
    ],
)
def test_a_malformed_request_names_its_field(api, story, wrong, status):
    sent = examples.CHANGE_IN | {"model": story.model.slug} | wrong
    problem = is_problem(post_json(api(story.owner), f"{API}changes/", sent), status)
    assert problem["errors"][0]["field"] in wrong


def test_the_statement_is_what_will_be_signed(api, story, address):
    client = api(story.validator)
    statement = shown(client, address, approved="true", comment="Seen.")
    assert statement["may_decide"] and statement["reasons_not_to"] == []
    made = post_json(client, f"{address}decisions/", decision(statement))
    assert made.status_code == 201 and made.json().keys() == examples.DECISION_MADE.keys()
    signed = made.json()["decision"]["statement"]
    of_its_own = {"id": "", "time_window": ""}
    assert signed | of_its_own == statement["statement"] | of_its_own
    assert made.json()["change"]["state"] == "pending"


def test_who_may_not_decide_is_told_why_before_they_try(api, story, address):
    for name, word in (("engineer", "Whoever asks"), ("owner", "An owner"), ("auditor", "awaits a decision")):
        told = shown(api(story.person(name)), address)
        assert not told["may_decide"] and any(word in reason for reason in told["reasons_not_to"]), name
        answer = post_json(api(story.person(name)), f"{address}decisions/", decision(told))
        is_problem(answer, 403)


def test_the_last_approval_carries_the_change_out(api, story, address):
    for name in ("validator", "risk_officer"):
        client = api(story.person(name))
        made = post_json(client, f"{address}decisions/", decision(shown(client, address)))
    assert made.json()["change"]["state"] == "approved"
    read = api(story.auditor).get(address).json()
    assert read["retraining"]["state"] == "approved"
    assert [one["printed_name"] for one in read["decisions"]] == ["Validator", "Risk Officer"]


def test_a_rejection_needs_its_reason(api, story, address):
    client = api(story.validator)
    no = decision(shown(client, address), approved=False, meaning="rejected", comment="")
    is_problem(post_json(client, f"{address}decisions/", no), 409)
    made = post_json(client, f"{address}decisions/", no | {"comment": "It is the season."})
    assert made.json()["change"]["state"] == "rejected"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"password": "wrong"}, 403),
        ({"evidence_digest": "0" * 64}, 409),
        ({"evidence_digest": "short"}, 400),
        ({"meaning": "whatever"}, 400),
        ({"meaning": "rejected"}, 409),
        ({"approved": "perhaps"}, 400),
        ({"approved": None}, 400),
        ({"comment": "x" * 5000}, 400),
        ({"password": None}, 400),
    ],
)
def test_a_decision_that_is_none_signs_nothing(api, story, change, address, wrong, status):
    client = api(story.validator)
    sent = decision(shown(client, address), **wrong)
    is_problem(post_json(client, f"{address}decisions/", sent), status)
    assert not change.decisions.exists()


def test_a_repeated_decision_is_answered_as_the_first_time(api, story, change, address):
    client = api(story.validator)
    sent = decision(shown(client, address))
    one, two = (post_json(client, f"{address}decisions/", sent, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert one.json() == two.json() and change.decisions.count() == 1
    is_problem(post_json(client, f"{address}decisions/", sent), 403)


def test_the_table_of_keys_does_not_let_a_password_be_guessed(api, story, address):
    client = api(story.validator)
    sent = decision(shown(client, address))
    post_json(client, f"{address}decisions/", sent, **{"Idempotency-Key": "k"})
    kept = IdempotencyKey.objects.get(key="k").body_sha256
    assert kept != hashlib.sha256(json.dumps(sent).encode()).hexdigest()
    without = {name: value for name, value in sent.items() if name != "password"}
    assert kept == hashlib.sha256(json.dumps(without, sort_keys=True).encode()).hexdigest()


def test_a_service_account_asks_and_never_decides(api, story, address):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    told = shown(api(robot), address)
    assert "A service account never decides." in told["reasons_not_to"]
    is_problem(post_json(api(robot), f"{address}decisions/", decision(told)), 403)


def test_whoever_asked_withdraws_with_a_reason(api, story, address):
    is_problem(post_json(api(story.validator), f"{address}withdrawal/", examples.WITHDRAWAL), 403)
    is_problem(post_json(api(story.engineer), f"{address}withdrawal/", {}), 400)
    answer = post_json(api(story.engineer), f"{address}withdrawal/", examples.WITHDRAWAL)
    assert answer.json()["state"] == "withdrawn"
    is_problem(post_json(api(story.engineer), f"{address}withdrawal/", examples.WITHDRAWAL), 409)


def test_the_gate_answers_with_every_blocker(api, story):
    closed = api(story.engineer).get(f"{API}models/{story.model.slug}/versions/1/gate/").json()
    assert closed.keys() == {"allowed", "blockers", "policy_version", "waived", "warnings"}
    assert not closed["allowed"] and "Only a candidate" in closed["blockers"][0]
    is_problem(api(story.engineer).get(f"{API}models/{story.model.slug}/versions/99/gate/"), 404)


def test_a_finding_is_raised_answered_returned_submitted_and_closed(api, story, finding):
    first, second = api(story.owner), api(story.validator)

    def step(client, name: str, sent: dict, state: str) -> dict:
        told = post_json(client, f"{finding}{name}/", sent).json()
        assert told["state"] == state, told
        return told

    assert first.get(finding).json().keys() == told_findings.FINDING_IN_FULL.keys()
    step(first, "response", told_findings.REBUTTAL, "rebutted")
    step(second, "rebuttal", told_findings.REBUTTAL_ANSWER, "action_plan_due")
    item = told_findings.ITEM_IN | {"owner": story.engineer.email, "due_at": date.today().isoformat()}
    planned = step(first, "plan", {"items": [item]}, "action_plan_review")
    assert planned["plans"][0].keys() == told_findings.PLAN.keys()
    step(second, "plan/review", {"accepted": False, "reason": "When exactly?"}, "action_plan_due")
    step(first, "plan", {"items": [item]}, "action_plan_review")
    step(second, "plan/review", told_findings.PLAN_REVIEW, "open")
    step(first, "plan/items/1", told_findings.ITEM_DONE, "open")
    is_problem(post_json(first, f"{finding}plan/items/7/", told_findings.ITEM_DONE), 404)
    sent = told_findings.SUBMISSION_IN | {"evidence": [f"breach {story.breach.pk}"]}
    step(first, "submission", sent, "submitted_for_closure")
    step(second, "return", told_findings.RETURN, "open")
    is_problem(sign_json(second, f"{finding}closure/", **told_findings.CLOSURE), 409)
    step(first, "submission", sent, "submitted_for_closure")
    is_problem(post_json(second, f"{finding}closure/", told_findings.CLOSURE), 400)
    is_problem(sign_json(first, f"{finding}closure/", **told_findings.CLOSURE), 403)
    closed = sign_json(second, f"{finding}closure/", **told_findings.CLOSURE).json()
    assert closed["state"] == "closed"
    assert closed["closing_reason"] == told_findings.CLOSURE["reason"]
    assert closed["submissions"][0].keys() == told_findings.SUBMISSION.keys()
    listed = api(story.auditor).get(f"{API}findings/?state=closed&severity=medium&model={story.model.slug}").json()
    assert listed["results"][0].keys() == told_findings.FINDING.keys()
    assert api(story.auditor).get(f"{API}findings/?overdue=true").json()["results"] == []


def test_a_severe_finding_is_signed_off_over_the_api_by_another(api, story, finding):
    severe = validated(story, raised(story, severity="high"))
    address = f"{API}findings/{severe.reference}/sign-off/"
    validator = api(story.validator).get(address).json()
    assert not validator["may_sign"] and any("validated" in reason for reason in validator["reasons_not_to"])
    shown = api(story.risk_officer).get(address).json()
    assert shown["may_sign"] and shown.keys() == told_findings.SIGN_OFF.keys()
    sent = told_findings.SIGN_OFF_IN | {"evidence_digest": shown["evidence_digest"], "password": PASSWORD}
    is_problem(post_json(api(story.validator), address, sent), 403)
    is_problem(post_json(api(story.risk_officer), address, sent | {"password": "wrong"}), 403)
    is_problem(post_json(api(story.risk_officer), address, sent | {"evidence_digest": "0" * 64}), 409)
    signed = post_json(api(story.risk_officer), address, sent).json()
    assert (signed["state"], signed["closed_by"]["name"]) == ("closed", story.risk_officer.display_name)


def test_a_draft_is_written_revised_and_issued_over_the_api_and_hidden_before(api, story):
    second = api(story.validator)
    sent = told_findings.FINDING_IN | {"model": story.model.slug, "draft": True}
    address = post_json(second, f"{API}findings/", sent).headers["Location"]
    is_problem(api(story.owner).get(address), 404)
    assert api(story.owner).get(f"{API}findings/").json()["results"] == []
    revised = second.patch(address, told_findings.FINDING_CHANGE, format="json").json()
    assert (revised["state"], revised["severity"]) == ("draft", "high")
    is_problem(second.patch(address, {"state": "closed"}, format="json"), 400)
    assert post_json(second, f"{address}issue/", {}).json()["state"] == "issued"
    is_problem(second.patch(address, told_findings.FINDING_CHANGE, format="json"), 409)
    assert api(story.owner).get(address).json()["severity"] == "high"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"severity": "dreadful"}, 400),
        ({"title": ""}, 400),
        ({"title": "x" * 300}, 400),
        ({"due_at": "soon"}, 400),
        ({"due_at": "2999-01-01"}, 409),
        ({"version": 99}, 422),
        ({"model": "nobody-knows-it"}, 422),
        ({"observation": "   "}, 400),
    ],
)
def test_a_malformed_finding_is_refused(api, story, wrong, status):
    sent = told_findings.FINDING_IN | {"model": story.model.slug} | wrong
    is_problem(post_json(api(story.validator), f"{API}findings/", sent), status)


def test_what_one_may_not_see_is_not_there(api, story, address, finding, stranger):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    for path in (address, f"{address}statement/", finding, f"{API}models/{story.model.slug}/versions/1/gate/"):
        is_problem(client.get(path), 404)
    for path, body in (
        (f"{address}decisions/", examples.DECISION_IN),
        (f"{address}withdrawal/", examples.WITHDRAWAL),
        (f"{finding}response/", told_findings.ANSWER),
        (f"{finding}closure/", told_findings.CLOSURE),
    ):
        is_problem(post_json(client, path, body), 404)
    assert client.get(f"{API}changes/").json()["results"] == []
    assert client.get(f"{API}findings/").json()["results"] == []
    sent = examples.CHANGE_IN | {"model": story.model.slug}
    is_problem(post_json(client, f"{API}changes/", sent), 422)


def test_a_token_does_only_what_it_is_for(api, story, address):
    is_problem(api().get(address), 401)
    narrow = api(story.validator, actions=[Permission.REQUEST_CHANGE])
    is_problem(narrow.get(address), 403)
    is_problem(post_json(narrow, f"{address}decisions/", examples.DECISION_IN), 403)
    is_problem(api(story.validator, models=["another-model"]).get(address), 404)


@pytest.mark.parametrize(
    "path", ["changes/CR-2026-9999/", "changes/cr-1/", "changes/%00/", "findings/F-1-1/", "changes/CR-2026-0001%00/"]
)
def test_a_reference_that_names_nothing_is_not_found(api, story, path):
    is_problem(api(story.auditor).get(API + path), 404)


def test_a_pipeline_reports_with_its_secret_and_without_an_account(story, dispatched):
    events = f"{API}retraining/{dispatched.change.reference}/events/"
    pipeline = APIClient(headers={"Authorization": f"Bearer {SECRET}"})
    assert post_json(pipeline, events, {"state": "started", "external_id": "run-7"}).status_code == 200
    problem = is_problem(post_json(pipeline, events, {"state": "succeeded"}), 409)
    assert dispatched.change.reference in problem["reasons"][0]
    candidate = make_version(story.model, origin=dispatched.change.reference)
    for _ in range(2):
        told = post_json(pipeline, events, examples.RETRAINING_EVENT)
        assert told.status_code == 200 and told.json().keys() == examples.RETRAINING.keys()
    assert told.json()["candidate"] == candidate.number
    is_problem(post_json(pipeline, events, {"state": "failed", "reason": "No."}), 409)


def test_without_the_secret_nothing_is_learnt_and_nothing_changes(api, story, dispatched):
    events = f"{API}retraining/{dispatched.change.reference}/events/"
    unknown = f"{API}retraining/CR-2020-0001/events/"
    assert is_problem(post_json(APIClient(), events, {"state": "failed"}), 401)
    stranger = APIClient(headers={"Authorization": "Bearer guess"})
    told = [is_problem(post_json(stranger, path, {"state": "failed"}), 403) for path in (events, unknown)]
    assert told[0]["detail"] == told[1]["detail"]
    is_problem(post_json(api(story.risk_officer), events, {"state": "failed"}), 403)
    dispatched.refresh_from_db()
    assert dispatched.state == "dispatched"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"state": "exploded"},
        {"state": "started", "external_id": "x" * 999},
        {"state": "succeeded", "metrics": "good"},
        {"state": "succeeded", "metrics": {"note": "nul \x00"}},
        {"state": "succeeded", "metrics": {"half": "\ud800"}},
        {"state": "succeeded", "metrics": {"big": "x" * 400_000}},
        {"state": "failed", "reason": "nul \x00"},
        [],
    ],
)
def test_a_malformed_event_changes_nothing(story, dispatched, event):
    make_version(story.model, origin=dispatched.change.reference)
    pipeline = APIClient(headers={"Authorization": f"Bearer {SECRET}"})
    answer = post_json(pipeline, f"{API}retraining/{dispatched.change.reference}/events/", event)
    assert answer.status_code in (400, 422), answer.content
    dispatched.refresh_from_db()
    assert dispatched.state == "dispatched"
