"""Deciding: who may not, over which evidence, and what the last approval does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.assessments.models import Breach
from audits.trail.models import Action, Entry
from audits.workflows.contents.queue import work_for
from audits.workflows.models import ChangeRequest, Decision, Retraining
from audits.workflows.services import (
    decide,
    decision_view,
    prepare_decision,
    request_change,
    sign_decision,
    why_not_decide,
    withdraw,
)
from audits.workflows.services.evidence import digest_of
from audits.workflows.states import ChangeState, RetrainingState
from audits.workflows.tasks import void_outdated_decisions
from inventory.models import Policy
from inventory.services import edit_model
from inventory.states import Stage, Status
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import Passkey, Password
from mrm.errors import NotPermitted, RuleBroken
from tests.accounts.authenticators import ORIGIN, SecurityKey, working_at
from tests.factories import (
    PASSWORD,
    RETIREMENT,
    dismiss,
    make_otherwise,
    make_person,
    make_reference,
    make_version,
    make_workspace,
    promote,
    publish,
)
from tests.fixtures.story import approve
from tests.workflows.retiring import retired

Kind, Meaning = ChangeRequest.Kind, Decision.Meaning
WHY = "The applicants have changed."


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def promotion(story) -> ChangeRequest:
    """Of another version, under a policy that asks for no assessment first."""
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish(document)
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    return request_change(Kind.PROMOTION, version, reason="A better one.", actor=story.engineer)


def signed(change, person, **fields):
    """A decision over the evidence that was frozen when the request was made."""
    answer = {"approved": True, "meaning": Meaning.REVIEWED, "comment": "", "password": PASSWORD}
    return decide(change, **answer | {"evidence_digest": change.evidence_digest} | fields, actor=person)


@pytest.mark.parametrize("name", ["engineer", "owner", "auditor", "administrator"])
def test_roles_that_never_decide(retraining, story, name):
    with pytest.raises(NotPermitted):
        signed(retraining, story.person(name))
    assert why_not_decide(retraining, person=story.person(name))


def test_a_service_account_never_decides_whatever_its_role(retraining, story):
    robot = make_person(Role.VALIDATOR, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        signed(retraining, robot)
    assert "A service account never decides." in why_not_decide(retraining, person=robot)


def test_a_role_in_another_workspace_decides_nothing_here(retraining):
    everywhere = make_person(Role.VALIDATOR)
    assert why_not_decide(retraining, person=everywhere) == []
    with pytest.raises(NotPermitted):
        signed(retraining, make_person(Role.VALIDATOR, workspace=make_workspace()))


def test_an_owner_does_not_decide_about_their_own_model(retraining, story):
    model = story.model
    model.owner = story.validator
    model.save(update_fields=["owner"])
    change = ChangeRequest.objects.get(pk=retraining.pk)
    with pytest.raises(NotPermitted, match="owner does not decide"):
        signed(
            change,
            story.validator,
            evidence_digest=decision_view(change, person=story.validator).change.evidence_digest,
        )


def test_whoever_asked_does_not_decide(story):
    change = request_change(Kind.RETRAINING, story.version, reason=WHY, actor=story.validator)
    with pytest.raises(NotPermitted, match="asks for a change does not decide"):
        signed(change, story.validator)


def test_whoever_registered_the_version_does_not_decide_about_it(retraining, story):
    make_otherwise(story.version, registered_by=story.validator)
    with pytest.raises(NotPermitted, match="registered or changed a version"):
        signed(ChangeRequest.objects.get(pk=retraining.pk), story.validator)


def test_two_different_people_decide_and_one_alone_changes_nothing(retraining, story):
    signed(retraining, story.validator)
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.PENDING and not Retraining.objects.exists()
    with pytest.raises(NotPermitted, match="decides twice"):
        signed(retraining, story.validator)
    signed(retraining, story.risk_officer)
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.APPROVED
    assert retraining.retraining.state == RetrainingState.APPROVED


def test_two_of_the_same_role_do_not_stand_for_both(retraining, story):
    signed(retraining, story.validator)
    second = make_person(Role.VALIDATOR, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="awaits a decision by: risk officer"):
        signed(retraining, second)


def test_a_person_with_both_roles_decides_for_one_of_them_only(retraining, story):
    both = make_person(Role.VALIDATOR, Role.RISK_OFFICER, workspace=story.workspace)
    signed(retraining, both)
    with pytest.raises(NotPermitted, match="decides twice"):
        signed(retraining, both)


def test_the_database_itself_keeps_one_decision_per_person(retraining, story):
    decision = signed(retraining, story.validator)
    twin = Decision.objects.get(pk=decision.pk)
    twin.pk = None
    with pytest.raises(IntegrityError, match="one_decision_per_person"), transaction.atomic():
        twin.save(force_insert=True)


def test_a_wrong_password_signs_nothing(retraining, story):
    with pytest.raises(NotPermitted, match="password"):
        signed(retraining, story.validator, password="not it")
    assert not retraining.decisions.exists()


def test_a_decision_keeps_exactly_what_was_signed(retraining, story):
    decision = signed(retraining, story.validator, comment="Every plan shows it.")
    assert decision.statement_digest == digest_of(decision.statement)
    assert decision.statement["evidence_digest"] == retraining.evidence_digest
    assert decision.statement["signer"]["name"] == decision.printed_name == story.validator.display_name
    assert decision.statement["meaning"] == Meaning.REVIEWED.label
    assert (decision.role, decision.authentication) == ("validator", "password")
    entry = Entry.objects.about(retraining).get(action=Action.CHANGE_DECIDED)
    assert entry.details["signature"] == decision.signature.in_trail()


def test_where_the_policy_asks_for_a_passkey_a_password_decides_nothing(story):
    document = Policy.objects.in_force().document
    document["signatures"] = {"passkey": {"retraining": ["1", "2", "3"]}}
    publish(document)
    change = request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)
    key = SecurityKey(story.validator)
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        signed(change, story.validator)
    with working_at(ORIGIN):
        answer = {"approved": True, "meaning": Meaning.REVIEWED, "evidence_digest": change.evidence_digest}
        statement = prepare_decision(change, **answer, actor=story.validator)
        proof = Passkey(key.answer(bytes.fromhex(statement.digest)))
        decision = sign_decision(change, statement.pk, proof=proof, actor=story.validator)
    assert decision.authentication == "passkey" and decision.signature.public_key


def test_two_people_who_prepared_for_the_same_role_do_not_both_fill_it(retraining, story):
    second = make_person(Role.VALIDATOR, workspace=story.workspace)
    answer = {"approved": True, "meaning": Meaning.REVIEWED, "evidence_digest": retraining.evidence_digest}
    people = (story.validator, second)
    statements = [prepare_decision(retraining, **answer, actor=person) for person in people]
    first, late = (
        (lambda n=number: sign_decision(retraining, statements[n].pk, proof=Password(PASSWORD), actor=people[n]))
        for number in (0, 1)
    )
    first()
    with pytest.raises(NotPermitted, match="awaits a decision by: risk officer"):
        late()


def test_what_was_not_shown_cannot_be_signed(retraining, story):
    with pytest.raises(RuleBroken, match="evidence has changed"):
        signed(retraining, story.validator, evidence_digest="0" * 64)


def test_a_change_of_the_subject_voids_the_decisions_made_before_and_the_trail_says_so(retraining, story):
    decision = signed(retraining, story.validator)
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    view = decision_view(retraining, person=story.risk_officer)
    decision.refresh_from_db()
    assert decision.voided_at and "model" in decision.voided_because
    assert decision.signature.voided_because == decision.voided_because
    assert view.change.evidence_digest != retraining.evidence_digest
    entry = Entry.objects.about(retraining).get(action=Action.DECISIONS_VOIDED)
    assert entry.details["decisions"] == [str(decision.pk)]
    with pytest.raises(RuleBroken, match="evidence has changed"):
        signed(retraining, story.risk_officer)
    approve(retraining, story.risk_officer)
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.PENDING, "the voided approval does not count"
    approve(retraining, story.validator)
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.APPROVED


def test_a_sweep_voids_what_nobody_looked_at_and_the_queue_of_whoever_signed_says_so(retraining, story):
    decision = signed(retraining, story.validator)
    void_outdated_decisions()
    assert not Decision.objects.get(pk=decision.pk).voided_at
    edit_model(story.model, changes={"purpose": "Now also prices."}, actor=story.engineer)
    void_outdated_decisions()
    assert Decision.objects.get(pk=decision.pk).voided_at
    asked = [task for task in work_for(story.validator, now=timezone.now()) if retraining.reference in task.why]
    assert [task.what.startswith("Decide again") for task in asked] == [True]
    assert "Your signature no longer holds" in asked[0].why


def test_looking_again_at_what_has_not_changed_voids_nothing(retraining, story):
    signed(retraining, story.validator)
    for _ in range(2):
        assert decision_view(retraining, person=story.risk_officer).reasons_not_to == []
    assert not Entry.objects.filter(action=Action.DECISIONS_VOIDED).exists()


def test_a_new_policy_voids_what_was_signed_under_the_old_one(retraining, story):
    decision = signed(retraining, story.validator)
    document = Policy.objects.in_force().document
    document["title"] = "A stricter policy"
    publish(document)
    decision_view(retraining, person=story.risk_officer)
    decision.refresh_from_db()
    assert "policy" in decision.voided_because


def test_a_rejection_ends_the_request_with_its_reason(retraining, story):
    no = {"approved": False, "meaning": Meaning.REJECTED}
    with pytest.raises(RuleBroken, match="Say why you reject"):
        signed(retraining, story.validator, **no)
    signed(retraining, story.validator, **no, comment="It is the season.")
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.REJECTED and "It is the season." in retraining.outcome
    assert Entry.objects.about(retraining).filter(action=Action.CHANGE_REJECTED).exists()
    with pytest.raises(RuleBroken, match="already rejected"):
        signed(retraining, story.risk_officer)


@pytest.mark.parametrize(("approved", "meaning"), [(True, Meaning.REJECTED), (False, Meaning.REVIEWED)])
def test_the_meaning_of_a_signature_matches_its_decision(retraining, story, approved, meaning):
    with pytest.raises(RuleBroken, match="meaning"):
        signed(retraining, story.validator, approved=approved, meaning=meaning, comment="Hm.")


def test_a_request_that_was_withdrawn_or_has_expired_is_not_decided(retraining, story):
    retraining.expires_at = timezone.now() - timedelta(seconds=1)
    retraining.save(update_fields=["expires_at"])
    with pytest.raises(RuleBroken, match="expired"):
        signed(retraining, story.validator)
    withdraw(retraining, reason="Late.", actor=story.engineer)
    with pytest.raises(RuleBroken, match="already withdrawn"):
        signed(retraining, story.validator)


def test_an_approved_promotion_supersedes_what_was_in_production_and_closes_its_breaches(promotion, story):
    approve(promotion, story.validator)
    approve(promotion, story.risk_officer)
    promotion.refresh_from_db()
    assert promotion.state == ChangeState.COMPLETED
    assert story.model.production_version() == promotion.version
    assert story.version.stage == Stage.SUPERSEDED
    assert not Breach.objects.open().exists()
    assert "superseded" in promotion.outcome


def test_promotion_asks_the_gate_again_when_it_is_carried_out(promotion, story):
    approve(promotion, story.validator)
    shown = decision_view(promotion, person=story.risk_officer).change
    promote(promotion.version)  # Somebody was quicker.
    with pytest.raises(RuleBroken):
        signed(promotion, story.risk_officer, evidence_digest=shown.evidence_digest)
    with pytest.raises(RuleBroken, match="Only a candidate or a challenger"):
        fresh = [approve(promotion, person) for person in (story.validator, story.risk_officer)]
        pytest.fail(f"carried out: {fresh}")
    promotion.refresh_from_db()
    assert promotion.state == ChangeState.PENDING


def test_a_retraining_of_what_was_superseded_meanwhile_is_not_ordered(retraining, story):
    approve(retraining, story.validator)
    replacement = make_version(story.model)
    promote(replacement)
    approve(retraining, story.validator)
    with pytest.raises(RuleBroken, match="Only what runs"):
        approve(retraining, story.risk_officer)
    assert not Retraining.objects.exists()


def test_an_approved_retirement_ends_the_model_and_everything_open_about_it(retraining, story):
    change = request_change(
        Kind.RETIREMENT, story.version, reason="No longer sold.", terms=RETIREMENT, actor=story.owner
    )
    approve(change, story.risk_officer)
    approve(change, story.validator)
    retired(change, owner=story.owner, engineer=story.engineer, officer=story.risk_officer)
    retraining.refresh_from_db()
    assert story.model.status == Status.RETIRED and story.version.stage == Stage.RETIRED
    assert not Breach.objects.open().exists()
    assert retraining.state == ChangeState.WITHDRAWN and "was retired" in retraining.outcome


def test_a_closed_breach_does_not_change_what_is_decided(retraining, story):
    signed(retraining, story.validator)
    dismiss(story.breach, reason="Over.", actor=story.validator)
    assert decision_view(retraining, person=story.risk_officer).change.evidence_digest == retraining.evidence_digest
