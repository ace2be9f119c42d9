"""What a retraining made and nobody wants is abandoned, by signature, and never promoted."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.models import ChangeRequest, Retraining
from audits.workflows.services import RETRAINING_ABANDONMENT, open_retraining_requests, request_change
from audits.workflows.services.retraining import finish_retraining, mark_dispatched
from audits.workflows.services.validations import cancel_validation
from audits.workflows.states import RetrainingState
from inventory.states import Stage
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import act_at_once
from mrm.errors import NotPermitted, RuleBroken
from tests.factories import PASSWORD, make_person, make_version, settle, sql
from tests.fixtures.story import approve
from tests.rest import post_json
from tests.workflows.validating import asked

WHY = "It is worse for the young."


@pytest.fixture
def retraining(story) -> Retraining:
    """It succeeded; its candidate awaits what becomes of it."""
    (change,) = open_retraining_requests(timezone.now())
    approve(change, story.validator)
    approve(change, story.risk_officer)
    candidate = make_version(story.model, origin=change.reference)
    dispatched = mark_dispatched(Retraining.objects.get(change=change))
    return finish_retraining(dispatched, candidate=candidate, metrics={})


def abandon(retraining, actor) -> Retraining:
    return act_at_once(RETRAINING_ABANDONMENT, retraining, comment=WHY, password=PASSWORD, actor=actor)


@pytest.mark.parametrize("who", ["owner", "validator", "risk_officer"])
def test_the_owner_or_the_second_line_abandons_a_candidate_for_good(story, retraining, who):
    abandoned = abandon(retraining, story.person(who))
    assert (abandoned.state, abandoned.reason) == (RetrainingState.ABANDONED, WHY)
    retraining.candidate.refresh_from_db()
    assert retraining.candidate.stage == Stage.RETIRED
    told = Entry.objects.about(retraining).get(action=Action.RETRAINING_ABANDONED)
    assert told.details["reason"] == WHY and told.details["signature"]["statement_digest"]
    with pytest.raises(RuleBroken, match="Only a candidate that nobody has decided about"):
        abandon(abandoned, story.owner)
    with pytest.raises(RuleBroken):
        request_change("promotion", retraining.candidate, reason=WHY, actor=story.engineer)


@pytest.mark.parametrize("who", ["engineer", "auditor", "administrator"])
def test_nobody_else_abandons_one(story, retraining, who):
    with pytest.raises(NotPermitted):
        abandon(retraining, story.person(who))


def test_another_owner_and_a_service_account_abandon_none(story, retraining):
    for person in (
        make_person(Role.OWNER, workspace=story.workspace),
        make_person(Role.RISK_OFFICER, workspace=story.workspace, kind=Person.Kind.SERVICE),
    ):
        with pytest.raises(NotPermitted):
            abandon(retraining, person)


def test_what_is_asked_for_is_decided_about_first(story, retraining):
    change = ChangeRequest.objects.get(retraining=retraining)
    ChangeRequest.objects.create(
        reference="CR-2026-9999", kind="promotion", model=story.model, version=retraining.candidate, reason=WHY,
        policy=change.policy, roles_required=change.roles_required, evidence_digest="0" * 64,
        expires_at=change.expires_at,
    )  # fmt: skip
    with pytest.raises(RuleBroken, match="CR-2026-9999 asks about .* it is decided, or withdrawn first"):
        abandon(retraining, story.owner)


def test_what_is_validated_is_concluded_or_cancelled_first(story, retraining):
    validation = asked(retraining.candidate, actor=story.risk_officer)
    with pytest.raises(RuleBroken, match=f"{validation.reference} validates .* concluded, or cancelled first"):
        abandon(retraining, story.owner)
    cancel_validation(validation, reason=WHY, actor=story.risk_officer)
    abandon(retraining, story.owner)
    settle()


def test_the_same_breach_asks_again_only_after_the_waiting_period(story, retraining):
    abandon(retraining, story.owner)
    assert open_retraining_requests(timezone.now() + timedelta(days=29)) == []
    assert len(open_retraining_requests(timezone.now() + timedelta(days=31))) == 1


def test_the_database_takes_no_abandonment_that_nobody_signed(story, retraining):
    with pytest.raises(IntegrityError, match="abandoned by signature"), transaction.atomic():
        sql("UPDATE workflows_retraining SET state = 'abandoned', abandoned_by_id = %s, abandoned_at = now()"
            " WHERE id = %s", story.owner.pk, retraining.pk)  # fmt: skip
        sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_it_is_signed_over_rest(story, retraining, api):
    address = f"/api/v1/retraining/{retraining.change.reference}/abandonment/"
    client = api(story.owner)
    shown = client.get(address).json()
    assert shown["may_sign"] and shown["evidence"]["candidate"]["number"] == retraining.candidate.number
    sent = {"reason": WHY, "evidence_digest": shown["evidence_digest"], "password": PASSWORD}
    assert post_json(client, address, sent).json()["state"] == "abandoned"
    assert post_json(api(story.engineer), address, sent).status_code == 403
