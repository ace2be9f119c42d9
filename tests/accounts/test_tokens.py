"""Tokens: shown once, kept as a hash, limited, expiring, revocable."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from audits.trail.models import Action, Entry
from mrm.accounts.models import Person, Token
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import issue_token, person_behind, require, revoke_token, rotate_token
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import end_roles, make_model, make_person, make_workspace, sql, undecided

MODELS = "/api/v1/models/"


@pytest.fixture
def issued(workspace, engineer) -> tuple[Token, str]:
    return issue_token(engineer, "pipeline", workspace=workspace, actor=engineer)


def call(secret: str, scheme: str = "Bearer"):
    return APIClient().get(MODELS, headers={"Authorization": f"{scheme} {secret}"})


def test_a_token_acts_for_its_person(issued, engineer):
    person = person_behind(issued[1])
    assert person == engineer and person.token == issued[0]
    assert call(issued[1]).status_code == 200
    assert call(issued[1], "bearer").status_code == 200


def test_only_a_hash_of_the_secret_is_kept(issued):
    token, secret = issued
    stored = Token.objects.filter(pk=token.pk).values().get()
    assert secret not in str(stored)
    assert len(secret) > 40 and secret.startswith("mrm_")
    assert secret not in str(list(Entry.objects.values()))


@pytest.mark.parametrize("secret", ["", "mrm_unknown", "x" * 10_000, "\xff\xfe", "a b c"])
def test_an_unknown_token_is_refused(workspace, secret):
    response = call(secret)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"


def test_another_scheme_is_no_token(issued):
    for scheme in ("Basic", "Token", ""):
        assert call(issued[1], scheme).status_code == 401


def test_an_expired_token_says_when_it_expired(issued):
    token, secret = issued
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    response = call(secret)
    assert response.status_code == 401 and "expired on" in response.json()["detail"]


def test_a_token_expires_after_90_days_unless_said_otherwise(issued):
    lifetime = issued[0].expires_at - issued[0].created_at
    assert timedelta(days=89) < lifetime < timedelta(days=91)


def test_no_token_is_put_in_changed_or_brought_back_by_sql(issued, owner, workspace):
    token, rows = issued[0], Token.objects.filter(pk=issued[0].pk)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    soon = timezone.now() + timedelta(days=1)
    with pytest.raises(IntegrityError, match="none does"), transaction.atomic():
        Token.objects.create(person=owner, name="mine", secret_hash="0", workspace=workspace, expires_at=soon)
    revoke_token(token, actor=None)
    exchanged = ({"person": owner}, {"secret_hash": "0"}, {"actions": ["log_data"]}, {"model_slugs": ["churn"]})
    for fields in (*exchanged, {"expires_at": token.expires_at + timedelta(days=1)}, {"revoked_at": None}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            rows.update(**fields)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        rows.delete()


def test_a_revoked_token_is_refused_from_then_on(issued, engineer):
    token, secret = issued
    revoke_token(token, actor=engineer)
    revoke_token(token, actor=engineer)
    response = call(secret)
    assert response.status_code == 401 and "revoked" in response.json()["detail"]
    assert Entry.objects.filter(action=Action.TOKEN_REVOKED).count() == 1


def test_the_token_of_a_closed_account_is_refused(issued, engineer):
    with undecided("accounts_person", "accounts_person_closure_is_signed"):
        Person.objects.filter(pk=engineer.pk).update(is_active=False)
    assert call(issued[1]).status_code == 401


def test_a_token_may_no_more_than_its_person_may_now(issued, engineer, workspace):
    end_roles(engineer)
    with pytest.raises(NotPermitted):
        require(person_behind(issued[1]), Permission.LOG_DATA, workspace)


def test_a_token_may_only_what_its_scope_says(workspace, engineer):
    _, secret = issue_token(engineer, "sender", workspace=workspace, actions=["log_data"], actor=engineer)
    person = person_behind(secret)
    require(person, Permission.LOG_DATA, workspace)
    with pytest.raises(NotPermitted, match="its scope is log_data"):
        require(person, Permission.REGISTER_MODEL, workspace)


def test_a_token_touches_only_its_models(workspace, engineer):
    mine, other = make_model(), make_model()
    _, secret = issue_token(engineer, "one model", workspace=workspace, models=[mine.slug], actor=engineer)
    person = person_behind(secret)
    require(person, Permission.LOG_DATA, workspace, model_slug=mine.slug)
    for slug in (other.slug, ""):
        with pytest.raises(NotPermitted, match="only these models"):
            require(person, Permission.LOG_DATA, workspace, model_slug=slug)


def test_a_token_stays_in_its_workspace_even_where_its_person_may_more(workspace):
    elsewhere = make_workspace()
    person = make_person(Role.ENGINEER)
    _, secret = issue_token(person, "main only", workspace=workspace, actor=person)
    with pytest.raises(NotPermitted, match="another workspace"):
        require(person_behind(secret), Permission.LOG_DATA, elsewhere)
    model = make_model(workspace=elsewhere)
    client = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(f"{MODELS}{model.slug}/").status_code == 404


def test_an_unknown_action_is_not_a_scope(workspace, engineer):
    with pytest.raises(ValueError, match="rule_the_world"):
        issue_token(engineer, "x", workspace=workspace, actions=["rule_the_world"], actor=engineer)


def test_people_issue_their_own_tokens_and_administrators_those_of_services(workspace, engineer, owner, administrator):
    robot = make_person(Role.ENGINEER, kind=Person.Kind.SERVICE)
    assert issue_token(robot, "robot", workspace=workspace, actor=administrator)
    with pytest.raises(NotPermitted, match="issue their own"):
        issue_token(engineer, "x", workspace=workspace, actor=administrator)
    for person in (engineer, robot):
        with pytest.raises(NotPermitted, match="manage people"):
            issue_token(person, "x", workspace=workspace, actor=owner)


def test_a_token_issues_no_tokens(issued, workspace):
    """Else a narrow token that was stolen could be turned into a wide one."""
    person = person_behind(issued[1])
    with pytest.raises(NotPermitted, match="cannot issue"):
        issue_token(person, "wider", workspace=workspace, actor=person)


def test_issuing_a_token_records_its_scope(issued, engineer):
    entry = Entry.objects.get(action=Action.TOKEN_ISSUED)
    assert entry.actor_id == str(engineer.pk)
    assert entry.details["scope"] == {"actions": [], "models": [], "workspace": "main"}


def test_a_token_revoked_by_somebody_else_needs_an_administrator(issued, owner, administrator):
    with pytest.raises(NotPermitted):
        revoke_token(issued[0], actor=owner)
    revoke_token(issued[0], actor=administrator)


def test_a_request_with_a_token_is_recorded_as_such(issued, engineer):
    client = APIClient(headers={"Authorization": f"Bearer {issued[1]}"})
    response = client.post(MODELS, {"name": "Churn"}, format="json")
    entry = Entry.objects.get(action=Action.MODEL_REGISTERED)
    assert (entry.authenticated_by, entry.request_id) == ("token", response.headers["X-Request-Id"])


def test_someone_signed_in_on_the_pages_needs_the_csrf_token(workspace, engineer):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(engineer, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(MODELS).status_code == 200
    response = client.post(MODELS, {"name": "Churn"}, format="json")
    assert response.status_code == 403 and "CSRF" in response.json()["detail"]


def test_a_rotated_token_has_another_secret_the_same_scope_and_a_day_of_overlap(workspace, engineer):
    scope = {"actions": [Permission.LOG_DATA], "models": ["credit-pd"]}
    token, old = issue_token(engineer, "pipeline", workspace=workspace, **scope, actor=engineer)
    successor, new = rotate_token(token, actor=engineer)
    assert old != new and (successor.actions, successor.model_slugs) == (["log_data"], ["credit-pd"])
    assert person_behind(old) == person_behind(new) == engineer
    token.refresh_from_db()
    assert token.expires_at <= timezone.now() + timedelta(hours=24) < successor.expires_at
    assert Entry.objects.get(action=Action.TOKEN_ROTATED).details["successor"] == str(successor.pk)
    rotate_token(successor, overlap=timedelta(0), actor=engineer)
    with pytest.raises(NotPermitted, match="expired"):
        person_behind(new)


def test_a_token_that_no_longer_works_is_not_rotated_and_nobody_elses_is(issued, owner, engineer, administrator):
    for stranger in (owner, administrator):
        with pytest.raises(NotPermitted):
            rotate_token(issued[0], actor=stranger)
    with pytest.raises(NotPermitted, match="cannot issue"):
        rotate_token(issued[0], actor=person_behind(issued[1]))
    revoke_token(issued[0], actor=engineer)
    with pytest.raises(RuleBroken, match="was revoked"):
        rotate_token(issued[0], actor=engineer)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_token_ends_in_the_future_and_within_a_year(workspace, engineer, days):
    with pytest.raises(RuleBroken, match="at most a year"):
        until = timezone.now() + timedelta(days=days)
        issue_token(engineer, "x", workspace=workspace, expires_at=until, actor=engineer)
