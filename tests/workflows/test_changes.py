"""Asking for a change, taking the request back, and letting it expire."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest
from audits.workflows.models.references import next_reference
from audits.workflows.services import expire_change_requests, request_change, withdraw
from audits.workflows.services.evidence import digest_of
from audits.workflows.states import ChangeState
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import RETIREMENT, make_model, make_person, make_version, retire

Kind = ChangeRequest.Kind
WHY = "The applicants have changed."


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change(Kind.RETRAINING, story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_auditors_and_administrators_ask_for_nothing(story, role):
    person = make_person(role, workspace=story.workspace)
    for kind in Kind.values:
        with pytest.raises(NotPermitted):
            request_change(kind, story.version, reason=WHY, actor=person)


def test_a_role_in_another_workspace_asks_for_nothing_here(story, stranger):
    with pytest.raises(NotPermitted):
        request_change(Kind.RETRAINING, story.version, reason=WHY, actor=stranger)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.VALIDATOR, Role.RISK_OFFICER])
def test_who_may_ask(story, role):
    person = make_person(role, workspace=story.workspace)
    assert request_change(Kind.RETRAINING, story.version, reason=WHY, actor=person).requester == person


def test_a_service_account_may_ask_for_a_change(story):
    robot = make_person(Role.ENGINEER, workspace=story.workspace, kind=Person.Kind.SERVICE)
    assert request_change(Kind.RETRAINING, story.version, reason=WHY, actor=robot)


def test_a_request_freezes_what_the_deciders_will_be_shown(retraining, story):
    assert retraining.evidence_digest == digest_of(retraining.evidence)
    shown = retraining.evidence["breach"]
    assert (shown["measure"], shown["column"], shown["limit"]["red"]) == ("psi", "score", 0.25)
    assert retraining.roles_required == ["validator", "risk_officer"]
    entry = Entry.objects.about(retraining).get(action=Action.CHANGE_REQUESTED)
    assert entry.details["evidence_digest"] == retraining.evidence_digest
    assert retraining.expires_at - retraining.requested_at >= timedelta(days=29)


def test_one_request_per_version_and_kind_is_open_at_a_time(retraining, story):
    with pytest.raises(RuleBroken, match=f"{retraining.reference} already asks for this"):
        request_change(Kind.RETRAINING, story.version, reason="Again.", actor=story.validator)
    twin = ChangeRequest.objects.get(pk=retraining.pk)
    twin.pk, twin.reference = None, "CR-2000-0001"
    with pytest.raises(IntegrityError, match="one_open_request"), transaction.atomic():
        twin.save(force_insert=True)
    withdraw(retraining, reason="Too early.", actor=story.engineer)
    assert request_change(Kind.RETRAINING, story.version, reason="Now.", actor=story.validator)


def test_a_request_needs_a_reason(story):
    with pytest.raises(RuleBroken, match="Say why"):
        request_change(Kind.RETIREMENT, story.version, reason="  ", terms=RETIREMENT, actor=story.owner)


def test_a_request_rests_only_on_a_breach_of_its_own_version(story):
    other = make_version(story.model)
    with pytest.raises(RuleBroken, match="is not one of"):
        request_change(Kind.RETIREMENT, other, reason=WHY, breach=story.breach, terms=RETIREMENT, actor=story.engineer)


def test_promotion_is_not_asked_for_while_the_gate_is_closed(story):
    bare = make_version(story.model)
    with pytest.raises(RuleBroken) as refusal:
        request_change(Kind.PROMOTION, bare, reason=WHY, actor=story.engineer)
    assert len(refusal.value.reasons) >= 2 and "no reference data" in str(refusal.value)


def test_only_what_runs_and_has_an_artifact_can_be_retrained(story):
    with pytest.raises(RuleBroken) as refusal:
        request_change(Kind.RETRAINING, make_version(story.model), reason=WHY, actor=story.engineer)
    assert "Only what runs" in str(refusal.value) and "no artifact" in str(refusal.value)


def test_nothing_is_asked_for_of_a_retired_model(workspace, engineer):
    version = make_version(make_model())
    retire(version.model)
    with pytest.raises(RuleBroken, match="is retired"):
        request_change(Kind.RETIREMENT, version, reason=WHY, terms=RETIREMENT, actor=engineer)


def test_whoever_asked_withdraws_a_request_with_a_reason(retraining, story):
    with pytest.raises(RuleBroken, match="Say why"):
        withdraw(retraining, reason="", actor=story.engineer)
    withdrawn = withdraw(retraining, reason="The data were wrong.", actor=story.engineer)
    assert (withdrawn.state, withdrawn.outcome) == (ChangeState.WITHDRAWN, "The data were wrong.")
    assert Entry.objects.about(retraining).get(action=Action.CHANGE_WITHDRAWN).details["reason"]
    with pytest.raises(RuleBroken):
        withdraw(withdrawn, reason="Again.", actor=story.engineer)


def test_nobody_else_withdraws_it(retraining, story):
    for name in ("owner", "validator", "risk_officer", "auditor", "administrator"):
        with pytest.raises(NotPermitted):
            withdraw(retraining, reason="Not mine.", actor=story.person(name))


def test_a_request_nobody_decides_in_time_expires_once(retraining):
    expire_change_requests(retraining.expires_at - timedelta(seconds=1))
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.PENDING
    for _ in range(2):
        expire_change_requests(retraining.expires_at)
    retraining.refresh_from_db()
    assert retraining.state == ChangeState.EXPIRED
    assert Entry.objects.about(retraining).filter(action=Action.CHANGE_EXPIRED).count() == 1


def test_references_count_on_after_the_nine_thousand_nine_hundred_and_ninety_ninth(retraining):
    year = timezone.now().year
    for number in (9999, 10000):
        retraining.pk, retraining.reference = None, f"CR-{year}-{number}"
        retraining.about = retraining.reference
        retraining.version = None
        retraining.save(force_insert=True)
        assert next_reference(ChangeRequest, "CR") == f"CR-{year}-{number + 1}"
