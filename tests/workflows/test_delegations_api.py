"""Delegations over REST: given by who decides, listed to both, ended by either, reached by nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from audits.trail.models import Action, Entry
from audits.workflows.models import Delegation
from mrm.accounts.models import Signature
from mrm.accounts.policies import Role
from reports.contents.signed import statements_that_differ
from tests.factories import PASSWORD, make_person
from tests.rest import is_problem, post_json

DELEGATIONS = "/api/v1/delegations/"


@pytest.fixture
def stand_in(workspace):
    return make_person(Role.VALIDATOR, workspace=workspace)


def signed_in(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def leave(to, **told) -> dict:
    ends_at = (timezone.now() + timedelta(days=9)).isoformat()
    return {"to": to.email, "reason": "Leave.", "ends_at": ends_at, "password": PASSWORD} | told


def test_whoever_finds_a_browser_open_does_not_let_themselves_decide(risk_officer, stand_in):
    client, unsigned = signed_in(risk_officer), leave(stand_in)
    is_problem(post_json(client, DELEGATIONS, leave(stand_in, password="a guess")), 403)
    unsigned.pop("password")
    is_problem(post_json(client, DELEGATIONS, unsigned), 400)
    assert not Delegation.objects.exists()


def test_what_was_signed_says_whom_it_lets_decide_until_when(risk_officer, stand_in):
    later = (timezone.now() + timedelta(days=2)).isoformat()
    made = post_json(signed_in(risk_officer), DELEGATIONS, leave(stand_in, starts_at=later)).json()
    signed, entry = Signature.objects.get(), Entry.objects.get(action=Action.DELEGATION_GIVEN)
    assert signed.statement["terms"] == {name: entry.details[name] for name in ("to", "starts", "ends")}
    assert (signed.statement["comment"], signed.statement["signer"]["role"]) == ("Leave.", "risk_officer")
    assert stand_in.display_name in signed.meaning and made["starts_at"][:16] == later[:16]
    assert list(statements_that_differ()) == []


def test_who_decides_gives_a_delegation_that_both_see_and_either_ends(risk_officer, stand_in):
    made = post_json(signed_in(risk_officer), DELEGATIONS, leave(stand_in))
    assert made.status_code == 201 and made.json()["delegate"]["id"] == str(stand_in.pk)
    for person in (risk_officer, stand_in):
        assert len(signed_in(person).get(DELEGATIONS).json()["results"]) == 1
    ended = signed_in(stand_in).post(f"{DELEGATIONS}{made.json()['id']}/revocation/")
    assert ended.json()["revoked_at"]


@pytest.mark.parametrize("who", ["engineer", "owner", "auditor", "administrator", "stranger"])
def test_who_decides_nothing_delegates_nothing(who, stand_in, request):
    is_problem(post_json(signed_in(request.getfixturevalue(who)), DELEGATIONS, leave(stand_in)), 403)


def test_a_token_delegates_nothing(api, risk_officer, stand_in):
    is_problem(post_json(api(risk_officer), DELEGATIONS, leave(stand_in)), 403)


@pytest.mark.parametrize("who", ["validator", "auditor", "administrator"])
def test_nobody_reaches_the_delegation_of_others(who, risk_officer, stand_in, request):
    made = post_json(signed_in(risk_officer), DELEGATIONS, leave(stand_in)).json()
    client = signed_in(request.getfixturevalue(who))
    is_problem(client.post(f"{DELEGATIONS}{made['id']}/revocation/"), 404)
    assert client.get(DELEGATIONS).json()["results"] == []
    assert Delegation.objects.get().revoked_at is None


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"to": "nobody@bank.example"}, 422),
        ({"to": "no address"}, 422),
        ({"to": ""}, 400),
        ({"reason": ""}, 400),
        ({"ends_at": "2001-01-01T00:00:00Z"}, 409),
        ({"ends_at": "2099-01-01T00:00:00Z"}, 409),
    ],
    ids=["nobody", "no-address", "empty", "no-reason", "past", "too-long"],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, status, risk_officer, stand_in):
    is_problem(post_json(signed_in(risk_officer), DELEGATIONS, leave(stand_in) | wrong), status)
