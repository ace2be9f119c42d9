"""Pages of what can be asked for and what holds: forms that say what is needed, the register, stopping a model."""

from datetime import date

import pytest
from django.urls import reverse

from audits.workflows.models import Arrangement, ChangeRequest, Delegation
from audits.workflows.services import expire_arrangements, request_change
from inventory.models import Policy
from mrm.accounts.policies import Role
from mrm.pages.wording import day
from tests.factories import confirm, make_person, publish
from tests.fixtures.story import approve
from tests.pages.scenery import make_assessed_model
from tests.signing import signed_on_page, suspend
from tests.workflows.kinds import exception_terms, in_days, overlay_terms


@pytest.fixture
def model(workspace, owner):
    return confirm(make_assessed_model(name="Lending", owner=owner))


@pytest.fixture
def exception(model, owner, validator, risk_officer) -> Arrangement:
    terms = exception_terms(clause="validation")
    change = request_change("exception", model, reason="The feed moves.", terms=terms, actor=owner)
    for person in (validator, risk_officer):
        approve(change, person)
    return change.arrangements.get()


def test_first_one_chooses_what_should_change_and_reads_what_each_kind_needs(visit, owner, model):
    text = visit(owner).get(reverse("request-model-change", args=[model.slug])).text
    for part in ("Exception", "Overlay", "compensating control", "Decided by validator and risk officer"):
        assert part in text
    assert "Promotion" not in text, "which is about one version"


def test_the_form_of_a_kind_says_what_follows_before_anything_is_sent(visit, owner, model):
    address = reverse("request-model-change", args=[model.slug])
    text = visit(owner).get(address, {"kind": "exception"}).text
    for part in (
        "At its end the clause binds again",
        "What is done without",
        "A drift assessment with results",
        "Until",
    ):
        assert part in text


def test_an_exception_is_asked_for_on_its_form_and_shown_to_those_who_decide(visit, owner, auditor, model):
    fields = {f"terms.{name}": value for name, value in exception_terms().items()}
    answer = visit(owner).post(
        reverse("request-model-change", args=[model.slug]), {"kind": "exception", "reason": "No data."} | fields
    )
    change = ChangeRequest.objects.get()
    assert answer.headers["Location"] == reverse("change", args=[change.reference])
    text = visit(auditor).get(answer.headers["Location"]).text
    for part in ("A bias assessment with results", "Compliance samples fifty decisions", "Exception of Lending"):
        assert part in text


def test_a_term_that_is_wrong_is_named_at_its_field(visit, owner, model):
    fields = {f"terms.{name}": value for name, value in exception_terms(ends_on="", clause="stage").items()}
    answer = visit(owner).post(
        reverse("request-model-change", args=[model.slug]), {"kind": "exception", "reason": "No data."} | fields
    )
    assert answer.status_code == 400
    assert 'id="id_terms.ends_on_error"' in answer.text and 'id="id_terms.clause_error"' in answer.text
    too_long = fields | {"terms.ends_on": in_days(800), "terms.clause": "validation"}
    refused = visit(owner).post(
        reverse("request-model-change", args=[model.slug]), {"kind": "exception", "reason": "No data."} | too_long
    )
    assert refused.status_code == 409 and "365 days at most" in refused.text


def test_what_holds_has_a_page_with_its_end_and_the_way_to_renew_it(visit, owner, risk_officer, exception):
    page = reverse("arrangement", args=[exception.reference])
    text = visit(owner).get(page).text
    assert "Compliance samples fifty decisions" in text and "Ask for its renewal" in text
    assert day(exception.last_day) in text and exception.last_day.isoformat() not in text
    assert "End it" not in text, "the owner does not end it"
    assert "End it" in visit(risk_officer).get(page).text
    renewal = visit(owner).get(
        reverse("request-model-change", args=[exception.model.slug]),
        {"kind": "exception", "renews": exception.reference},
    )
    assert f'Renews <a href="{page}"' in renewal.text and "Compliance samples" in renewal.text


def test_the_page_of_what_holds_tells_anybody_why_they_do_not_end_it(
    visit, owner, engineer, auditor, risk_officer, exception
):
    page = reverse("arrangement", args=[exception.reference])
    roles = "It is ended by: risk officer, chief risk officer. Your roles here:"
    told = {one: visit(one).get(page).text for one in (owner, engineer, auditor, risk_officer)}
    assert f"{roles} owner." in told[owner] and "but another of the second line: you own it." in told[owner]
    assert "Entry" in told[owner] and f"{roles} engineer." in told[engineer] and f"{roles} auditor." in told[auditor]
    assert "Why you do not end it" not in told[risk_officer]
    suspend(exception.model, reason="The feed is broken.", actor=owner)
    stopped = reverse("arrangement", args=[Arrangement.objects.get(kind=Arrangement.Kind.SUSPENSION).reference])
    for one in (owner, auditor, risk_officer):
        assert "ends by a change request that two people decide" in visit(one).get(stopped).text


def test_what_lapsed_stands_on_the_model_and_in_the_queue_until_it_is_put_in_order(
    visit, owner, risk_officer, exception
):
    expire_arrangements(exception.ends_at)
    model_page = reverse("model", args=[exception.model.slug])
    assert "Restricted:" in visit(owner).get(model_page).text
    assert f"Put in order: exception {exception.reference}" in visit(owner).get(reverse("home")).text
    closing = reverse("close-arrangement", args=[exception.reference])
    assert visit(owner).post(closing, {"reason": "Fine."}).status_code == 403
    assert signed_on_page(visit(risk_officer), closing, reason="Assessed monthly again.").status_code == 302
    assert "Restricted:" not in visit(owner).get(model_page).text


def test_what_ends_soon_is_in_the_queue_of_whoever_answers_for_it(visit, owner, validator, risk_officer, model):
    terms = overlay_terms(ends_on=in_days(10))
    change = request_change("overlay", model, reason="Prices.", terms=terms, actor=owner)
    approve(change, validator)
    approve(change, risk_officer)
    assert "Renew or end: overlay OV-" in visit(owner).get(reverse("home")).text


def test_a_model_is_stopped_on_its_page_and_everybody_sees_why(visit, owner, auditor, model):
    address = reverse("suspend-model", args=[model.slug])
    assert visit(auditor).post(address, {"reason": "Hm."}).status_code == 403
    assert signed_on_page(visit(owner), address, reason="Scores are constant.").status_code == 302
    text = visit(auditor).get(reverse("model", args=[model.slug])).text
    assert "Suspended:" in text and "Scores are constant." in text


def test_the_register_of_what_holds_is_narrowed_by_address_and_needs_few_queries(
    visit, auditor, exception, django_assert_max_num_queries
):
    client = visit(auditor)
    assert exception.reference in client.get(reverse("arrangement-list"), {"kind": "exception", "q": "lend"}).text
    assert exception.reference not in client.get(reverse("arrangement-list"), {"state": "expired"}).text
    with django_assert_max_num_queries(8):
        client.get(reverse("arrangement-list"))


def test_a_stranger_finds_nothing_of_another_workspace(visit, stranger, exception):
    client = visit(stranger)
    assert client.get(reverse("arrangement", args=[exception.reference])).status_code == 404
    assert client.get(reverse("suspend-model", args=[exception.model.slug])).status_code == 404
    assert exception.reference not in client.get(reverse("arrangement-list")).text


def test_anyone_reads_who_may_decide_and_why_the_others_may_not(visit, auditor, engineer, validator, model):
    change = request_change("overlay", model, reason="Prices.", terms=overlay_terms(), actor=validator)
    text = visit(auditor).get(reverse("deciders", args=[change.reference])).text
    assert validator.display_name in text and "you asked for it on" in text


def test_a_person_lets_another_decide_for_them_and_takes_it_back(visit, risk_officer, validator):
    sent = {"delegate": validator.pk, "ends_on": in_days(14), "reason": "Leave."}
    assert signed_on_page(visit(risk_officer), reverse("delegations"), **sent).status_code == 302
    delegation, last = Delegation.objects.get(), date.fromisoformat(sent["ends_on"])
    page = visit(validator).get(reverse("delegations")).text
    assert "Leave." in page and f"to {last.day} {last:%b %Y}" in page
    visit(risk_officer).post(reverse("revoke-delegation", args=[delegation.pk]))
    delegation.refresh_from_db()
    assert delegation.revoked_at


def test_who_decides_nothing_delegates_nothing(visit, auditor, validator):
    sent = {"delegate": validator.pk, "ends_on": in_days(14), "reason": "Leave."}
    assert visit(auditor).post(reverse("delegations"), sent).status_code == 403
    assert "Let somebody decide for you" not in visit(auditor).get(reverse("delegations")).text


def test_the_chair_concludes_the_vote_on_the_page(visit, workspace, owner, model):
    document = Policy.objects.in_force().document
    document["approvals"]["exception"]["2"] = ["risk_officer", "committee"]
    publish(document)
    officer = make_person(Role.RISK_OFFICER, workspace=workspace)
    chair = make_person(Role.COMMITTEE_CHAIR, Role.RISK_OFFICER, workspace=workspace)
    members = [make_person(Role.COMMITTEE_MEMBER, Role.COMPLIANCE, workspace=workspace) for _ in range(3)]
    terms = exception_terms(clause="validation")
    change = request_change("exception", model, reason="The feed moves.", terms=terms, actor=owner)
    approve(change, officer)
    for member in members:
        approve(change, member)
    page = reverse("change", args=[change.reference])
    assert "The chair of the committee concludes its vote" in visit(members[0]).get(page).text
    assert "Conclude the vote" in visit(chair).get(page).text
    signed_on_page(visit(chair), reverse("conclude-vote", args=[change.reference]), minutes="Discussed.")
    change.refresh_from_db()
    assert change.state == "completed"
    assert "Discussed." in visit(owner).get(page).text


def test_lifting_a_suspension_is_asked_for_from_its_page(visit, owner, model):
    suspension = suspend(model, reason="Constant.", actor=owner)
    text = visit(owner).get(reverse("arrangement", args=[suspension.reference])).text
    assert "Ask for its lifting" in text and "kind=resumption" in text
