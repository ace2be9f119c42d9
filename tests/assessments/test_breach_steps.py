"""governance.md, 6: a breach is taken up, explained, decided by the second line, closed; each step stays on record."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from audits.assessments.models import BreachStep
from audits.assessments.services import close_breach, close_breaches_of, take_step
from audits.assessments.states import BreachState
from audits.trail.models import Action, Entry
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.rest import post_json


def investigated(story):
    breach = story.breach
    take_step(breach, kind="triage", text="Omar asks the branches.", actor=story.owner)
    take_step(breach, kind="root_cause", text="A campaign brought poorer applicants.", actor=story.engineer)
    return breach


def test_a_breach_is_taken_up_explained_decided_and_closed_and_each_step_is_kept(story):
    breach = investigated(story)
    assert breach.state == BreachState.ROOT_CAUSE
    step = take_step(breach, kind="decision", decision="retrain", text="They stay.", actor=story.validator)
    assert (breach.state, step.person) == (BreachState.DECIDED, story.validator)
    assert close_breach(breach, reason="Retrained.", actor=story.validator).state == BreachState.CLOSED
    actions = list(Entry.objects.about(breach).order_by("position").values_list("action", flat=True))
    assert actions[1:] == [Action.BREACH_TRIAGED, Action.BREACH_EXPLAINED, Action.BREACH_DECIDED, Action.BREACH_CLOSED]


def test_no_step_is_skipped_and_one_taken_again_stands_beside_the_first(story):
    with pytest.raises(RuleBroken, match="Take it up"):
        take_step(story.breach, kind="root_cause", text="Weather.", actor=story.owner)
    with pytest.raises(RuleBroken, match="root cause before"):
        take_step(story.breach, kind="decision", decision="retrain", text="Now.", actor=story.validator)
    breach = investigated(story)
    take_step(breach, kind="root_cause", text="And a new form.", actor=story.owner)
    assert breach.steps.filter(kind="root_cause").count() == 2


def test_an_owner_neither_decides_on_a_breach_of_their_model_nor_closes_it(story):
    breach = investigated(story)
    for act in (
        lambda: take_step(breach, kind="decision", decision="no_action", text="Fine.", actor=story.owner),
        lambda: close_breach(breach, reason="Fine.", actor=story.owner),
    ):
        with pytest.raises(NotPermitted):
            act()


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_neither_answers_for_a_model_nor_judges_it_takes_no_step(story, role):
    with pytest.raises(NotPermitted):
        take_step(story.breach, kind="triage", text="I look.", actor=getattr(story, role))


def test_closing_with_a_reason_alone_is_the_decision_to_do_nothing(story):
    breach = close_breach(story.breach, reason="One odd day.", actor=story.validator)
    assert (breach.steps.get().decision, breach.steps.get().text) == ("no_action", "One odd day.")
    with pytest.raises(RuleBroken, match="closed"):
        take_step(breach, kind="triage", text="Late.", actor=story.owner)


def test_a_promotion_closes_a_breach_that_is_being_looked_into(story):
    breach = investigated(story)
    close_breaches_of(story.version, reason="Superseded.", actor=None)
    breach.refresh_from_db()
    assert (breach.state, breach.steps.count()) == (BreachState.CLOSED, 2)


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "guess", "text": "x"},
        {"kind": "triage", "text": "  "},
        {"kind": "triage", "text": "x", "decision": "retrain"},
        {"kind": "triage", "text": "x" * 4001},
    ],
    ids=["kind", "text", "decision", "long"],
)
def test_a_step_that_says_nothing_usable_is_refused_with_its_field(story, sent):
    with pytest.raises(UnusableData):
        take_step(story.breach, **sent, actor=story.owner)


def test_the_database_keeps_steps_and_takes_none_on_a_closed_breach(story):
    breach = investigated(story)
    with pytest.raises(IntegrityError), transaction.atomic():
        breach.steps.update(text="Nothing.")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM assessments_breachstep")
    close_breach(breach, reason="Over.", actor=story.validator)
    with pytest.raises(IntegrityError, match="not investigated further"), transaction.atomic():
        BreachStep.objects.create(breach=breach, kind="triage", text="Late.", person=story.owner)


def test_rest_takes_the_steps_and_tells_them(story, api):
    address = f"/api/v1/breaches/{story.breach.pk}/steps/"
    assert post_json(api(story.auditor), address, {"kind": "triage", "text": "I."}).status_code == 403
    told = post_json(api(story.owner), address, {"kind": "triage", "text": "I ask around."})
    assert (told.status_code, told.json()["state"], told.json()["steps"][0]["text"]) == (
        201,
        "triaged",
        "I ask around.",
    )
    assert post_json(api(story.owner), address, {"kind": "decision", "text": "No."}).status_code == 403
    assert post_json(api(story.validator), address, {"kind": "decision", "text": "No."}).status_code in (409, 422)
    listed = api(story.owner).get(f"/api/v1/models/{story.model.slug}/breaches/").json()["results"]
    assert "triaged" in {one["state"] for one in listed}


def test_the_page_offers_the_next_step_to_whom_it_is_open(story):
    client, page = Client(), reverse("breach", args=[story.breach.pk])
    form = reverse("breach-step", args=[story.breach.pk])
    client.force_login(story.auditor)
    assert form not in client.get(page).content.decode()
    assert client.post(form, {"text": "I look."}).status_code == 403
    client.force_login(story.owner)
    assert "Who looks into it" in client.get(page).content.decode()
    assert client.post(form, {"text": ""}).status_code == 400
    for text in ("I ask around.", "A campaign."):
        assert client.post(form, {"text": text}).status_code == 302
    shown = client.get(page).content.decode()
    assert form not in shown and "the second line decides" in shown
    client.force_login(story.validator)
    assert "What is done" in client.get(page).content.decode()
    assert client.post(form, {"text": "They stay.", "decision": "retrain"}).status_code == 302
    assert "Decision: retrain" in client.get(page).content.decode()
