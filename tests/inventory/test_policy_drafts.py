"""A policy is proposed by one person and published by another; what was published or proposed never changes."""

import copy

import pytest
from django.db import IntegrityError, transaction

from audits.trail.models import Action, Entry
from inventory import policies
from inventory.models import Policy, PolicyDraft
from inventory.services import propose_policy, publish_draft, publish_policy, withdraw_draft
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData
from tests.factories import make_person
from tests.rest import is_problem, post_json

DRAFTS = "/api/v1/policies/drafts/"


@pytest.fixture
def second_officer(workspace):
    return make_person(Role.RISK_OFFICER, workspace=workspace)


def with_red(red: float) -> dict:
    document = copy.deepcopy(policies.standard())
    document["limits"][0]["red"] = red
    return document


def propose(actor, red: float = 0.2) -> PolicyDraft:
    return propose_policy(with_red(red), reason="Earlier alarms.", actor=actor)


def test_what_one_officer_proposes_another_puts_in_force(risk_officer, second_officer):
    draft = propose(risk_officer)
    assert Policy.objects.in_force().number == 1
    policy = publish_draft(draft, actor=second_officer)
    assert (policy.number, policy.published_by) == (2, second_officer)
    assert Policy.objects.in_force().section("limits")[0]["red"] == 0.2
    draft.refresh_from_db()
    assert (draft.state, draft.published_as) == ("published", policy)


def test_a_validator_may_propose_and_not_publish(validator, risk_officer):
    draft = propose(validator)
    with pytest.raises(NotPermitted):
        publish_draft(propose(risk_officer, 0.3), actor=validator)
    assert publish_draft(draft, actor=risk_officer).number == 2


def test_whoever_proposed_a_policy_does_not_publish_it(risk_officer):
    with pytest.raises(NotPermitted, match="another risk officer"):
        publish_draft(propose(risk_officer), actor=risk_officer)


@pytest.mark.parametrize("who", ["engineer", "owner", "auditor", "administrator", "stranger"])
def test_those_outside_the_second_line_propose_no_policy(who, request):
    with pytest.raises(NotPermitted):
        propose(request.getfixturevalue(who))


def test_a_service_account_proposes_no_policy(workspace):
    robot = make_person(Role.RISK_OFFICER, workspace=workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        propose(robot)


def test_a_draft_on_an_older_version_cannot_be_published_over_a_newer_one(risk_officer, second_officer):
    older, newer = propose(risk_officer, 0.2), propose(risk_officer, 0.3)
    publish_draft(newer, actor=second_officer)
    with pytest.raises(Outdated, match="Version 2 was published after"):
        publish_draft(older, actor=second_officer)


def test_a_draft_ends_once(risk_officer, second_officer):
    draft = propose(risk_officer)
    withdraw_draft(draft, reason="Not now.", actor=second_officer)
    with pytest.raises(RuleBroken, match="already withdrawn"):
        publish_draft(draft, actor=second_officer)
    with pytest.raises(RuleBroken, match="already withdrawn"):
        withdraw_draft(draft, reason="Again.", actor=None)


def test_a_draft_is_withdrawn_by_its_proposer_or_who_could_publish_it_and_nobody_else(validator, risk_officer, owner):
    draft = propose(risk_officer)
    for person in (validator, owner):
        with pytest.raises(NotPermitted):
            withdraw_draft(draft, reason="No.", actor=person)
    assert withdraw_draft(propose(validator, 0.3), reason="Mine.", actor=validator).state == "withdrawn"


def test_a_policy_that_changes_nothing_is_not_proposed(risk_officer):
    with pytest.raises(RuleBroken, match="policy in force"):
        propose(risk_officer, 0.25)
    propose(risk_officer)
    with pytest.raises(RuleBroken, match="already proposed"):
        propose(risk_officer)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "nul \x00"])
def test_a_policy_is_proposed_with_a_reason(reason, risk_officer):
    with pytest.raises(UnusableData) as refusal:
        propose_policy(with_red(0.2), reason=reason, actor=risk_officer)
    assert refusal.value.errors[0]["field"] == "reason"


def test_what_a_proposed_policy_loosens_stands_in_the_trail(risk_officer):
    propose(risk_officer, 0.4)
    details = Entry.objects.get(action=Action.POLICY_PROPOSED).details
    assert details["loosens"] == ["Limit on PSI of the score: red 0.25 → 0.4."]


@pytest.mark.parametrize("change", [{"document": {}}, {"reason": "Another."}, {"proposed_by": None}])
def test_the_database_keeps_a_proposed_document_as_it_is(change, risk_officer):
    draft = propose(risk_officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyDraft.objects.filter(pk=draft.pk).update(**change)


def test_the_database_lets_nobody_publish_their_own_draft(risk_officer):
    draft = propose(risk_officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyDraft.objects.filter(pk=draft.pk).update(
            state="published", ended_by=risk_officer, published_as=Policy.objects.in_force()
        )


def test_the_database_keeps_drafts_and_policies(risk_officer):
    draft = propose(risk_officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        draft.delete()
    for change in (lambda rows: rows.update(number=9), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(Policy.objects.filter(number=1))


def test_a_document_that_is_published_again_makes_no_new_version(risk_officer):
    assert publish_policy(policies.standard(), actor=risk_officer).number == 1


def test_the_api_proposes_publishes_and_compares(api, risk_officer, second_officer):
    sent = {"document": with_red(0.4), "reason": "Too many alarms."}
    draft = post_json(api(risk_officer), DRAFTS, sent)
    assert draft.status_code == 201
    assert draft.json()["differences"][0]["loosens"] is True
    own = api(risk_officer).post(f"{DRAFTS}{draft.json()['id']}/publication/")
    assert "another risk officer" in is_problem(own, 403)["detail"]
    assert api(second_officer).post(f"{DRAFTS}{draft.json()['id']}/publication/").json()["number"] == 2
    told = api(risk_officer).get("/api/v1/policies/2/differences/").json()
    assert told["differences"] == draft.json()["differences"]
    assert api(risk_officer).get("/api/v1/policies/2/differences/?from=2").json()["differences"] == []
    assert [one["number"] for one in api(risk_officer).get("/api/v1/policies/").json()["results"]] == [2, 1]
    assert api(risk_officer).get("/api/v1/policies/1/").json()["document"] == policies.standard()


def test_the_api_names_every_fault_by_its_path(api, risk_officer):
    document = with_red(0.05) | {"surprise": 1}
    problem = is_problem(post_json(api(risk_officer), DRAFTS, {"document": document, "reason": "Why."}), 422)
    assert {error["field"] for error in problem["errors"]} == {"limits[0].red", "document"}


@pytest.mark.parametrize(
    "body",
    ["[]", '{"document": [], "reason": "x"}', '{"document": {"title": NaN}, "reason": "x"}', '{"document": {}}', "{"],
)
def test_the_api_refuses_what_is_no_policy(body, api, risk_officer):
    answer = api(risk_officer).post(DRAFTS, body, content_type="application/json")
    assert answer.status_code in (400, 422)


def test_the_api_lists_drafts_by_state_and_withdraws_them(api, risk_officer, second_officer):
    draft = propose(risk_officer)
    client = api(second_officer)
    assert len(client.get(f"{DRAFTS}?state=proposed").json()["results"]) == 1
    answer = post_json(client, f"{DRAFTS}{draft.pk}/withdrawal/", {"reason": "Not needed."})
    assert answer.json()["ended_because"] == "Not needed."
    assert client.get(f"{DRAFTS}?state=proposed").json()["results"] == []
    assert client.get(f"{DRAFTS}{draft.pk}/").json()["state"] == "withdrawn"
    is_problem(client.get(f"{DRAFTS}?state=lost"), 400)
    assert answer.json()["published_as"] is None
