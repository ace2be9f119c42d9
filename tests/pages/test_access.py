"""Who may open which page."""

import pytest
from django.urls import reverse

from audits.workflows.services import count_all_marked, request_change
from tests.factories import RETIREMENT, RETIREMENT_FORM
from tests.pages.scenery import make_assessed_model, make_breach, make_run

OPEN_TO_ALL = [
    "home",
    "portfolio",
    "portfolio-csv",
    "change-list",
    "finding-list",
    "report-list",
    "trail",
    "my-tokens",
    "my-sessions",
]
TABS = [
    "model",
    "model-versions",
    "model-monitoring",
    "model-findings",
    "model-changes",
    "model-reports",
    "model-history",
]
CAST = ["engineer", "owner", "validator", "risk_officer", "auditor", "administrator"]


@pytest.fixture
def model(workspace, owner):
    return make_assessed_model(owner=owner)


def pages_of(model) -> list[str]:
    run = model.versions.get().runs.get()
    return [
        *(reverse(tab, args=[model.slug]) for tab in TABS),
        reverse("version", args=[model.slug, 1]),
        reverse("feature", args=[model.slug]) + "?column=income",
        reverse("run", args=[run.pk]),
        reverse("breach", args=[model.versions.get().breaches.get().pk]),
    ]


@pytest.mark.parametrize("role", CAST)
def test_every_role_reads_everything_in_its_workspace(role, request, visit, model):
    client = visit(request.getfixturevalue(role))
    for address in [*map(reverse, OPEN_TO_ALL), reverse("verify-report"), *pages_of(model)]:
        assert client.get(address).status_code == 200, address


def test_whoever_has_not_signed_in_is_sent_to_the_sign_in_page(visit, model):
    for address in [reverse("home"), reverse("portfolio"), *pages_of(model)]:
        answer = visit().get(address)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, reverse("account_login"))


def test_htmx_sends_the_whole_page_to_the_sign_in_page(visit, workspace):
    answer = visit().get(reverse("portfolio"), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"].startswith(reverse("account_login"))


def test_a_stranger_finds_nothing_of_another_workspace(visit, stranger, engineer, model):
    change = request_change(
        "retirement", model.versions.get(), reason="It is not used.", terms=RETIREMENT, actor=engineer
    )
    client = visit(stranger)
    for address in [*pages_of(model), reverse("change", args=[change.reference])]:
        assert client.get(address).status_code == 404, address
    count_all_marked()
    assert model.name not in client.get(reverse("portfolio")).text
    assert model.name not in client.get(reverse("trail")).text
    assert change.reference not in client.get(reverse("change-list")).text


def test_a_stranger_cannot_act_on_another_workspace(visit, stranger, model):
    run, breach = model.versions.get().runs.get(), model.versions.get().breaches.get()
    client = visit(stranger)
    for address in [
        reverse("rerun", args=[run.pk]),
        reverse("run-now", args=[run.plan_id]),
        reverse("switch-plan-off", args=[run.plan_id]),
        reverse("switch-plan-on", args=[run.plan_id]),
        reverse("breach", args=[breach.pk]),
        reverse("confirm-tier", args=[model.slug]),
    ]:
        assert client.post(address, {"reason": "because"}).status_code == 404, address


@pytest.mark.parametrize("role", ["engineer", "owner", "validator"])
def test_only_those_who_supervise_see_people_and_roles(role, request, visit):
    client = visit(request.getfixturevalue(role))
    for page in ("people", "create-person"):
        assert client.get(reverse(page)).status_code == 403


@pytest.mark.parametrize("role", ["risk_officer", "auditor"])
def test_those_who_supervise_read_people_and_change_no_account(role, request, visit, engineer):
    client = visit(request.getfixturevalue(role))
    assert engineer.display_name in client.get(reverse("people")).text
    assert "Propose a role" not in client.get(reverse("person", args=[engineer.pk])).text
    assert client.get(reverse("create-person")).status_code == 403
    asked = {"role": "owner", "reason": "Because."}
    assert client.post(reverse("person", args=[engineer.pk]), asked).status_code == 403
    assert client.post(reverse("close-account", args=[engineer.pk]), {"reason": "Because."}).status_code == 403


@pytest.mark.parametrize("role", ["auditor", "administrator", "validator"])
def test_whoever_may_not_register_a_model_is_told_so(role, request, visit):
    answer = visit(request.getfixturevalue(role)).get(reverse("register-model"))
    assert answer.status_code == 403
    assert "do not allow you to register a model" in answer.text


def test_only_those_who_supervise_are_shown_the_way_to_people_and_roles(visit, administrator, validator):
    assert reverse("people") in visit(administrator).get(reverse("portfolio")).text
    assert reverse("people") not in visit(validator).get(reverse("portfolio")).text


def test_an_auditor_is_offered_nothing_that_changes_a_model(visit, auditor, model):
    client = visit(auditor)
    for address in pages_of(model):
        text = client.get(address).text
        for offer in (
            "Request a change",
            "Run now",
            "Switch off",
            "Re-run and compare",
            "Request retraining",
            "Edit</a>",
        ):
            assert offer not in text, (address, offer)


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_a_reader_who_posts_anyway_is_refused(role, request, visit, model):
    client, version = visit(request.getfixturevalue(role)), model.versions.get()
    run = version.runs.get()
    assert client.post(reverse("rerun", args=[run.pk])).status_code == 403
    assert client.post(reverse("run-now", args=[run.plan_id])).status_code == 403
    assert client.post(reverse("switch-plan-off", args=[run.plan_id]), {"reason": "Noise."}).status_code == 403
    assert client.post(reverse("switch-plan-on", args=[run.plan_id])).status_code == 403
    assert client.post(reverse("confirm-tier", args=[model.slug])).status_code == 403
    answer = client.post(
        reverse("request-change", args=[model.slug, 1]), {"kind": "retirement", "reason": "Old."} | RETIREMENT_FORM
    )
    assert answer.status_code == 403
    assert version.runs.count() == 1


def test_an_address_that_is_nowhere_says_so_in_words(visit, auditor):
    answer = visit(auditor).get("/nowhere/")
    assert answer.status_code == 404
    assert "nothing here that you may see" in answer.text


def test_a_failed_run_says_why(visit, validator, model):
    run = make_run(model.versions.get(), kind="bias", state="failed", reason="The artifact could not be opened.")
    assert "The artifact could not be opened." in visit(validator).get(reverse("run", args=[run.pk])).text


def test_a_breach_named_in_an_address_must_be_of_that_model(visit, validator, model):
    other = make_assessed_model(verdict="amber")
    breach = make_breach(other.versions.get().runs.get(), column="age")
    answer = visit(validator).get(reverse("raise-finding", args=[model.slug]), {"breach": breach.pk})
    assert answer.status_code == 404
