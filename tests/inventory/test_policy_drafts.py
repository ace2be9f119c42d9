"""A policy is proposed for others to decide about; what was proposed or published never changes."""

import copy

import pytest
from django.db import IntegrityError, transaction

from audits.trail.models import Action, Entry
from inventory import policies
from inventory.models import Policy, PolicyDraft
from inventory.services import propose_policy, publish_draft, publish_policy, withdraw_draft
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_person, publish
from tests.rest import is_problem, post_json

DRAFTS = "/api/v1/policies/drafts/"


@pytest.fixture
def second_officer(workspace):
    return make_person(Role.RISK_OFFICER, workspace=workspace)


def with_red(red: float) -> dict:
    document = copy.deepcopy(policies.preset("small-firm"))
    document["limits"][0]["red"] = red
    return document


def propose(actor, red: float = 0.2) -> PolicyDraft:
    return propose_policy(with_red(red), reason="Earlier alarms.", actor=actor)


@pytest.mark.parametrize("who", ["engineer", "owner", "auditor", "administrator", "stranger"])
def test_those_outside_the_second_line_propose_no_policy(who, request):
    with pytest.raises(NotPermitted):
        propose(request.getfixturevalue(who))


def test_a_service_account_proposes_no_policy(workspace):
    robot = make_person(Role.RISK_OFFICER, workspace=workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        propose(robot)


@pytest.mark.parametrize("who", ["risk_officer", "administrator", "auditor", "owner"])
def test_nobody_publishes_a_policy_alone(who, request):
    with pytest.raises(NotPermitted, match="ask for its publication"):
        publish_policy(with_red(0.2), actor=request.getfixturevalue(who))
    assert Policy.objects.in_force().number == 1


def test_a_draft_whose_publication_nobody_approved_is_kept_out_of_force_by_the_database(risk_officer, second_officer):
    draft = propose(risk_officer)
    for actor in (second_officer, None):
        with pytest.raises(RuleBroken, match="published by an approved request"):
            publish_draft(draft, actor=actor)
    assert Policy.objects.in_force().number == 1


def test_the_same_document_again_makes_no_new_version(workspace):
    assert publish(policies.preset("small-firm")).number == 1


def test_a_draft_ends_once(risk_officer, second_officer):
    draft = propose(risk_officer)
    withdraw_draft(draft, reason="Not now.", actor=second_officer)
    with pytest.raises(RuleBroken, match="already withdrawn"):
        publish_draft(draft, actor=None)
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
