"""Whoever holds no role signs in, reads that and whom to ask, and finds nothing else."""

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Model
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from tests.factories import PASSWORD, end_roles, make_model, make_person, make_token
from tests.signing import revoke_role


@pytest.fixture
def former(engineer, administrator):
    """An engineer whose only role has been taken back."""
    revoke_role(engineer.grants.get(), reason="Moved to another unit.", actor=administrator)
    return engineer


def test_they_sign_in_and_read_that_they_hold_no_role_why_and_whom_to_ask(former, administrator):
    client = Client()
    sent = client.post(reverse("account_login"), {"login": former.email, "password": PASSWORD}, follow=True)
    assert sent.redirect_chain[-1][0] == reverse("my-access") and sent.status_code == 200
    assert "You hold no role" in sent.text and "Moved to another unit." in sent.text
    assert administrator.email in sent.text
    assert reverse("portfolio") not in sent.text, "nothing is offered that would be refused"


@pytest.mark.parametrize(
    "name", ["portfolio", "register", "register-model", "trail", "policy", "report-list", "my-tokens", "api-register"]
)
def test_no_page_shows_them_anything(name, visit, former):
    if name == "api-register":
        answer = visit(former).get("/api/v1/models/")
        assert answer.status_code == 403 and "no role" in answer.json()["detail"]
        return
    answer = visit(former).get(reverse(name))
    assert answer.status_code == 403 and "You hold no role" in answer.text


def test_a_page_of_a_model_is_refused_alike_whether_the_model_is_there_or_not(visit, former, workspace):
    there = visit(former).get(reverse("model", args=[make_model(workspace=workspace).slug]))
    nowhere = visit(former).get(reverse("model", args=["no-such-model"]))
    assert there.status_code == nowhere.status_code == 403 and "You hold no role" in nowhere.text


def test_what_they_post_changes_nothing(visit, former):
    answer = visit(former).post(reverse("register-model"), {"name": "Smuggled", "owner": str(former.pk)})
    assert answer.status_code == 403 and not Model.objects.filter(name="Smuggled").exists()


@pytest.mark.parametrize("name", ["my-access", "my-sessions", "account_change_password", "mfa_index"])
def test_what_is_about_themselves_stays_open(name, visit, former):
    answer = visit(former).get(reverse(name))
    assert answer.status_code == 200 or reverse("account_reauthenticate") in answer.headers["Location"]


def test_their_tokens_stop_working_at_the_api_and_at_the_mlflow_registry(workspace, engineer, administrator):
    secret = make_token(engineer, workspace=workspace)
    doors = ["/api/v1/models/", "/api/2.0/mlflow/registered-models/search"]

    def answers():
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        return [client.get(door) for door in doors]

    assert [answer.status_code for answer in answers()] == [200, 200]
    revoke_role(engineer.grants.get(), actor=administrator)
    refused = answers()
    assert [answer.status_code for answer in refused] == [401, 401]
    assert all("holds no role now" in answer.text for answer in refused)
    grant_role(engineer, Role.ENGINEER, workspace=workspace, actor=None)
    assert [answer.status_code for answer in answers()] == [200, 200]


def test_a_role_that_ended_by_itself_counts_like_one_taken_back(visit, engineer):
    end_roles(engineer)
    assert visit(engineer).get(reverse("portfolio")).status_code == 403


def test_whoever_holds_a_role_reads_on_the_same_page_what_and_until_when(visit, engineer, administrator):
    text = visit(engineer).get(reverse("my-access")).text
    assert "Engineer" in text and "until taken back" in text and "You hold no role" not in text


def test_a_proposed_role_is_shown_as_such_and_gives_nothing_yet(visit, workspace, administrator):
    newcomer = make_person()
    grant_role(newcomer, Role.OWNER, workspace=workspace, reason="Joins.", actor=administrator)
    assert "awaits a second person" in visit(newcomer).get(reverse("my-access")).text
    assert visit(newcomer).get(reverse("portfolio")).status_code == 403
