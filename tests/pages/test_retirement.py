"""The page on which an approved retirement is carried out, and its REST endpoints: one rule, two ways in."""

import pytest
from django.urls import reverse

from audits.workflows.services import RETIREMENT_END, request_change
from inventory.services import edit_model
from mrm.accounts.policies import Role
from mrm.accounts.services import prepare_act
from tests.factories import PASSWORD, RETIREMENT, make_person
from tests.fixtures.story import approve
from tests.pages.scenery import make_assessed_model
from tests.rest import is_problem, post_json
from tests.signing import signed_on_page
from tests.workflows.retiring import verified


@pytest.fixture
def change(owner, engineer, validator, risk_officer):
    model = make_assessed_model(owner=owner)
    change = request_change("retirement", model, reason="Nobody uses it.", terms=RETIREMENT, actor=owner)
    approve(change, validator)
    approve(change, risk_officer)
    change.refresh_from_db()
    return change


def page_of(change) -> str:
    return reverse("retirement", args=[change.reference])


def test_everybody_reads_where_it_stands_and_only_the_first_line_is_offered_the_list(visit, change, owner, auditor):
    assert "Show that it is done" in visit(owner).get(page_of(change)).text
    text = visit(auditor).get(page_of(change)).text
    assert "0 of 10 shown" in text and "Show that it is done" not in text
    assert "An engineer verifies it" in text


def test_a_stranger_finds_nothing(visit, api, change, stranger):
    assert visit(stranger).get(page_of(change)).status_code == 404
    address = reverse("complete-item", args=[change.reference, 1])
    assert visit(stranger).post(address, {"item-1-evidence": "x"}).status_code == 404
    is_problem(api(stranger).get(f"/api/v1/changes/{change.reference}/retirement/"), 404)


def test_from_the_checklist_to_the_archive_on_the_pages(visit, change, owner, engineer, risk_officer, validator):
    client = visit(owner)
    for place in range(1, 11):
        address = reverse("complete-item", args=[change.reference, place])
        assert client.post(address, {f"item-{place}-evidence": ""}).status_code == 400
        assert client.post(address, {f"item-{place}-evidence": f"Ticket <b>{place}</b>."}).status_code == 302
    text = visit(engineer).get(page_of(change)).text
    assert "Ticket &lt;b&gt;1&lt;/b&gt;." in text and "10 of 10 shown" in text
    assert client.post(reverse("verify-retirement", args=[change.reference])).status_code == 403
    visit(engineer).post(reverse("verify-retirement", args=[change.reference]))
    agreeing = reverse("agree-to-retirement", args=[change.reference])
    assert "The owner agrees" in text and visit(engineer).post(agreeing, {"comment": ""}).status_code == 403
    assert signed_on_page(client, agreeing, comment="Nothing rests on it.").status_code == 302
    assert "agree that it and all its versions end" in client.get(page_of(change)).text
    officer = visit(risk_officer)
    sign = officer.post(reverse("prepare-retirement", args=[change.reference]), {"comment": "Seen."})
    assert "Everything" not in sign.text and sign.status_code == 302
    assert "the model and all its versions end" in officer.get(sign.headers["Location"]).text
    officer.post(sign.headers["Location"], {"password": PASSWORD})
    archive = reverse("archive-retirement", args=[change.reference])
    assert visit(validator).post(archive, {"archive": "Vault.", "retained_until": "2027-01-01"}).status_code == 422
    visit(validator).post(archive, {"archive": "Vault.", "retained_until": "2099-01-01"})
    text = visit(owner).get(page_of(change)).text
    assert "Archived" in text and "2099" in text
    change.refresh_from_db()
    assert change.model.status == "retired" and change.state == "completed"


def test_a_comment_that_is_too_long_comes_back_with_what_is_wrong(visit, change, owner, engineer, risk_officer):
    agreeing, long = reverse("agree-to-retirement", args=[change.reference]), "Nothing rests on it. " * 200
    answer = visit(owner).post(agreeing, {"comment": long})
    assert answer.status_code == 400 and long.strip() in answer.text and "at most 4000 characters" in answer.text
    verified(change, owner=owner, engineer=engineer)
    answer = visit(risk_officer).post(reverse("prepare-retirement", args=[change.reference]), {"comment": long})
    assert answer.status_code == 400 and long.strip() in answer.text and "at most 4000 characters" in answer.text


def test_after_a_change_of_owner_who_agreed_did_so_as_owner_then(visit, change, owner, engineer):
    assert signed_on_page(visit(owner), reverse("agree-to-retirement", args=[change.reference])).status_code == 302
    assert "has not agreed" not in visit(owner).get(page_of(change)).text
    edit_model(change.model, changes={"owner": engineer}, actor=None)
    text = visit(engineer).get(page_of(change)).text
    assert "has not agreed to its end yet" in text and "The owner agrees" in text


def test_it_is_sent_back_and_given_up_on_the_pages(visit, change, owner, engineer, risk_officer):
    verified(change, owner=owner, engineer=engineer)
    address = reverse("return-retirement", args=[change.reference])
    assert visit(owner).post(address, {"reason": "No."}).status_code == 403
    visit(risk_officer).post(address, {"reason": "Which ticket?"})
    assert "Which ticket?" in visit(owner).get(page_of(change)).text
    abandon = reverse("abandon-retirement", args=[change.reference])
    assert visit(owner).post(abandon, {"reason": "No."}).status_code == 403
    signed_on_page(visit(risk_officer), abandon, reason="Needed after all.")
    assert "Needed after all." in visit(owner).get(page_of(change)).text


def test_the_page_needs_few_queries(visit, change, owner, django_assert_max_num_queries):
    client = visit(owner)
    client.get(page_of(change))
    with django_assert_max_num_queries(22):
        client.get(page_of(change))


def test_the_api_carries_it_out_and_says_what_is_missing(api, change, owner, engineer, risk_officer, workspace):
    address = f"/api/v1/changes/{change.reference}/retirement/"
    shown = api(owner).get(address).json()
    assert shown["state"] == "executing" and {item["evidence"] for item in shown["items"]} == {""}
    is_problem(post_json(api(owner), f"{address}items/", {"item": "nothing", "evidence": "x"}), 422)
    is_problem(post_json(api(risk_officer), f"{address}items/", {"item": "jobs_stopped", "evidence": "x"}), 403)
    told = post_json(api(owner), f"{address}items/", {"item": "jobs_stopped", "evidence": "Ticket 1."}).json()
    assert [item["evidence"] for item in told["items"] if item["item"] == "jobs_stopped"] == ["Ticket 1."]
    token = is_problem(api(make_person(Role.ENGINEER, workspace=workspace)).post(f"{address}verification/"), 403)
    assert "signed in on the pages" in str(token)
    retirement = verified(change, owner=owner, engineer=engineer)
    digest = api(risk_officer).get(f"{address}signature/").json()["evidence_digest"]
    body = {"comment": "Seen.", "evidence_digest": "0" * 64, "password": PASSWORD}
    is_problem(post_json(api(risk_officer), f"{address}signature/", body), 409)
    body["evidence_digest"] = digest
    is_problem(post_json(api(risk_officer), f"{address}signature/", body | {"password": "x"}), 403)
    signed = post_json(api(risk_officer), f"{address}signature/", body)
    assert signed.json()["state"] == "retired" and signed.json()["signature"]
    body = {"archive": "Vault 7.", "retained_until": "2099-01-01"}
    assert post_json(api(risk_officer), f"{address}archive/", body).json()["state"] == "archived"
    late = {"reason": "Late.", "evidence_digest": digest, "password": PASSWORD}
    is_problem(post_json(api(risk_officer), f"{address}abandonment/", late), 409)
    assert retirement.change.reference == signed.json()["change"]


def test_a_request_that_is_no_retirement_has_none(api, change, owner):
    is_problem(api(owner).get("/api/v1/changes/CR-1999-0001/retirement/"), 404)


def test_a_statement_is_shown_to_who_may_sign_it_only(visit, change, owner, engineer, risk_officer, validator):
    retirement = verified(change, owner=owner, engineer=engineer)
    statement = prepare_act(RETIREMENT_END, retirement, actor=risk_officer)
    shown = reverse("sign-retirement", args=[change.reference, statement.pk])
    assert visit(validator).post(shown, {"password": PASSWORD}).status_code == 409
