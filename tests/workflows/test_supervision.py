"""A new version of a model that a supervisor watches waits for its answer, or for the days after it was told."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.api import examples
from audits.workflows.gates import Gate, gate_for, gate_for_approval
from audits.workflows.models import SupervisoryRecord
from audits.workflows.services import request_change, supervisory_word
from inventory.models import Document, Model, ModelVersion, Policy
from inventory.policies import faults_in, obligation
from inventory.services import attach_artifact, attach_document, edit_model
from mrm.accounts.models import Signature
from mrm.accounts.policies import Role
from mrm.accounts.services import Password, prepare_act, sign_act
from mrm.errors import NotPermitted, RuleBroken, UnusableData, entry_behind
from mrm.pages.wording import day
from tests.factories import (
    PASSWORD,
    make_model,
    make_reference,
    make_version,
    publish,
    settle,
    sql,
    undecided,
    without_triggers,
)
from tests.rest import is_problem, post_json
from tests.signing import keep_word, roll_back, signed_on_page
from tests.workflows.duties import now_holding
from tests.workflows.kinds import decided, in_days
from tests.workflows.test_nothing_without_its_decision import refused

TODAY = timezone.now().date
WHY = "Better."


@pytest.fixture
def candidate(candidate) -> ModelVersion:
    """Registered long enough ago for its supervisor to have been told since."""
    without_triggers(
        "inventory_modelversion",
        f"UPDATE inventory_modelversion SET registered_at = now() - interval '200 days' WHERE id = '{candidate.pk}'",
    )
    sql("SET CONSTRAINTS ALL DEFERRED")
    return ModelVersion.objects.get(pk=candidate.pk)


def watched(story, *categories: str) -> Document:
    """The model in these regulatory categories, and a letter to show."""
    edit_model(story.model, changes={"regulatory_categories": list(categories)}, actor=None)
    return letter_for(story.model)


def letter_for(model: Model) -> Document:
    values = {"title": "Letter", "kind": "other"}
    return attach_document(model, b"Dear", filename="letter.txt", media_type="text/plain", values=values, actor=None)


def gate_of(version) -> Gate:
    return gate_for(ModelVersion.objects.get(pk=version.pk))


def waits(version) -> list[str]:
    return [one.text for one in gate_of(version).blockers if one.clause == "supervisor"]


def objections(version) -> list[str]:
    return [one.text for one in gate_of(version).blockers if one.clause == "objection"]


def say(story, version, said: str, document: Document, *, days_ago: int = 0) -> SupervisoryRecord:
    on = TODAY() - timedelta(days=days_ago)
    return keep_word(version, said=said, on=on, document=document, actor=story.risk_officer)


def test_a_version_waits_for_the_approval_of_the_supervisor_and_an_objection_closes_the_gate(story, candidate):
    letter = watched(story, "regulatory_capital", "market_risk")
    assert "waits for the approval" in waits(candidate)[0]
    with pytest.raises(RuleBroken, match="waits for the approval of the supervisor"):
        request_change("promotion", candidate, reason=WHY, actor=story.owner)
    say(story, candidate, "notified", letter, days_ago=100)
    assert "waits for the approval" in waits(candidate)[0], "being told is no answer"
    say(story, candidate, "approved", letter, days_ago=2)
    assert waits(candidate) == []
    say(story, candidate, "objected", letter, days_ago=1)
    assert waits(candidate) == [] and "objected" in objections(candidate)[0]
    say(story, candidate, "approved", letter)
    assert objections(candidate) == []


def test_what_the_supervisor_objected_to_is_neither_approved_again_nor_gone_back_to(story, candidate, officers):
    letter = letter_for(story.model)
    say(story, story.version, "objected", letter)
    with pytest.raises(RuleBroken, match="The supervisor objected"):
        request_change("approval", story.version, reason=WHY, terms={"ends_on": in_days(30)}, actor=story.owner)
    decided("promotion", candidate, *officers, actor=story.owner)
    connection.check_constraints()
    with pytest.raises(RuleBroken, match="The supervisor objected"):
        roll_back(story.model, reason="It fails.", actor=story.risk_officer)
    say(story, story.version, "approved", letter)
    assert roll_back(story.model, reason="It fails.", actor=story.risk_officer).version == story.version


def test_no_emergency_releases_what_the_supervisor_objected_to(story, candidate):
    letter = watched(story, "regulatory_capital")
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    say(story, candidate, "objected", letter)
    with pytest.raises(RuleBroken, match="The supervisor objected"):
        request_change("break_glass", candidate, reason=WHY, terms=terms, actor=story.owner)


def test_nothing_was_said_of_a_version_before_it_was_registered(story):
    letter = watched(story, "market_risk")
    version = make_version(story.model, actor=story.engineer)
    with pytest.raises(UnusableData, match="was registered on"):
        say(story, version, "notified", letter, days_ago=14)
    assert say(story, version, "notified", letter).on == TODAY()


def test_a_version_waits_for_the_days_after_the_supervisor_was_told(story, candidate):
    letter = watched(story, "market_risk")
    assert "must be told 14 days before" in waits(candidate)[0]
    say(story, candidate, "notified", letter, days_ago=13)
    assert "it waits until" in waits(candidate)[0]
    say(story, candidate, "notified", letter, days_ago=14)
    assert waits(candidate) == []


def test_what_is_only_reported_afterwards_warns_and_closes_nothing(story, candidate):
    watched(story, "stress_testing")
    assert waits(candidate) == []
    assert any("within 90 days after" in warning for warning in gate_of(candidate).warnings)


def test_a_model_that_no_supervisor_watches_waits_for_none(candidate):
    assert waits(candidate) == []


def test_who_answers_for_a_version_does_not_say_what_the_supervisor_said(story, candidate):
    letter = watched(story, "regulatory_capital")
    told = {"said": "approved", "on": TODAY(), "document": letter}
    for person in (story.owner, story.engineer, story.auditor, story.administrator):
        with pytest.raises(NotPermitted):
            keep_word(candidate, **told, actor=person)
    edit_model(story.model, changes={"owner": story.risk_officer}, actor=None)
    with pytest.raises(NotPermitted, match="you own it"):
        keep_word(candidate, **told, actor=story.risk_officer)


def kept_past_the_services(version, person, document) -> None:
    SupervisoryRecord.objects.create(
        version=version, said="approved", on=TODAY(), document=document, recorded_by=person
    )


def test_1_whoever_sent_the_artifact_does_not_say_what_the_supervisor_said_in_another_office(story, open_gate):
    version = make_version(story.model)
    artifact = story.folder / "sent"
    artifact.write_bytes(bytes(story.booster.save_raw("json")))
    attach_artifact(version, artifact, actor=story.engineer)
    letter = watched(story, "regulatory_capital")
    mover = now_holding(story.engineer, Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="you sent the artifact of version") as refused:
        keep_word(version, said="approved", on=TODAY(), document=letter, actor=mover)
    assert entry_behind(refused.value.reasons[0])
    with pytest.raises(IntegrityError, match="who answers for a version"), transaction.atomic():
        kept_past_the_services(version, mover, letter)


def test_3_whoever_says_what_the_supervisor_said_does_not_ask_for_the_release(story, candidate):
    letter = watched(story, "regulatory_capital")
    say(story, candidate, "approved", letter)
    with pytest.raises(NotPermitted, match="does not ask for its release"):
        request_change("promotion", candidate, reason=WHY, actor=story.risk_officer)
    asked = request_change("promotion", candidate, reason=WHY, actor=story.owner)
    with pytest.raises(IntegrityError, match="does not ask for its release"), transaction.atomic():
        asked.pk, asked.reference, asked.requester = uuid4(), "CR-2026-9999", story.risk_officer
        asked.save(force_insert=True)


def test_3_whoever_asks_for_the_release_does_not_say_what_the_supervisor_said(story, candidate):
    letter, asker = watched(story, "stress_testing"), story.second_officer()
    request_change("promotion", candidate, reason=WHY, actor=asker)
    with pytest.raises(NotPermitted, match="Whoever asks for the release"):
        keep_word(candidate, said="approved", on=TODAY(), document=letter, actor=asker)
    with pytest.raises(IntegrityError, match="whoever asks for the release"), transaction.atomic():
        kept_past_the_services(candidate, asker, letter)


def test_every_fault_of_a_record_is_named(story, candidate):
    other = letter_for(make_model(owner=story.owner))
    with pytest.raises(UnusableData) as refusal:
        keep_word(
            candidate,
            said="mumbled",
            on=TODAY() + timedelta(days=2),
            document=other,
            actor=story.risk_officer,
        )
    assert {error["field"] for error in refusal.value.errors} == {"said", "on", "document"}


def test_what_the_supervisor_said_is_never_changed(story, candidate):
    kept = say(story, candidate, "objected", watched(story, "regulatory_capital"))
    for change in (lambda rows: rows.update(said="approved"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change(SupervisoryRecord.objects.filter(pk=kept.pk))


def test_the_strictest_category_counts_and_the_policy_says_what_each_asks(story):
    document = Policy.objects.in_force().document
    assert obligation(document, ["stress_testing", "market_risk"]).needs == "notification"
    assert obligation(document, ["fair_lending"]) is None
    document["change_classes"]["supervisor"] = {"fair_lending": {"needs": "approval", "days": 30}}
    publish(document)
    assert obligation(Policy.objects.in_force().document, ["fair_lending", "market_risk"]).category == "fair_lending"
    document["change_classes"]["supervisor"] = {"astrology": {"needs": "luck", "days": 0}}
    assert any("supervisor" in fault for fault in faults_in(document))
    del document["change_classes"]["supervisor"]
    assert faults_in(document) == []
    assert obligation(document, ["regulatory_capital"]).needs == "approval", "as the standard policy"


def test_programs_keep_it_with_the_digest_of_the_letter(api, story, candidate):
    letter = watched(story, "regulatory_capital")
    address = f"/api/v1/models/{story.model.slug}/versions/{candidate.number}/supervision/"
    said = {"said": "approved", "on": TODAY().isoformat(), "document": letter.sha256}
    is_problem(post_json(api(story.risk_officer), address, said), 400)
    for place, wanted in ((address, {}), (f"{address}statement/", said)):
        (fault,) = is_problem(api(story.risk_officer).get(place, wanted | {"sad": "x"}), 400)["errors"]
        assert fault["field"] == "sad", "a parameter that is not known is refused"
    shown = api(story.risk_officer).get(f"{address}statement/", said).json()
    assert shown["may_sign"] and not api(story.owner).get(f"{address}statement/", said).json()["may_sign"]
    sent = said | {"evidence_digest": shown["evidence_digest"], "password": PASSWORD, "remark": "No conditions."}
    is_problem(post_json(api(story.owner), address, sent), 403)
    is_problem(post_json(api(story.risk_officer), address, sent | {"document": "0" * 64}), 422)
    is_problem(post_json(api(story.risk_officer), address, sent | {"said": "objected"}), 409)
    made = post_json(api(story.risk_officer), address, sent)
    settle()
    assert made.status_code == 201 and made.json()["remark"] == "No conditions."
    assert made.status_code == 201 and made.json().keys() == examples.SUPERVISION.keys()
    assert waits(candidate) == []


def test_the_page_of_a_version_leads_to_it(client, story, candidate):
    letter = watched(story, "regulatory_capital")
    client.force_login(story.risk_officer)
    page = reverse("version", args=[story.model.slug, candidate.number])
    address = reverse("supervision", args=[story.model.slug, candidate.number])
    assert address in client.get(page).text and "Letter" in client.get(address).text
    sent = {"said": "approved", "on": TODAY().isoformat(), "document": str(letter.pk), "remark": ""}
    assert client.post(address, sent | {"on": "soon"}).status_code == 400
    assert client.post(address, sent | {"on": in_days(3)}).status_code == 422
    assert signed_on_page(client, address, **sent).headers["Location"] == page
    assert waits(candidate) == []
    client.force_login(story.owner)
    assert client.post(address, sent).status_code == 403


def test_every_reader_sees_from_any_version_what_the_supervisor_said_and_why_they_do_not_keep_it(client, story):
    say(story, story.version, "objected", watched(story, "stress_testing"))
    address = reverse("supervision", args=[story.model.slug, story.version.number])
    for person in (story.auditor, story.owner):
        client.force_login(person)
        assert address in client.get(reverse("version", args=[story.model.slug, story.version.number])).text
        text = client.get(address).text
        assert "The supervisor objected" in text and "Letter" in text
        assert "A person of the second line keeps" in text and "Go on to sign" not in text


def test_11_what_the_supervisor_said_is_signed_word_for_word(story, candidate):
    letter = watched(story, "regulatory_capital")
    kept = keep_word(candidate, said="approved", on=TODAY(), document=letter, remark="Fine.", actor=story.risk_officer)
    told = Entry.objects.about(candidate).get(action=Action.SUPERVISION_RECORDED)
    signature = Signature.objects.get(pk=told.details["signature"]["id"])
    terms = {"said": "approved", "on": kept.on.isoformat(), "sha256": letter.sha256}
    assert signature.statement["terms"] == terms and signature.statement["comment"] == kept.remark == "Fine."
    settle()


def test_11_the_database_keeps_no_word_of_the_supervisor_that_nobody_signed(story, candidate):
    letter = watched(story, "regulatory_capital")
    with refused("is kept by signature"):
        kept_past_the_services(candidate, story.risk_officer, letter)
    say(story, candidate, "objected", letter)
    with refused("is kept by signature"):
        kept_past_the_services(candidate, story.risk_officer, letter)


def test_a_word_of_the_supervisor_is_not_signed_by_the_statement_of_another(story, candidate):
    letter, signer = watched(story, "regulatory_capital"), story.risk_officer
    shown = prepare_act(supervisory_word("objected", on=TODAY(), document=letter), candidate, actor=signer)
    other = supervisory_word("approved", on=TODAY(), document=letter)
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(other, candidate, shown.pk, proof=Password(PASSWORD), actor=signer)


def test_where_no_document_could_show_it_the_page_leads_to_attaching_one(client, story, candidate):
    client.force_login(story.risk_officer)
    address = reverse("supervision", args=[story.model.slug, candidate.number])
    attaching = reverse("add-particular", args=[story.model.slug, "documents"])
    text = client.get(address).text
    assert "Go on to sign" not in text and attaching in text
    watched(story, "stress_testing")
    text = client.get(address).text
    assert "Go on to sign" in text and "no document" not in text and "Nothing yet" in text


def test_what_an_emergency_let_in_before_its_supervisor_answered_is_not_approved_in_full_without_the_answer(
    story, candidate
):
    letter = watched(story, "regulatory_capital", "market_risk")
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    decided("break_glass", candidate, story.validator, story.risk_officer, terms=terms, actor=story.owner)
    version = ModelVersion.objects.get(pk=candidate.pk)
    assert version.stage == "production"
    assert any("waits for the approval of the supervisor" in one for one in gate_for_approval(version).reasons)
    with pytest.raises(RuleBroken, match="waits for the approval of the supervisor"):
        request_change("approval", version, reason=WHY, terms={"ends_on": in_days(60)}, actor=story.owner)
    say(story, version, "approved", letter)
    assert not any("supervisor" in one for one in gate_for_approval(version).reasons)


def confirmed_as(story, *categories: str) -> None:
    """The tier of the model as confirmed with these categories in the register."""
    if story.model.regulatory_categories != list(categories):
        edit_model(story.model, changes={"regulatory_categories": list(categories)}, actor=None)
    with undecided("inventory_tierassessment", "USER"):
        assessment = story.model.tier_assessments.confirmed().get()
        assessment.facts["regulatory_categories"] = list(categories)
        assessment.save(update_fields=["facts"])


def test_an_owner_who_takes_the_category_out_of_the_register_sheds_no_wait(story, candidate):
    confirmed_as(story, "regulatory_capital")
    edit_model(story.model, changes={"regulatory_categories": []}, actor=story.owner)
    assert "waits for the approval" in waits(candidate)[0]
    edit_model(story.model, changes={"regulatory_categories": ["stress_testing"]}, actor=story.owner)
    assert "waits for the approval" in waits(candidate)[0], "nor by a milder one"
    confirmed_as(story)
    assert waits(candidate) == [], "once a risk officer has confirmed the tier without it"


@pytest.mark.parametrize("said", ["", "notified", "objected"])
def test_the_database_approves_no_promotion_that_waits_for_the_supervisor(story, candidate, said):
    change = request_change("promotion", candidate, reason=WHY, actor=story.owner)
    letter = letter_for(story.model)
    if said:
        say(story, candidate, said, letter)
    confirmed_as(story, "regulatory_capital")
    approve = "UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s"
    with pytest.raises(IntegrityError, match="supervisor"), transaction.atomic():
        sql(approve, change.pk)
    say(story, candidate, "approved", letter)
    with pytest.raises(IntegrityError, match="the approval as .* is missing"), transaction.atomic():
        sql(approve, change.pk)


def test_the_database_counts_the_days_since_the_supervisor_was_told(story, candidate):
    change = request_change("promotion", candidate, reason=WHY, actor=story.owner)
    letter = watched(story, "market_risk")
    say(story, candidate, "notified", letter, days_ago=13)
    with pytest.raises(IntegrityError, match="waits for the supervisor"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def again(story, model=None) -> ModelVersion:
    """One artifact, registered once more."""
    version = make_version(model or story.model, artifact_sha256="5" * 64, actor=story.engineer)
    make_reference(version, story.folder)
    return version


def test_an_objection_is_not_shed_by_registering_the_same_artifact_again(story, open_gate):
    letter, first = letter_for(story.model), again(story)
    say(story, first, "objected", letter)
    second = again(story)
    assert objections(second) == [
        f"The supervisor objected to {first} on {day(TODAY())}, and this is the same artifact."
    ]
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    for kind, asked in (("promotion", {}), ("break_glass", terms)):
        with pytest.raises(RuleBroken, match="The supervisor objected"):
            request_change(kind, second, reason=WHY, terms=asked, actor=story.owner)
    say(story, second, "approved", letter)
    assert objections(second) == [], "it says otherwise of this one"
    assert objections(first) != []


def test_the_database_approves_nothing_that_was_objected_to_under_another_number(story, open_gate, officers):
    first, second = again(story), again(story)
    change = request_change("promotion", second, reason=WHY, actor=story.owner)
    say(story, first, "objected", letter_for(story.model))
    with pytest.raises(IntegrityError, match="the supervisor objected"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def test_an_objection_to_the_same_artifact_of_another_model_is_told(story, open_gate):
    elsewhere = make_model(workspace=story.workspace, owner=story.owner, actor=story.engineer)
    first = again(story, elsewhere)
    say(story, first, "objected", letter_for(elsewhere))
    second = again(story)
    assert objections(second) == []
    assert f"The supervisor objected to {first}" in " ".join(gate_of(second).warnings)
