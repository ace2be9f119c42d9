"""Tokens over REST: scoped, listed without secrets, rotated with an overlap, revoked at once, never another's."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from mrm.accounts.models import IdempotencyKey, Person, Token
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import issue_token, require
from mrm.accounts.services.tokens import person_behind
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import end_roles, make_person, make_workspace
from tests.rest import is_problem, post_json

TOKENS = "/api/v1/tokens/"
SCOPE = {"name": "Nightly", "workspace": "main", "actions": ["log_data"], "models": ["credit-pd"]}


@pytest.fixture
def signed_in():
    """A client in a browser that is signed in as somebody."""

    def client(person) -> APIClient:
        made = APIClient()
        made.force_login(person)
        return made

    return client


@pytest.fixture
def robot(workspace) -> Person:
    return make_person(Role.ENGINEER, workspace=workspace, kind=Person.Kind.SERVICE)


def calling(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_person_issues_lists_rotates_and_revokes_their_own(signed_in, engineer):
    client = signed_in(engineer)
    made = post_json(client, TOKENS, SCOPE)
    assert made.status_code == 201 and made["Cache-Control"] == "no-store"
    token, secret = made.json()["token"], made.json()["secret"]
    assert (token["actions"], token["models"], token["workspace"]) == (["log_data"], ["credit-pd"], "main")
    assert person_behind(secret) == engineer
    listed = client.get(TOKENS)
    assert secret not in listed.text and listed.json()["results"][0]["last_used_at"]
    rotated = post_json(client, f"{TOKENS}{token['id']}/rotation/", {"overlap_hours": 1}).json()
    assert person_behind(secret) == person_behind(rotated["secret"]) == engineer
    until = Token.objects.get(pk=token["id"]).expires_at
    assert timedelta(minutes=59) < until - timezone.now() < timedelta(minutes=61)
    address = f"{TOKENS}{rotated['token']['id']}/revocation/"
    assert client.post(address).json()["revoked_at"]
    with pytest.raises(NotPermitted, match="revoked"):
        person_behind(rotated["secret"])


def test_an_overlap_is_bounded_and_may_be_none(signed_in, engineer):
    client = signed_in(engineer)
    made = post_json(client, TOKENS, SCOPE).json()
    for hours in (-1, 24 * 7 + 1, "x", 1.5):
        is_problem(post_json(client, f"{TOKENS}{made['token']['id']}/rotation/", {"overlap_hours": hours}), 400)
    post_json(client, f"{TOKENS}{made['token']['id']}/rotation/", {"overlap_hours": 0})
    with pytest.raises(NotPermitted, match="expired"):
        person_behind(made["secret"])


def test_a_repeated_request_issues_one_token_and_its_secret_is_kept_nowhere(signed_in, engineer):
    client, key = signed_in(engineer), {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = client.post(TOKENS, SCOPE, format="json", **key).json()
    again = client.post(TOKENS, SCOPE, format="json", **key).json()
    assert again == first | {"secret": ""} and Token.objects.filter(person=engineer).count() == 1
    assert first["secret"] not in str(IdempotencyKey.objects.get().answer)


def test_an_administrator_issues_tokens_for_services_and_for_nobody_else(signed_in, administrator, robot, owner):
    client = signed_in(administrator)
    made = post_json(client, TOKENS, SCOPE | {"person": str(robot.pk)})
    assert made.status_code == 201 and made.json()["token"]["person"]["id"] == str(robot.pk)
    assert len(client.get(f"{TOKENS}?person={robot.pk}").json()["results"]) == 1
    is_problem(post_json(client, TOKENS, SCOPE | {"person": str(owner.pk)}), 404)


@pytest.mark.parametrize("who", ["engineer", "risk_officer", "auditor", "stranger"])
def test_nobody_reaches_anothers_tokens(who, signed_in, robot, owner, workspace, request):
    others = [issue_token(person, "theirs", workspace=workspace, actor=None)[0] for person in (robot, owner)]
    client = signed_in(request.getfixturevalue(who))
    for token in others:
        is_problem(client.get(f"{TOKENS}{token.pk}/"), 404)
        is_problem(client.post(f"{TOKENS}{token.pk}/revocation/"), 404)
        is_problem(post_json(client, f"{TOKENS}{token.pk}/rotation/", {}), 404)
        is_problem(client.get(f"{TOKENS}?person={token.person_id}"), 404)
        is_problem(post_json(client, TOKENS, SCOPE | {"person": str(token.person_id)}), 404)
    assert client.get(TOKENS).json()["results"] == []


def test_a_stolen_token_issues_rotates_and_revokes_no_other(engineer, workspace):
    stolen, secret = issue_token(engineer, "stolen", workspace=workspace, actor=engineer)
    other, _ = issue_token(engineer, "other", workspace=workspace, actor=engineer)
    client = calling(secret)
    is_problem(post_json(client, TOKENS, SCOPE), 403)
    for token in (stolen, other):
        is_problem(post_json(client, f"{TOKENS}{token.pk}/rotation/", {}), 403)
    is_problem(client.post(f"{TOKENS}{other.pk}/revocation/"), 403)
    assert client.post(f"{TOKENS}{stolen.pk}/revocation/").status_code == 200
    assert client.get(TOKENS).status_code == 401


def test_a_stolen_token_of_an_administrator_reaches_no_service_account(administrator, robot, workspace):
    token, _ = issue_token(robot, "theirs", workspace=workspace, actor=None)
    secret = issue_token(administrator, "stolen", workspace=workspace, actor=administrator)[1]
    is_problem(calling(secret).get(f"{TOKENS}{token.pk}/"), 404)
    is_problem(calling(secret).post(f"{TOKENS}{token.pk}/revocation/"), 404)


@pytest.mark.parametrize("action", ["decide_change", "confirm_tier", "manage_people", "approve_role", "close_finding"])
def test_a_token_of_a_service_account_is_never_scoped_to_decide(action, signed_in, administrator, robot, workspace):
    sent = SCOPE | {"person": str(robot.pk), "actions": [action]}
    assert "never may" in is_problem(post_json(signed_in(administrator), TOKENS, sent), 409)["detail"]
    with pytest.raises(RuleBroken):
        issue_token(robot, "x", workspace=workspace, actions=[action], actor=None)


@pytest.mark.parametrize(
    "wrong",
    [{"workspace": "nowhere"}, {"actions": ["everything"]}, {"models": ["not a slug"]}, {"name": ""}, {"models": "x"}],
    ids=["workspace", "action", "model", "name", "list"],
)
def test_what_is_not_understood_is_refused_at_its_field(wrong, signed_in, engineer):
    answer = post_json(signed_in(engineer), TOKENS, SCOPE | wrong)
    problem = is_problem(answer, 422 if "workspace" in wrong else 400)
    assert next(iter(wrong)) in str(problem["errors"])


def test_a_token_of_another_workspace_is_not_issued(signed_in, engineer):
    make_workspace("elsewhere")
    is_problem(post_json(signed_in(engineer), TOKENS, SCOPE | {"workspace": "elsewhere"}), 422)


def test_an_examiners_sign_in_and_tokens_end_with_their_role_at_once(signed_in, workspace):
    examiner = make_person(Role.EXAMINER, workspace=workspace)
    browser = signed_in(examiner)
    secret = issue_token(examiner, "reads", workspace=workspace, actor=examiner)[1]
    assert browser.get("/api/v1/models/").status_code == calling(secret).get("/api/v1/models/").status_code == 200
    end_roles(examiner)
    assert browser.get("/api/v1/models/").status_code == 403
    assert calling(secret).get("/api/v1/models/").status_code == 401
    with pytest.raises(NotPermitted):
        require(Person.objects.get(pk=examiner.pk), Permission.READ, None)
