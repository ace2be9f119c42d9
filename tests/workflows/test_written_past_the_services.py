"""What the database refuses to whoever writes decisions past the services, as the application's own role."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed, record
from audits.workflows.models import ChangeRequest, Delegation
from audits.workflows.services import request_change, revoke_delegation, withdraw
from audits.workflows.states import CHANGE_TRANSITIONS
from inventory.models import Model, Policy
from inventory.services import propose_policy
from mrm.accounts.models import Person, RoleGrant, Signature
from mrm.accounts.policies import FORBIDDEN_TOGETHER, Role
from mrm.accounts.services import grant_role
from tests.factories import RETIREMENT, end_roles, make_person, make_workspace, publish, settle, sql
from tests.fixtures.story import approve
from tests.signing import delegate
from tests.workflows.kinds import exception_terms

Kind = ChangeRequest.Kind
WHY = "The applicants have changed."


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def second_validator(story) -> Person:
    return make_person(Role.VALIDATOR, name="Victor Validator", workspace=story.workspace)


def written(change: ChangeRequest, person, *, role="validator", on_behalf_of=None, signer=None, digest=None) -> None:
    """A decision inserted as raw SQL, with a signature that looks real."""
    signature = Signature.objects.create(
        pk=uuid.uuid4(),
        person=signer or person,
        printed_name=str(person),
        subject=f"workflows.ChangeRequest:{change.pk}",
        meaning="",
        statement={},
        statement_digest="0" * 64,
        evidence_digest=digest or change.evidence_digest,
        method="password",
        authenticated_at=timezone.now(),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_decision (id, change_id, person_id, on_behalf_of_id, printed_name, role, approved, "
            "meaning, comment, conditions, statement, statement_digest, authentication, decided_at, voided_because, "
            "signature_id) VALUES (%s, %s, %s, %s, 'X', %s, true, 'reviewed', '', '[]', '{}', '', 'password', now(), "
            "'', %s)",
            [uuid.uuid4(), change.pk, person.pk, on_behalf_of and on_behalf_of.pk, role, signature.pk],
        )


def refused(why: str):
    return pytest.raises(IntegrityError, match=why)


def test_a_decision_in_order_is_taken(retraining, story):
    written(retraining, story.validator)
    assert retraining.decisions.get().person == story.validator


@pytest.mark.parametrize(
    ("who", "role", "why"),
    [
        ("risk_officer", "validator", "holds the role now"),
        ("administrator", "validator", "holds the role now"),
        ("auditor", "risk_officer", "holds the role now"),
        ("administrator", "administrator", "no decision in this role"),
        ("validator", "committee", "no decision in this role"),
    ],
)
def test_nobody_decides_in_a_role_they_do_not_hold_or_that_is_not_awaited(retraining, story, who, role, why):
    with refused(why), transaction.atomic():
        written(retraining, story.person(who), role=role)


def test_a_role_that_ended_or_is_for_another_model_or_workspace_decides_nothing(retraining, story):
    late = make_person(Role.VALIDATOR, workspace=story.workspace)
    end_roles(late)
    other = make_person()
    grant_role(other, Role.VALIDATOR, workspace=story.workspace, models=["another-model"], actor=None)
    elsewhere = make_person(Role.VALIDATOR, workspace=make_workspace("elsewhere"))
    for person in (late, other, elsewhere):
        with refused("holds the role now"), transaction.atomic():
            written(retraining, person)


def test_nobody_decides_for_another_without_a_delegation_in_force(retraining, story, second_validator):
    away = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    with refused("without their delegation"), transaction.atomic():
        written(retraining, second_validator, role="risk_officer", on_behalf_of=away)
    delegation = delegate(second_validator, reason="Leave.", ends_at=timezone.now() + timedelta(days=9), actor=away)
    written(retraining, second_validator, role="risk_officer", on_behalf_of=away)
    delegation.revoked_at = timezone.now()
    delegation.save(update_fields=["revoked_at"])
    another = request_change(Kind.RETIREMENT, story.model, reason=WHY, terms=RETIREMENT, actor=story.owner)
    with refused("without their delegation"), transaction.atomic():
        written(another, second_validator, role="risk_officer", on_behalf_of=away)


def test_nobody_makes_themselves_a_delegate_by_sql(story, second_validator):
    away = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    ends_at = timezone.now() + timedelta(days=9)
    given = delegate(second_validator, reason="Leave.", ends_at=ends_at, actor=away)
    settle()
    fields = {"delegator": away, "delegate": second_validator, "reason": "Leave.", "ends_at": ends_at}
    told = Entry.objects.get(action=Action.DELEGATION_GIVEN).details
    unsigned = {"to": told["to"], "ends": told["ends"]}
    for said in ({}, unsigned, told):  # By no entry, by none that is signed, by the signature of another.
        with refused("given by the signature of who delegates"), transaction.atomic():
            with governed():
                forged = Delegation.objects.create(**fields)
                if said:
                    record(Action.DELEGATION_GIVEN, actor=away, subject=forged, **said)
            sql("SET CONSTRAINTS ALL IMMEDIATE")
    kept = Delegation.objects.filter(pk=given.pk)
    third = make_person(Role.VALIDATOR, workspace=story.workspace)
    for fields in ({"ends_at": ends_at + timedelta(days=90)}, {"delegate": third}, {"delegator": story.risk_officer}):
        with refused("never changed"), transaction.atomic():
            kept.update(**fields)
    revoke_delegation(given, actor=away)
    with refused("never changed"), transaction.atomic():
        kept.update(revoked_at=None)


@pytest.mark.parametrize("fault", ["another signer", "another evidence"])
def test_a_signature_of_another_or_over_something_else_decides_nothing(retraining, story, fault):
    given = {"another signer": {"signer": story.risk_officer}, "another evidence": {"digest": "0" * 64}}[fault]
    with refused("signed by who takes it"), transaction.atomic():
        written(retraining, story.validator, **given)


def test_whoever_proposed_a_policy_does_not_decide_about_it(story):
    document = Policy.objects.in_force().document
    document["changes"]["expire_after_days"] = 20
    draft = propose_policy(document, reason="Faster.", actor=story.validator)
    terms = {"draft": str(draft.pk)}
    change = request_change(Kind.POLICY_CHANGE, None, reason=WHY, terms=terms, actor=story.risk_officer)
    with refused("whoever proposed a policy"), transaction.atomic():
        written(change, story.validator)


def test_a_request_is_not_approved_without_every_decision_it_needs(retraining, story):
    for decided in (0, 1):
        with refused("approval as (validator|risk_officer) is missing"), transaction.atomic():
            ChangeRequest.objects.filter(pk=retraining.pk).update(state="approved")
        if not decided:
            approve(retraining, story.validator)
    for state in ("completed", "failed"):
        with refused("takes its course"), transaction.atomic():
            ChangeRequest.objects.filter(pk=retraining.pk).update(state=state)


def forge(change: ChangeRequest, **fields) -> ChangeRequest:
    """A copy of a request, inserted past the services."""
    forged = ChangeRequest.objects.get(pk=change.pk)
    forged.pk, forged.reference, forged.about = uuid.uuid4(), "CR-2026-9001", "forged"
    for name, value in fields.items():
        setattr(forged, name, value)
    forged.save(force_insert=True)
    return forged


def test_a_request_for_the_committee_is_not_approved_by_its_minutes_alone(story):
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    forged = forge(change, roles_required=[*change.roles_required, "committee"])
    with refused("needs its quorum of 3"), transaction.atomic():
        ChangeRequest.objects.filter(pk=forged.pk).update(state="approved", minutes={"outcome": "approved"})


@pytest.mark.parametrize(
    "roles", [[], ["validator"], ["committee"], ["validator", "validator"], {}, "validator"], ids=str
)
def test_a_request_that_awaits_nobody_or_too_few_is_not_inserted(story, roles):
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    with refused("a request awaits"), transaction.atomic():
        forge(change, roles_required=roles)


def test_each_approval_that_the_policy_asks_for_is_awaited_as_often_as_it_says(story):
    """Tier 1 asks two risk officers for a retirement: a request that awaits one of them, and others, is refused."""
    Model.objects.filter(pk=story.model.pk).update(tier=1, tier_confirmed_at=None)
    change = request_change(Kind.RETIREMENT, story.model, reason=WHY, terms=RETIREMENT, actor=story.owner)
    assert change.roles_required == ["risk_officer", "risk_officer"]
    withdraw(change, reason="To ask otherwise.", actor=story.owner)
    with refused("everybody whom the policy names for retirement in tier 1"), transaction.atomic():
        forge(change, state="pending", roles_required=["risk_officer", "validator", "compliance"])
    forge(change, state="pending", roles_required=["risk_officer", "validator", "risk_officer"])


def test_a_legal_hold_is_not_released_by_a_request_for_other_deciders(story):
    hold = {"kind": "hold_release", "terms": {"hold": "LH-2026-0001"}, "roles_required": ["validator", "risk_officer"]}
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    with refused("everybody whom the policy names for hold_release"), transaction.atomic():
        forge(change, **hold)


def test_a_request_is_bound_to_the_policy_in_force_and_to_no_milder_one_of_before(story):
    change = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    document = Policy.objects.in_force().document
    document["changes"]["expire_after_days"] = 20
    publish(document)
    with refused("bound to the policy in force"), transaction.atomic():
        forge(change)


def test_where_the_policy_asks_for_a_passkey_no_other_signature_decides(story):
    document = Policy.objects.in_force().document
    document["signatures"] = {"passkey": {"retraining": ["2"]}}
    publish(document)
    change = request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)
    with refused("signed by passkey"), transaction.atomic():
        written(change, story.validator)


@pytest.mark.parametrize(
    "edit",
    [
        {"reason": "Another."},
        {"terms": {"x": 1}},
        {"roles_required": ["validator"]},
        {"requester": None},
        {"expires_at": timezone.now() + timedelta(days=900)},
    ],
    ids=["reason", "terms", "roles", "requester", "expiry"],
)
def test_what_was_asked_for_is_not_edited_after_it_was_sent(retraining, edit):
    with refused("stays as it was asked"), transaction.atomic():
        ChangeRequest.objects.filter(pk=retraining.pk).update(**edit)


def test_what_was_decided_is_not_opened_again_nor_given_other_evidence(retraining, story):
    approve(retraining, story.validator)
    approve(retraining, story.risk_officer)
    rows = ChangeRequest.objects.filter(pk=retraining.pk)
    with refused("takes its course|evidence of a decided"), transaction.atomic():
        rows.update(state="pending")
    with refused("evidence of a decided"), transaction.atomic():
        rows.update(evidence={})


@pytest.mark.parametrize("pair", FORBIDDEN_TOGETHER, ids=[f"{one}-{other}" for one, other in FORBIDDEN_TOGETHER])
def test_13_the_database_keeps_roles_apart_that_exclude_each_other(workspace, pair):
    for first, second in (pair, pair[::-1]):
        person = make_person(first, workspace=workspace)
        soon = timezone.now() + timedelta(days=1)
        with refused("at the same time"), transaction.atomic():
            RoleGrant.objects.create(
                person=person, role=second, ends_at=soon, state="granted", alone_because="x", workspace=workspace
            )


def test_13_roles_that_do_not_exclude_each_other_or_follow_each_other_are_kept(workspace):
    person = make_person(Role.VALIDATOR, Role.RISK_OFFICER, Role.COMMITTEE_MEMBER, workspace=workspace)
    end_roles(person)
    grant_role(person, Role.ENGINEER, workspace=workspace, actor=None)
    assert Person.objects.get(pk=person.pk).all_roles() == {Role.ENGINEER}


def test_the_database_takes_the_steps_of_the_table_of_states_and_no_others(db):
    allowed = {(str(state), str(target)) for (state, _), target in CHANGE_TRANSITIONS.items()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('keep_change_request'::regproc)")
        written_there = cursor.fetchone()[0].partition("(OLD.state, NEW.state) NOT IN")[2].partition("THEN")[0]
    assert set(re.findall(r"\('(\w+)', '(\w+)'\)", written_there)) == allowed


@pytest.mark.parametrize(
    "change",
    [
        "decision_threshold = 0.9",
        "decision_threshold = NULL",
        "artifact_uri = 's3://else'",
        "code_ref = 'else'",
        "framework = 'skops'",
        "params = params || '{\"depth\": 99}'",
        "metrics = '{\"auc\": 0.99}'",
        'training_data = \'{"uri": "else"}\'',
        'tags = \'{"reviewed": "yes"}\'',
        "predecessor_id = id",
    ],
)
def test_what_a_version_was_registered_with_is_not_changed_by_sql(story, change):
    with pytest.raises(IntegrityError, match="registered with is never changed"), transaction.atomic():
        sql(f"UPDATE inventory_modelversion SET {change}")


@pytest.mark.parametrize(
    "change",
    [
        "next_due_at = '2100-01-01'",
        "window_start = '2099-12-01', next_due_at = '2100-01-01'",
        "next_due_at = greatest(window_start, now()) + interval '400 days'",
    ],
)
def test_no_assessment_is_put_off_by_sql(story, change):
    with pytest.raises(IntegrityError, match="begins by now"), transaction.atomic():
        sql(f"UPDATE assessments_plan SET {change}")
