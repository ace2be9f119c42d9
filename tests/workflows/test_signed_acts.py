"""What one person does by their signature: over the words and facts they were shown, once, and never without it."""

import pytest
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows import services as workflows
from audits.workflows.models import Arrangement
from audits.workflows.services import FINDING_CLOSURE, ROLL_BACK, SUSPENSION, request_change
from audits.workflows.services.arrangements import end, locked
from inventory import services as inventory
from inventory.services import edit_model, restrict_model, suspend_model
from mrm.accounts import services as accounts
from mrm.accounts.models import RoleGrant, Signature
from mrm.accounts.policies import Role
from mrm.accounts.services import (
    ROLE_APPROVAL,
    Act,
    Password,
    act_at_once,
    grant_role,
    prepare_act,
    prepare_statement,
    prove,
    sign,
    sign_act,
)
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, make_person
from tests.signing import revoke_role
from tests.workflows.kinds import decided, exception_terms
from tests.workflows.remedies import raised, submitted
from tests.workflows.test_nothing_without_its_decision import refused

WHY = "Scores are constant."


@pytest.fixture
def exception(story) -> Arrangement:
    officers = (story.validator, story.risk_officer)
    return decided(
        "exception", story.model, *officers, terms=exception_terms(), actor=story.engineer
    ).arrangements.get()


@governed()
def told_without_signature(action, subject, person):
    record(action, actor=person, subject=subject)


def test_the_entry_of_an_act_cites_the_signature_over_the_words_that_were_shown(story):
    statement = prepare_act(SUSPENSION, story.model, comment=WHY, actor=story.owner)
    sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.owner)
    signature = Signature.objects.get(pk=statement.pk)
    assert (signature.statement, signature.person) == (statement.body, story.owner)
    assert (signature.statement["comment"], signature.statement["outcome"]) == (WHY, "suspended")
    entry = Entry.objects.about(story.model).get(action=Action.MODEL_SUSPENDED)
    assert entry.details["signature"] == signature.in_trail()


def test_what_exactly_is_decided_stands_in_the_statement_as_in_the_entry(story):
    finding = submitted(story, raised(story, severity="high"))
    assert prepare_act(FINDING_CLOSURE, submitted(story, raised(story, severity="low")), comment=WHY,
                       actor=story.validator).body["terms"] == {"closure": "complete"}  # fmt: skip
    assert FINDING_CLOSURE.terms(finding) == {"closure": "awaits sign-off"}
    person = make_person(name="Bob")
    grant = grant_role(person, Role.ENGINEER, workspace=story.workspace, actor=story.administrator)
    act_at_once(ROLE_APPROVAL, grant, password=PASSWORD, actor=story.risk_officer)
    details = Entry.objects.about(person).get(action=Action.ROLE_GRANTED).details
    terms = Signature.objects.get(pk=details["signature"]["id"]).statement["terms"]
    assert terms.keys() == {"role", "workspace", "until"}
    assert terms.items() <= details.items()


def test_terms_that_were_shown_and_are_others_by_now_are_not_signed(story):
    finding = submitted(story, raised(story, severity="low"))
    statement = prepare_act(FINDING_CLOSURE, finding, comment=WHY, actor=story.validator)
    statement.body["terms"] = {"closure": "awaits sign-off"}
    statement.save(update_fields=["body"])
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(FINDING_CLOSURE, finding, statement.pk, proof=Password(PASSWORD), actor=story.validator)


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
    revoke_role(story.risk_officer.grants.get())
    with pytest.raises(NotPermitted):
        sign_act(SUSPENSION, story.model, statement.pk, proof=Password(PASSWORD), actor=story.person("risk_officer"))


def test_no_two_acts_share_the_outcome_that_a_statement_says():
    public = [vars(services) for services in (workflows, inventory, accounts)]
    acts = {id(one): one.name for names in public for one in names.values() if isinstance(one, Act)}
    assert len(set(acts.values())) == len(acts) >= 10


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


def test_a_finding_of_any_severity_is_closed_by_signature(story):
    finding = submitted(story, raised(story, severity="low"))
    statement = prepare_act(FINDING_CLOSURE, finding, comment=WHY, actor=story.validator)
    closed = sign_act(FINDING_CLOSURE, finding, statement.pk, proof=Password(PASSWORD), actor=story.validator)
    assert (str(closed.signature_id), closed.signature.statement["comment"]) == (statement.pk, WHY)


def test_the_database_keeps_no_closure_of_a_finding_that_nobody_signed(story):
    finding = submitted(story, raised(story, severity="low"))
    with refused("is closed by signature, and there is none"):
        finding.state, finding.closed_by, finding.closed_at = "closed", story.validator, timezone.now()
        finding.save()
        told_without_signature(Action.FINDING_CLOSED, finding, story.validator)


@governed()
def ended_past_the_service(arrangement, person, **told):
    end(locked(arrangement), because=WHY, actor=person, **told)


def test_the_database_keeps_no_end_of_an_arrangement_that_nobody_signed(story, exception):
    with refused("closed by another of the second line"):
        ended_past_the_service(exception, story.validator)


def test_the_database_lets_no_former_owner_end_what_held_about_the_model(story, exception):
    edit_model(story.model, changes={"owner": story.person("engineer")}, actor=story.owner)
    grant_role(story.owner, Role.VALIDATOR, workspace=story.workspace, actor=None)
    statement = prepare_statement(exception, signer=story.owner, evidence_digest="0" * 64, outcome="closed",
                                  meaning="It ends.", policy_version=1)  # fmt: skip
    signature = sign(prove(statement.pk, Password(PASSWORD), signer=story.owner), subject=exception,
                     evidence_digest="0" * 64)  # fmt: skip
    with refused("closed by another of the second line"):
        ended_past_the_service(exception, story.owner, signature=signature.in_trail())


def test_the_database_keeps_no_vote_concluded_without_the_chairs_signature(story):
    change = request_change("exception", story.model, reason="Why.", terms=exception_terms(), actor=story.owner)
    with refused("concluded by its chair, who signs it"):
        change.minutes = {"outcome": "approved", "concluded_at": timezone.now().isoformat()}
        change.save(update_fields=["minutes"])
        told_without_signature(Action.VOTE_CONCLUDED, change, story.risk_officer)


def test_the_database_gives_no_role_that_was_approved_without_a_signature(story):
    grant = grant_role(story.engineer, Role.OWNER, workspace=story.workspace, actor=story.administrator)
    with refused("once a second person who may has approved it"):
        RoleGrant.objects.filter(pk=grant.pk).update(
            state="granted", decided_by=story.risk_officer, decided_at=timezone.now()
        )
        granted_without_signature(story.engineer, story.risk_officer)


@governed()
def granted_without_signature(holder, person):
    record(Action.ROLE_GRANTED, actor=person, subject=holder, role="owner")
