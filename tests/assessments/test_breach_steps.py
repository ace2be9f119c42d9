"""governance.md, 6: a breach is taken up, explained, decided by the second line, closed; each step stays on record."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Breach, BreachStep
from audits.assessments.services import (
    close_breach,
    close_breaches_of,
    execute,
    facts_digest,
    prepare_decision,
    rerun,
    sign_decision,
    take_step,
)
from audits.assessments.services.breaches import close_locked
from audits.assessments.states import BreachState
from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.contents.breaches import breach_tasks
from inventory.services import edit_model
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, prove, sign
from mrm.errors import NotPermitted, RuleBroken, UnusableData, entry_behind
from tests.factories import PASSWORD, decide_breach, dismiss, make_version, promote, publish
from tests.rest import is_problem, post_json
from tests.workflows.duties import now_holding


def investigated(story):
    breach = story.breach
    take_step(breach, kind="triage", text="Omar asks the branches.", actor=story.owner)
    take_step(breach, kind="root_cause", text="A campaign brought poorer applicants.", actor=story.engineer)
    return breach


def test_a_breach_is_taken_up_explained_decided_and_closed_and_each_step_is_kept(story):
    breach = investigated(story)
    assert breach.state == BreachState.ROOT_CAUSE
    step = decide_breach(breach, decision="retrain", text="They stay.", actor=story.validator)
    assert (breach.state, step.person) == (BreachState.DECIDED, story.validator)
    assert close_breach(breach, reason="Retrained.", actor=story.validator).state == BreachState.CLOSED
    actions = list(Entry.objects.about(breach).order_by("position").values_list("action", flat=True))
    assert actions[1:] == [Action.BREACH_TRIAGED, Action.BREACH_EXPLAINED, Action.BREACH_DECIDED, Action.BREACH_CLOSED]


def test_no_step_is_skipped_and_one_taken_again_stands_beside_the_first(story):
    with pytest.raises(RuleBroken, match="Take it up"):
        take_step(story.breach, kind="root_cause", text="Weather.", actor=story.owner)
    with pytest.raises(RuleBroken, match="root cause before"):
        decide_breach(story.breach, decision="retrain", actor=story.validator)
    breach = investigated(story)
    take_step(breach, kind="root_cause", text="And a new form.", actor=story.owner)
    assert breach.steps.filter(kind="root_cause").count() == 2


def test_an_owner_neither_decides_on_a_breach_of_their_model_nor_closes_it(story):
    breach = investigated(story)
    for act in (
        lambda: decide_breach(breach, actor=story.owner),
        lambda: decide_breach(breach, closes=True, actor=story.owner),
        lambda: close_breach(breach, reason="Fine.", actor=story.owner),
    ):
        with pytest.raises(NotPermitted):
            act()


def handed_over(story):
    """The validator, who owned the model until a moment ago."""
    edit_model(story.model, changes={"owner": story.validator}, actor=None)
    edit_model(story.model, changes={"owner": story.owner}, actor=None)
    return story.validator


def asked_to_close(person, model) -> bool:
    return any(task.what.startswith("Close the red breach") for task in breach_tasks(person, [model]))


def test_whoever_owned_the_model_in_the_last_twelve_months_neither_decides_on_its_breach_nor_closes_it(story):
    breach = investigated(story)
    decide_breach(breach, decision="retrain", actor=story.validator)
    assert asked_to_close(story.validator, story.model)
    former = handed_over(story)
    for act in (
        lambda: decide_breach(breach, actor=former),
        lambda: close_breach(breach, reason="Fine.", actor=former),
    ):
        with pytest.raises(NotPermitted, match="owned it until .*, less than twelve months ago") as refused:
            act()
        assert entry_behind(refused.value.reasons[0])
    client = Client()
    client.force_login(former)
    assert "you owned it until" in client.get(reverse("breach", args=[breach.pk])).text
    assert not asked_to_close(former, story.model)
    assert close_breach(breach, reason="Retrained.", actor=story.risk_officer).closed_at


def test_the_database_lets_no_former_owner_decide_on_a_breach_or_close_it(story):
    breach = investigated(story)
    statement = prepare_decision(breach, decision="retrain", text="They stay.", actor=story.validator)
    former = handed_over(story)
    with governed(), pytest.raises(IntegrityError, match="nor for twelve months after"), transaction.atomic():
        signature = sign(
            prove(statement.pk, Password(PASSWORD), signer=former), subject=breach, evidence_digest=facts_digest(breach)
        )
        said = {"decision": "retrain", "text": "They stay.", "person": former, "signature": signature}
        BreachStep.objects.create(breach=breach, kind="decision", **said)
    decide_breach(breach, decision="retrain", actor=story.risk_officer)
    for actor in (former, None):
        with pytest.raises(IntegrityError, match="closed by somebody who did not own"), transaction.atomic():
            with governed():
                close_locked(breach, reason="Fine.", actor=actor)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_6_whoever_made_the_version_neither_decides_on_its_breach_nor_closes_it(story):
    breach = investigated(story)
    statement = prepare_decision(breach, decision="retrain", text="They stay.", actor=story.validator)
    maker = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    for act in (
        lambda: decide_breach(breach, closes=True, actor=maker),
        lambda: close_breach(breach, reason="Fine.", actor=maker),
    ):
        with pytest.raises(NotPermitted, match="you registered version") as refused:
            act()
        assert entry_behind(refused.value.reasons[0])
    assert not any("Decide on" in task.what for task in breach_tasks(maker, [story.model]))
    assert any("Decide on" in task.what for task in breach_tasks(story.risk_officer, [story.model]))
    with governed(), pytest.raises(IntegrityError, match="whoever made a version"), transaction.atomic():
        proven = prove(statement.pk, Password(PASSWORD), signer=story.validator)
        signature = sign(proven, subject=breach, evidence_digest=facts_digest(breach))
        said = {"decision": "retrain", "text": "They stay.", "person": maker, "signature": signature}
        BreachStep.objects.create(breach=breach, kind="decision", **said)
    decide_breach(breach, decision="retrain", actor=story.risk_officer)
    with pytest.raises(IntegrityError, match="did not make its version"), transaction.atomic():
        with governed():
            close_locked(breach, reason="Fine.", actor=maker)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_who_neither_answers_for_a_model_nor_judges_it_takes_no_step(story, role):
    with pytest.raises(NotPermitted):
        take_step(story.breach, kind="triage", text="I look.", actor=getattr(story, role))


def test_nothing_done_is_signed_and_closes_a_breach_at_once(story):
    with pytest.raises(RuleBroken, match="once what was decided is done"):
        decide_breach(story.breach, decision="retrain", closes=True, actor=story.validator)
    breach = dismiss(story.breach, reason="One odd day.", actor=story.validator)
    assert (breach.steps.get().decision, breach.steps.get().text) == ("no_action", "One odd day.")
    assert breach.steps.get().signature.person == story.validator
    with pytest.raises(RuleBroken, match="closed"):
        take_step(breach, kind="triage", text="Late.", actor=story.owner)


def test_a_promotion_closes_a_breach_that_is_being_looked_into(story):
    breach = investigated(story)
    promote(make_version(story.model))
    close_breaches_of(story.version, reason="Superseded.", actor=None)
    breach.refresh_from_db()
    assert (breach.state, breach.steps.count()) == (BreachState.CLOSED, 2)


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "guess", "text": "x"},
        {"kind": "triage", "text": "  "},
        {"kind": "decision", "text": "x"},
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
    dismiss(breach, reason="Over.", actor=story.validator)
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
    assert post_json(api(story.validator), address, {"kind": "decision", "text": "No."}).status_code == 422
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
    assert form not in shown and "The second line decides" in shown
    client.force_login(story.validator)
    assert "What is done" in client.get(page).content.decode()
    signing = client.post(form, {"text": "They stay.", "decision": "retrain"}).url
    statement = client.get(signing).content.decode()
    assert "decide that the answer is: retrain" in statement and "Decision: retrain" not in client.get(page).text
    assert client.post(signing, {"password": "wrong"}).status_code == 403
    assert client.post(signing, {"password": PASSWORD}).status_code == 302
    shown = client.get(page).content.decode()
    assert "Decision: retrain" in shown and "signed by password" in shown


# The signature.


def test_the_decision_is_signed_over_what_was_shown_and_its_entry_names_the_signature(story):
    breach = investigated(story)
    step = decide_breach(breach, decision="recalibrate", text="Its level moved.", actor=story.validator)
    entry = Entry.objects.about(breach).get(action=Action.BREACH_DECIDED)
    assert entry.details["signature"] == step.signature.in_trail()
    assert step.signature.subject == f"assessments.Breach:{breach.pk}"
    assert (step.signature.statement["outcome"], step.signature.statement["signer"]["role"]) == (
        "recalibrate",
        "validator",
    )


def test_what_was_seen_again_since_it_was_shown_is_not_signed(story):
    breach = investigated(story)
    statement = prepare_decision(breach, decision="retrain", text="They stay.", actor=story.validator)
    execute(rerun(story.run("drift"), actor=story.validator).pk)
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_decision(breach, statement.pk, proof=Password(PASSWORD), actor=story.validator)
    assert not breach.steps.filter(kind="decision").exists()


def test_a_wrong_password_or_the_system_decides_nothing(story):
    breach = investigated(story)
    statement = prepare_decision(breach, decision="retrain", text="They stay.", actor=story.validator)
    with pytest.raises(NotPermitted):
        sign_decision(breach, statement.pk, proof=Password("wrong"), actor=story.validator)
    with pytest.raises(NotPermitted, match="A person of the second line decides"):
        prepare_decision(breach, decision="retrain", text="They stay.", actor=None)
    assert breach.state == BreachState.ROOT_CAUSE


def test_where_the_policy_wants_a_passkey_a_password_decides_no_breach(story, standard_document):
    standard_document["signatures"]["passkey"]["breach_decision"] = ["1", "2", "3"]
    publish(standard_document)
    with pytest.raises(NotPermitted, match="The policy asks for a passkey"):
        decide_breach(investigated(story), decision="retrain", actor=story.validator)


def test_the_database_takes_no_unsigned_decision_and_closes_nothing_undecided(story):
    breach = investigated(story)
    signed = decide_breach(breach, decision="retrain", text="They stay.", actor=story.validator)
    for fields in (
        {"person": story.validator},
        {"person": story.risk_officer, "signature": signed.signature},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            BreachStep.objects.create(breach=breach, kind="decision", decision="no_action", text="They stay.", **fields)
    other = Breach.objects.open().exclude(pk=breach.pk).first()
    with pytest.raises(IntegrityError, match="closed after it was decided"), transaction.atomic():
        Breach.objects.filter(pk=other.pk).update(closed_at=timezone.now(), closing_reason="Fine.")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_program_signs_for_its_holder_over_the_digest_that_it_was_shown(story, api):
    address = f"/api/v1/breaches/{story.breach.pk}/decision/"
    said = {"decision": "no_action", "text": "One odd day.", "closes": True, "password": PASSWORD}
    client = api(story.validator)
    is_problem(post_json(client, address, said | {"evidence_digest": "0" * 64}), 409)
    listed = client.get(f"/api/v1/models/{story.model.slug}/breaches/").json()["results"]
    (digest,) = [one["evidence_digest"] for one in listed if one["id"] == str(story.breach.pk)]
    assert digest == facts_digest(story.breach)
    is_problem(post_json(api(story.owner), address, said | {"evidence_digest": digest}), 403)
    told = post_json(client, address, said | {"evidence_digest": digest})
    assert (told.status_code, told.json()["state"], told.json()["steps"][0]["decision"]) == (201, "closed", "no_action")
    assert told.json()["steps"][0]["signature"]
