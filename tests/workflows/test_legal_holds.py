"""Rule 15: what is on legal hold is kept; the CRO and an auditor place and release it, neither alone, nor who asked."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Breach, Plan
from audits.trail.models import Action, Entry
from audits.workflows.contents.hygiene import BY_NAME, breaking
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import request_change, why_not_decide, withdraw
from audits.workflows.states import ArrangementState, ChangeState
from inventory.models import Model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from registry.services.tags import delete_model_tag, set_model_tag
from registry.services.versions import delete_version
from tests.factories import make_person, make_version, retire
from tests.fixtures.story import approve
from tests.signing import close_arrangement
from tests.workflows.duties import assert_the_database_refuses, now_holding
from tests.workflows.kinds import decided, overlay_terms

Kind = ChangeRequest.Kind
TERMS = {"matter": "Regulator's inquiry 2026-17", "scope": "Decisions on single earners since spring."}


@pytest.fixture
def officer(story) -> Person:
    return make_person(Role.CHIEF_RISK_OFFICER, name="Carla Cro", workspace=story.workspace)


@pytest.fixture
def hold(story, officer) -> Arrangement:
    change = decided(Kind.LEGAL_HOLD, story.model, officer, story.auditor, terms=TERMS, actor=story.risk_officer)
    return change.arrangements.get()


def release_of(hold, story, *, actor=None) -> ChangeRequest:
    terms = {"hold": hold.reference, "ended": "The regulator closed the file on 2 May."}
    return request_change(Kind.HOLD_RELEASE, story.model, reason="Over.", terms=terms, actor=actor or story.engineer)


def test_15_a_hold_is_placed_by_the_cro_and_an_auditor_and_by_neither_alone(story, officer):
    change = request_change(Kind.LEGAL_HOLD, story.model, reason="Asked.", terms=TERMS, actor=story.risk_officer)
    assert change.roles_required == [Role.CHIEF_RISK_OFFICER, Role.AUDITOR]
    for person in (story.risk_officer, story.validator, story.owner, story.administrator):
        assert why_not_decide(change, person=person)
    approve(change, officer)
    assert not Arrangement.objects.on_hold().exists()
    with pytest.raises(NotPermitted):
        approve(change, officer)
    approve(change, story.auditor)
    assert Arrangement.objects.on_hold().get().ends_at is None


def test_15_whoever_asked_for_a_hold_decides_neither_about_it_nor_about_its_release(story, hold):
    by_now = now_holding(story.risk_officer, Role.CHIEF_RISK_OFFICER, workspace=story.workspace)
    assert f"you proposed {hold.reference} on" in " ".join(why_not_decide(release_of(hold, story), person=by_now))


def asked_by(person: Person, story) -> ChangeRequest:
    return request_change(Kind.LEGAL_HOLD, story.model, reason="A complaint.", terms=TERMS, actor=person)


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.CHIEF_RISK_OFFICER])
def test_15_compliance_and_the_cro_ask_for_a_hold_that_another_cro_and_an_auditor_decide(story, officer, role):
    person = make_person(role, workspace=story.workspace)
    change = asked_by(person, story)
    assert any("Whoever asks for a change does not decide it" in why for why in why_not_decide(change, person=person))
    with pytest.raises(NotPermitted):
        approve(change, person)
    assert_the_database_refuses(change, person, "whoever asks for a change does not decide it")
    approve(change, story.auditor)
    assert not Arrangement.objects.on_hold().exists(), "the auditor alone, with whoever asked, places nothing"
    approve(change, officer)
    hold = Arrangement.objects.on_hold().get()
    assert f"you proposed {hold.reference} on" in " ".join(why_not_decide(release_of(hold, story), person=person))


@pytest.mark.parametrize("role", [Role.COMPLIANCE, Role.CHIEF_RISK_OFFICER])
def test_15_they_ask_on_the_page_and_over_rest_for_a_hold_and_its_release_and_for_nothing_else(
    story, officer, api, role
):
    person, browser = make_person(role, workspace=story.workspace), Client()
    browser.force_login(person)
    address = reverse("request-model-change", args=[story.model.slug])
    assert "Request a legal hold" in browser.get(reverse("model", args=[story.model.slug])).text
    offered = browser.get(address).text
    assert "Legal hold" in offered and "Overlay" not in offered
    sent = {f"terms.{name}": value for name, value in TERMS.items()}
    assert browser.post(address, {"kind": "legal_hold", "reason": "A complaint."} | sent).status_code == 302
    first = ChangeRequest.objects.get(kind=Kind.LEGAL_HOLD)
    assert "Withdraw" in browser.get(reverse("change", args=[first.reference])).text
    withdraw(first, reason="Settled.", actor=person)
    client = api(person)
    asked = {"kind": "legal_hold", "model": story.model.slug, "reason": "A complaint.", "terms": TERMS}
    held = client.post("/api/v1/changes/", asked, format="json")
    assert held.status_code == 201
    for decider in (officer, story.auditor):
        approve(ChangeRequest.objects.get(reference=held.json()["reference"]), decider)
    assert release_of(Arrangement.objects.on_hold().get(), story, actor=person).requester == person
    overlay = asked | {"kind": "overlay", "terms": overlay_terms()}
    assert client.post("/api/v1/changes/", overlay, format="json").status_code == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.EXAMINER, Role.ADMINISTRATOR, Role.COMMITTEE_MEMBER])
def test_15_nobody_else_asks_for_a_hold(story, role):
    with pytest.raises(NotPermitted, match="request legal hold"):
        asked_by(make_person(role, workspace=story.workspace), story)


def test_15_only_the_same_two_release_a_hold(story, hold, officer):
    with pytest.raises(RuleBroken, match="decided by the CRO and an auditor"):
        close_arrangement(hold, reason="Over.", actor=story.validator)
    change = release_of(hold, story)
    approve(change, officer)
    hold.refresh_from_db()
    assert hold.state == ArrangementState.ACTIVE
    approve(change, story.auditor)
    hold.refresh_from_db()
    change.refresh_from_db()
    assert (hold.state, change.state) == (ArrangementState.CLOSED, ChangeState.COMPLETED)


def test_15_the_database_takes_no_hold_and_no_release_that_the_two_did_not_decide(story, hold):
    with pytest.raises(IntegrityError, match="released by the chief risk officer"), transaction.atomic():
        Arrangement.objects.filter(pk=hold.pk).update(state=ArrangementState.CLOSED, ended_at=timezone.now())
    change = request_change(Kind.LEGAL_HOLD, story.model, reason="Two.", terms=TERMS | {"matter": "B"}, actor=None)
    with pytest.raises(IntegrityError, match="placed by the chief risk officer"), transaction.atomic():
        Arrangement.objects.create(
            reference="LH-2026-9999", kind="legal_hold", model=story.model, change=change, title="Mine"
        )


def test_15_nothing_of_a_model_on_hold_is_deleted_by_a_service(story, hold, officer):
    place, name = story.workspace, story.model.name
    set_model_tag(place, name, key="team", value="retail", actor=story.engineer)
    candidate = make_version(story.model, actor=story.engineer)
    with pytest.raises(RuleBroken, match=f"legal hold .{hold.reference}."):
        delete_model_tag(place, name, key="team", actor=story.engineer)
    with pytest.raises(RuleBroken, match="legal hold"):
        delete_version(place, name, str(candidate.number), actor=story.engineer)
    change = release_of(hold, story)
    approve(change, officer)
    approve(change, story.auditor)
    delete_model_tag(place, name, key="team", actor=story.engineer)


def test_15_nothing_of_a_model_on_hold_is_deleted_past_the_services(story, hold):
    set_model_tag(story.workspace, story.model.name, key="team", value="retail", actor=story.engineer)
    rows = [("assessments_plan", Plan.objects.first().pk), ("assessments_breach", Breach.objects.first().pk)]
    for table, key in rows:
        with pytest.raises(IntegrityError, match=hold.reference), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [key])  # noqa: S608 -- Our own names.
    with pytest.raises(IntegrityError, match=hold.reference), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_modeltag WHERE model_id = %s", [story.model_id])


def test_a_hold_outlives_its_model_and_can_be_placed_on_a_retired_one(story, officer, hold):
    retire(story.model)
    assert hold not in Arrangement.objects.ending_with_a_model()
    terms = TERMS | {"matter": "Another"}
    change = request_change(Kind.LEGAL_HOLD, story.model, reason="Asked.", terms=terms, actor=story.risk_officer)
    approve(change, officer)
    approve(change, story.auditor)
    assert Arrangement.objects.on_hold().count() == 2


def test_the_same_matter_is_not_held_twice(story, hold):
    with pytest.raises(RuleBroken, match="already holds everything"):
        request_change(Kind.LEGAL_HOLD, story.model, reason="Again.", terms=TERMS, actor=story.risk_officer)


def test_a_hold_is_shown_on_the_model_through_the_api_in_its_story_and_in_hygiene_when_it_is_old(story, hold, api):
    browser = Client()
    browser.force_login(story.owner)
    assert "On legal hold" in browser.get(f"/models/{story.model.slug}/").text
    assert "Ask for its release" in browser.get(f"/in-force/{hold.reference}/").text
    listed = api(story.owner).get(f"/api/v1/arrangements/?kind=legal_hold&model={story.model.slug}").json()
    assert hold.reference in str(listed)
    assert Entry.objects.about(hold).filter(action=Action.ARRANGEMENT_BEGUN).exists()
    rule, everything = BY_NAME["hold_to_review"], Model.objects.all()
    assert not breaking(everything, rule, now=timezone.now()).exists()
    assert breaking(everything, rule, now=timezone.now() + timedelta(days=366)).exists()
