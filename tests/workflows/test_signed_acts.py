"""What one person does by their signature: over the words and facts they were shown, once, and never without it."""

import pytest

from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.models import Arrangement
from audits.workflows.services import ROLL_BACK, SUSPENSION
from inventory.services import restrict_model, suspend_model
from mrm.accounts.models import Signature
from mrm.accounts.services import Password, act_at_once, prepare_act, prove, sign, sign_act
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD
from tests.workflows.test_nothing_without_its_decision import refused

WHY = "Scores are constant."


def test_the_entry_of_an_act_cites_the_signature_over_the_words_that_were_shown(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.owner)
    sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.owner)
    signature = Signature.objects.get(pk=statement.pk)
    assert (signature.statement, signature.person) == (statement.body, story.owner)
    assert (signature.statement["comment"], signature.statement["outcome"]) == (WHY, "suspended")
    entry = Entry.objects.about(story.model).get(action=Action.MODEL_SUSPENDED)
    assert entry.details["signature"] == signature.in_trail()


def test_a_wrong_password_stops_nothing(story):
    with pytest.raises(NotPermitted, match="not right"):
        act_at_once(SUSPENSION, story.model, comment=WHY, password="a guess", actor=story.owner)
    assert not Arrangement.objects.filter(kind="suspension").exists()


def test_what_was_shown_and_has_changed_since_is_not_signed(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.owner)
    restrict_model(story.model, because="Its approval lapsed.", actor=None)
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.owner)


def test_a_statement_signs_the_act_it_was_shown_for_and_no_other(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.owner)
    statement.body["outcome"] = ROLL_BACK.name
    statement.save(update_fields=["body"])
    with pytest.raises(RuleBroken, match="about something else"):
        sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.owner)


def test_whoever_may_no_longer_do_it_when_they_sign_does_not(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.risk_officer)
    story.risk_officer.grants.update(state="revoked", ends_at=statement.expires_at)
    with pytest.raises(NotPermitted):
        sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.person("risk_officer"))


def test_no_program_signs(story):
    with pytest.raises(NotPermitted, match="A person signs this"):
        act_at_once(SUSPENSION, story.model, comment=WHY, password=PASSWORD, actor=None)


@governed()
def written_past_the_service(model, person, **told):
    suspend_model(model, because=WHY, actor=person, **told)
    fields = {"reference": "SU-2026-9999", "kind": "suspension", "title": WHY, "begun_by": person}
    return Arrangement.objects.create(model=model, **fields)


def test_the_database_keeps_no_suspension_that_nobody_signed(story):
    with refused("ordered by the signature of one person"):
        written_past_the_service(story.model, story.owner)


def test_the_database_keeps_no_suspension_signed_by_somebody_else(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.owner)
    proven = prove(statement.pk, Password(PASSWORD), signer=story.owner)
    signature = sign(proven, subject=story.model, evidence_digest=statement.body["evidence_digest"])
    with refused("ordered by the signature of one person"):
        written_past_the_service(story.model, story.risk_officer, signature=signature.in_trail())
