"""Service accounts over REST and on the pages: made and closed by administrators, never by a token, never deciding."""

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from audits.workflows.models import ChangeRequest
from audits.workflows.services import decide, request_change, why_not_decide
from mrm.accounts.models import Person, Token
from mrm.accounts.policies import Permission, Role
from mrm.accounts.services import issue_token, person_behind
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, RETIREMENT, make_person, make_token, make_version
from tests.rest import is_problem, post_json

ACCOUNTS = "/api/v1/service-accounts/"
ACCOUNT = {"name": "Nightly training", "email": "nightly@bank.example"}


@pytest.fixture
def signed_in():
    def client(person) -> APIClient:
        made = APIClient()
        made.force_login(person)
        return made

    return client


@pytest.fixture
def robot(workspace) -> Person:
    return make_person(Role.ENGINEER, name="Robot", workspace=workspace, kind=Person.Kind.SERVICE)


SPITE = {"reason": "Spite.", "evidence_digest": "0" * 64, "password": PASSWORD}


def test_an_administrator_creates_finds_and_closes_one(signed_in, administrator):
    client = signed_in(administrator)
    made = post_json(client, ACCOUNTS, ACCOUNT)
    assert made.status_code == 201 and made.json()["roles"] == [] and made.json()["last_used_at"] is None
    account = Person.objects.get(email=ACCOUNT["email"])
    assert account.is_service and not account.has_usable_password()
    address = f"{ACCOUNTS}{account.pk}/"
    assert client.get(address).json() == client.get(ACCOUNTS).json()["results"][0] == made.json()
    shown = client.get(f"{address}closure/").json()
    proof = {"reason": "The pipeline was retired.", "evidence_digest": shown["evidence_digest"]}
    assert is_problem(post_json(client, f"{address}closure/", proof | {"password": "a guess"}), 403)
    closed = post_json(client, f"{address}closure/", proof | {"password": PASSWORD})
    assert closed.status_code == 200 and closed.json()["state"] == "closed"
    assert client.get(ACCOUNTS, {"state": "open"}).json()["results"] == []
    assert len(client.get(ACCOUNTS, {"state": "closed"}).json()["results"]) == 1


def test_the_list_says_what_each_may_do_and_when_it_was_last_used(signed_in, auditor, robot, workspace):
    make_token(robot, workspace=workspace)
    make_token(robot, workspace=workspace)
    robot.tokens.filter(pk=robot.tokens.latest("created_at").pk).update(expires_at=timezone.now())
    (told,) = signed_in(auditor).get(ACCOUNTS).json()["results"]
    assert (told["roles"], told["working_tokens"], told["last_used_at"]) == (["engineer"], 1, None)
    now = timezone.now()
    robot.tokens.update(last_used_at=now)
    (told,) = signed_in(auditor).get(ACCOUNTS).json()["results"]
    assert told["last_used_at"][:19] == now.isoformat()[:19]


@pytest.mark.parametrize("who", ["engineer", "owner", "validator"])
def test_whoever_does_not_supervise_people_sees_and_makes_none(who, signed_in, robot, request):
    client = signed_in(request.getfixturevalue(who))
    assert is_problem(client.get(ACCOUNTS), 403) and is_problem(client.get(f"{ACCOUNTS}{robot.pk}/"), 403)
    assert is_problem(post_json(client, ACCOUNTS, ACCOUNT), 403)
    assert is_problem(post_json(client, f"{ACCOUNTS}{robot.pk}/closure/", SPITE), 403)


def test_whoever_reads_people_changes_no_account(signed_in, risk_officer, robot):
    client = signed_in(risk_officer)
    assert is_problem(post_json(client, ACCOUNTS, ACCOUNT), 403)
    assert is_problem(post_json(client, f"{ACCOUNTS}{robot.pk}/closure/", SPITE), 403)
    assert Person.objects.get(pk=robot.pk).is_active


def test_a_stolen_token_of_an_administrator_makes_and_closes_none(administrator, robot, workspace):
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {make_token(administrator, workspace=workspace)}")
    assert is_problem(post_json(client, ACCOUNTS, ACCOUNT), 403)
    assert is_problem(post_json(client, f"{ACCOUNTS}{robot.pk}/closure/", SPITE), 403)


def test_a_person_is_no_service_account(signed_in, administrator, engineer):
    client = signed_in(administrator)
    assert is_problem(client.get(f"{ACCOUNTS}{engineer.pk}/"), 404)
    assert is_problem(post_json(client, f"{ACCOUNTS}{engineer.pk}/closure/", {"reason": "Wrong address."}), 404)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        (ACCOUNT | {"email": "no address"}, 400),
        (ACCOUNT | {"name": "x" * 201}, 400),
        (ACCOUNT | {"name": 7}, 400),
        (ACCOUNT | {"email": ["nightly@bank.example"]}, 400),
    ],
    ids=["nothing", "address", "long name", "number", "list"],
)
def test_what_is_not_understood_is_refused_and_nothing_made(body, status, signed_in, administrator):
    before = Person.objects.count()
    assert is_problem(post_json(signed_in(administrator), ACCOUNTS, body), status)
    assert Person.objects.count() == before


def test_an_address_that_is_taken_is_a_conflict(signed_in, administrator, engineer):
    answer = post_json(signed_in(administrator), ACCOUNTS, ACCOUNT | {"email": engineer.email.upper()})
    assert is_problem(answer, 409) and "already an account" in answer.json()["detail"]


def test_a_service_account_never_approves_whatever_its_roles(workspace, engineer):
    version = make_version(actor=engineer)
    change = request_change(ChangeRequest.Kind.RETIREMENT, version, reason="Old.", terms=RETIREMENT, actor=engineer)
    robot = make_person(Role.VALIDATOR, name="Robot", workspace=workspace, kind=Person.Kind.SERVICE)
    assert "A service account never decides." in [str(reason) for reason in why_not_decide(change, person=robot)]
    with pytest.raises(NotPermitted):
        decide(
            change,
            approved=True,
            meaning="approved",
            evidence_digest=change.evidence_digest,
            password=PASSWORD,
            actor=robot,
        )


def test_the_page_lists_service_accounts_with_their_tokens_in_few_queries(
    visit_page, administrator, robot, engineer, django_assert_max_num_queries
):
    for number in range(5):
        make_person(Role.ENGINEER, name=f"Robot {number}", kind=Person.Kind.SERVICE)
    browser = visit_page(administrator)
    with django_assert_max_num_queries(14):
        page = browser.get(reverse("people"), {"kind": "service"})
    assert "Robot 4" in page.text and engineer.email not in page.text and "never" in page.text
    assert engineer.email in browser.get(reverse("people")).text


@pytest.fixture
def visit_page(client):
    def visit(person):
        client.force_login(person)
        return client

    return visit


@pytest.mark.parametrize(("overlap", "works"), [("0", False), ("168", True)], ids=["at once", "a week"])
def test_a_token_is_rotated_on_the_page_with_the_grace_that_one_chooses(
    overlap, works, visit_page, engineer, workspace
):
    token, secret = issue_token(engineer, "Nightly", workspace=workspace, actor=engineer)
    browser, address = visit_page(engineer), reverse("rotate-token", args=[token.pk])
    assert "a day more" in browser.get(address).text and Token.objects.count() == 1
    answer = browser.post(address, {"overlap": overlap})
    assert answer["Cache-Control"] == "no-store" and Token.objects.count() == 2
    if works:
        assert person_behind(secret) == engineer
    else:
        with pytest.raises(NotPermitted):
            person_behind(secret)
    assert browser.post(reverse("rotate-token", args=[token.pk]), {"overlap": "9999"}).status_code in (400, 422)


@pytest.mark.parametrize("action", [Permission.DECIDE_CHANGE, Permission.APPROVE_ROLE, Permission.CLOSE_FINDING])
def test_no_token_of_a_service_account_is_for_deciding(action, workspace, administrator, robot):
    with pytest.raises(RuleBroken, match="never may"):
        issue_token(robot, "Decides", workspace=workspace, actions=[action], actor=administrator)
