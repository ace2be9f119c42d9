"""A policy comes into force in one way: somebody drafts it, somebody asks for its publication, others sign."""

import copy

import pytest

from audits.workflows.models import ChangeRequest
from audits.workflows.services import decision_view, request_change
from inventory import policies
from inventory.models import Policy, PolicyDraft
from inventory.services import propose_policy, withdraw_draft
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import make_person
from tests.fixtures.past import measured
from tests.fixtures.story import approve
from tests.rest import is_problem, post_json

DRAFTS, CHANGES = "/api/v1/policies/drafts/", "/api/v1/changes/"


@pytest.fixture
def second_officer(workspace):
    return make_person(Role.RISK_OFFICER, workspace=workspace)


def with_red(red: float) -> dict:
    document = copy.deepcopy(policies.preset("small-firm"))
    document["limits"][0]["red"] = red
    return document


def propose(actor, red: float = 0.2) -> PolicyDraft:
    return propose_policy(with_red(red), reason="Earlier alarms.", actor=actor)


def ask(draft: PolicyDraft, actor) -> ChangeRequest:
    terms = {"draft": str(draft.pk)}
    return request_change(ChangeRequest.Kind.POLICY_CHANGE, None, reason="Agreed.", terms=terms, actor=actor)


def test_what_one_officer_drafts_is_in_force_when_a_validator_and_another_officer_have_signed(
    risk_officer, second_officer, validator
):
    draft = propose(risk_officer)
    change = ask(draft, risk_officer)
    approve(change, validator)
    assert Policy.objects.in_force().number == 1
    approve(change, second_officer)
    policy = Policy.objects.in_force()
    assert (policy.number, policy.published_by, policy.section("limits")[0]["red"]) == (2, second_officer, 0.2)
    draft.refresh_from_db()
    assert (draft.state, draft.published_as) == ("published", policy)


def test_whoever_drafted_a_policy_does_not_approve_it(risk_officer):
    with pytest.raises(NotPermitted, match="you drafted it"):
        approve(ask(propose(risk_officer), risk_officer), risk_officer)


@pytest.mark.parametrize("who", ["engineer", "owner", "auditor", "administrator", "stranger"])
def test_those_outside_the_second_line_do_not_ask_for_publication(who, risk_officer, request):
    draft = propose(risk_officer)
    with pytest.raises(NotPermitted):
        ask(draft, request.getfixturevalue(who))


def test_whoever_may_draft_may_ask_for_publication(workspace, risk_officer):
    draft = propose(risk_officer)
    assert ask(draft, make_person(Role.COMPLIANCE, workspace=workspace)).state == "pending"


def test_a_draft_on_an_older_version_is_not_published_over_a_newer_one(risk_officer, second_officer, validator):
    older, newer = propose(risk_officer, 0.2), propose(risk_officer, 0.3)
    late, first = ask(older, risk_officer), ask(newer, risk_officer)
    for person in (validator, second_officer):
        approve(first, person)
    approve(late, validator)
    with pytest.raises(RuleBroken, match="Version 2 was published after"):
        approve(late, second_officer)
    late.refresh_from_db()
    assert (late.state, Policy.objects.in_force().number) == ("pending", 2)


def test_a_withdrawn_draft_is_not_published(risk_officer, second_officer, validator):
    change = ask(propose(risk_officer), risk_officer)
    approve(change, validator)
    withdraw_draft(PolicyDraft.objects.get(), reason="Not now.", actor=risk_officer)
    with pytest.raises(RuleBroken, match="already withdrawn"):
        approve(change, second_officer)
    assert Policy.objects.in_force().number == 1


def test_the_api_proposes_asks_and_compares(api, risk_officer, second_officer, validator):
    client = api(risk_officer)
    draft = post_json(client, DRAFTS, {"document": with_red(0.4), "reason": "Too many alarms."}).json()
    assert draft["differences"][0]["loosens"] is True
    sent = {"kind": "policy_change", "reason": "Too many alarms.", "terms": {"draft": draft["id"]}}
    is_problem(post_json(api(validator), CHANGES, sent | {"terms": {"draft": "none"}}), 422)
    made = post_json(client, CHANGES, sent)
    assert made.status_code == 201
    for person in (validator, second_officer):
        approve(ChangeRequest.objects.get(reference=made.json()["reference"]), person)
    told = client.get("/api/v1/policies/2/differences/").json()
    assert told["differences"] == draft["differences"]
    assert client.get("/api/v1/policies/2/differences/?from=2").json()["differences"] == []
    assert [one["number"] for one in client.get("/api/v1/policies/").json()["results"]] == [2, 1]
    assert client.get("/api/v1/policies/1/").json()["document"] == policies.preset("small-firm")
    assert client.get(f"{DRAFTS}{draft['id']}/").json()["published_as"] == 2


def test_who_decides_sees_what_the_limits_would_have_done_and_signs_that_too(told, risk_officer, validator):
    told(0, measured(-0.04, -0.05, -0.036, measure="auc_change"))
    document = copy.deepcopy(policies.preset("small-firm"))
    for entry in document["limits"]:
        if entry["measure"] == "auc_change":
            entry["red"] = -0.035
    change = ask(propose_policy(document, reason="Earlier alarms.", actor=risk_officer), risk_officer)
    shown = change.evidence["back_test"]
    assert (shown["worse"], shown["verdicts"]["after"], shown["breaches"]["newly_opened"]) == (1, {"red": 1}, 0)
    told(1, measured(-0.04, -0.05, -0.036, measure="auc_change"))
    again = decision_view(change, person=validator).change
    assert again.evidence_digest == change.evidence_digest, "what was measured since is no change of the draft"
