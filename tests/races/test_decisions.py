"""People who press the same buttons at the same moment: each decision is made once, over what was shown."""

from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from threading import get_ident

import pytest
from django.test import Client
from django.utils import timezone

from audits.trail.models import Action, Entry, Head
from audits.trail.services import sign_checkpoint, verify_trail
from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide, decision_view, expire_change_requests, request_change, withdraw
from audits.workflows.states import ChangeState
from inventory.models import Model, ModelVersion
from inventory.services import edit_model
from inventory.states import Stage, Status
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role, issue_token
from mrm.errors import NotPermitted, Outdated, RuleBroken
from tests.factories import (
    PASSWORD,
    RETIREMENT,
    make_batch,
    make_model,
    make_person,
    make_reference,
    make_rows,
    make_version,
    promote,
)
from tests.races.threads import at_once, refusals
from tests.signing import confirm_tier
from tests.workflows.retiring import sign, verified

Kind = ChangeRequest.Kind


@pytest.fixture
def promotion(candidate, engineer) -> ChangeRequest:
    return request_change(Kind.PROMOTION, candidate, reason="First version.", actor=engineer)


def approval(change: ChangeRequest, person):
    """A call that approves the change as it stands now, with the evidence this person has read."""
    return partial(
        decide,
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=person,
    )


def recorded(action: Action) -> int:
    return Entry.objects.filter(action=action).count()


def test_six_simultaneous_approvals_by_one_person_make_one_decision_and_five_are_told_why(promotion, validator):
    answers = at_once(*[approval(promotion, validator)] * 6)
    assert len(refusals(answers)) == 5
    assert all(isinstance(no, NotPermitted) and "decides twice" in str(no) for no in refusals(answers))
    assert Decision.objects.count() == recorded(Action.CHANGE_DECIDED) == 1
    assert verify_trail().holds


def test_six_clicks_on_sign_in_the_page_make_one_decision_and_five_answers_that_say_why(promotion, validator):
    browser = Client()
    browser.force_login(validator, backend="allauth.account.auth_backends.AuthenticationBackend")
    evidence = {"evidence_digest": promotion.evidence_digest}
    decision = {"meaning": Decision.Meaning.REVIEWED, "comment": "Read."} | evidence
    shown = browser.post(f"/changes/{promotion.reference}/decision/", decision).headers["Location"]

    def click():
        same_browser = Client()
        same_browser.cookies = browser.cookies
        answer = same_browser.post(shown, {"password": PASSWORD})
        return answer.status_code, answer.content.decode()

    answers = at_once(*[click] * 6)
    assert Decision.objects.count() == 1
    assert sorted(status >= 400 for status, _ in answers) == [False] + [True] * 5
    told = [page for status, page in answers if status in (403, 409)]
    assert len(told) == 5 and all("signed already" in page or "decides twice" in page for page in told)


def test_two_people_at_the_same_moment_both_count_and_the_promotion_is_carried_out_once(
    promotion, validator, risk_officer
):
    answers = at_once(approval(promotion, validator), approval(promotion, risk_officer))
    assert refusals(answers) == []
    promotion.refresh_from_db()
    assert promotion.state == ChangeState.COMPLETED
    assert {decision.role for decision in promotion.decisions.standing()} == {"validator", "risk_officer"}
    assert recorded(Action.VERSION_PROMOTED) == recorded(Action.CHANGE_COMPLETED) == 1


def test_of_two_validators_at_the_same_moment_one_fills_the_role(promotion, validator, workspace):
    second = make_person(Role.VALIDATOR, workspace=workspace)
    answers = at_once(approval(promotion, validator), approval(promotion, second))
    (refused,) = refusals(answers)
    assert "awaits a decision by: risk officer" in str(refused)
    assert promotion.decisions.standing().count() == 1


def test_an_approval_against_a_withdrawal_leaves_one_of_the_two(promotion, validator, risk_officer, engineer):
    approval(promotion, validator)()
    taking_back = partial(withdraw, promotion, reason="Asked too early.", actor=engineer)
    answers = at_once(approval(promotion, risk_officer), taking_back)
    (refused,) = refusals(answers)
    assert isinstance(refused, RuleBroken)
    promotion.refresh_from_db()
    in_production = ModelVersion.objects.filter(stage=Stage.PRODUCTION).exists()
    assert (promotion.state, in_production) in [(ChangeState.COMPLETED, True), (ChangeState.WITHDRAWN, False)]


def test_a_promotion_against_a_retirement_never_leaves_a_retired_model_in_production(
    candidate, engineer, validator, risk_officer, tmp_path
):
    promote(candidate)
    follower = make_version(candidate.model, actor=engineer)
    make_reference(follower, tmp_path)
    promotion = request_change(Kind.PROMOTION, follower, reason="Better.", actor=engineer)
    retirement = request_change(
        Kind.RETIREMENT, candidate, reason="No longer needed.", terms=RETIREMENT, actor=engineer
    )
    approval(promotion, validator)()
    approval(retirement, validator)()
    approval(retirement, risk_officer)()
    ending = verified(retirement, owner=candidate.model.owner, engineer=engineer)
    answers = at_once(approval(promotion, risk_officer), partial(sign, ending, risk_officer))
    (refused,) = refusals(answers)
    assert isinstance(refused, RuleBroken)
    model = candidate.model
    model.refresh_from_db()
    assert ChangeRequest.objects.filter(state=ChangeState.COMPLETED).count() == 1
    assert (model.status == Status.RETIRED) == (not model.versions.filter(stage=Stage.PRODUCTION).exists())


def test_a_request_sent_twice_at_once_is_opened_once_and_the_other_is_told_its_reference(candidate, engineer):
    asking = partial(request_change, Kind.PROMOTION, candidate, reason="First version.", actor=engineer)
    answers = at_once(*[asking] * 6)
    (opened,) = ChangeRequest.objects.all()
    assert len(refusals(answers)) == 5
    assert all(f"{opened.reference} already asks for this" in str(no) for no in refusals(answers))
    assert recorded(Action.CHANGE_REQUESTED) == 1


def test_requests_about_different_versions_at_the_same_moment_get_different_references(candidate, engineer, tmp_path):
    versions = [candidate, *(make_version(candidate.model, actor=engineer) for _ in range(5))]
    for version in versions[1:]:
        make_reference(version, tmp_path)
    asking = [partial(request_change, Kind.PROMOTION, each, reason="Try it.", actor=engineer) for each in versions]
    assert refusals(at_once(*asking)) == []
    assert len(set(ChangeRequest.objects.values_list("reference", flat=True))) == 6


def test_of_two_edits_at_the_same_moment_one_is_told_that_it_is_outdated(candidate, owner):
    model = Model.objects.get(pk=candidate.model_id)
    editing = [
        partial(edit_model, model, changes={"purpose": text}, revision=model.revision, actor=owner)
        for text in ("Decides on car loans.", "Decides on home loans.")
    ]
    (refused,) = refusals(at_once(*editing))
    assert isinstance(refused, Outdated)
    assert recorded(Action.MODEL_EDITED) == 1


def test_forty_governed_writes_at_once_never_deadlock_and_leave_a_trail_without_gaps(
    candidate, promotion, engineer, owner, validator, workspace, tmp_path
):
    model, before = candidate.model, Head.objects.get().length
    rows = [make_rows(20, seed=number, first_id=1000 * number, repaid=None) for number in range(6)]
    kinds = [
        lambda number: make_version(model, origin=f"run {number}", actor=engineer),
        lambda number: edit_model(model, changes={"description": f"Edit {number}."}, actor=owner),
        lambda number: make_model(workspace=workspace, owner=owner, name=f"Model {number}", actor=engineer),
        lambda number: make_batch(candidate, tmp_path, rows=rows[number // 8], actor=engineer),
        lambda number: grant_role(validator, Role.AUDITOR, workspace=workspace, actor=None),
        lambda number: issue_token(engineer, f"Token {number}", workspace=workspace, actor=engineer),
        lambda number: approval(promotion, validator)(),
        lambda number: request_change(Kind.PROMOTION, candidate, reason="Again.", actor=engineer),
    ]
    calls = [partial(kind, number) for number, kind in enumerate(islice(cycle(kinds), 40))]
    answers = at_once(*calls)
    done = 40 - len(refusals(answers))
    positions = list(Entry.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(len(positions)))
    assert len(positions) == before + done == Head.objects.get().length
    verification = verify_trail()
    assert verification.holds, verification.fault


def test_the_trail_can_be_verified_and_signed_while_it_is_being_written(candidate, owner):
    def write():
        for number in range(15):
            edit_model(candidate.model, changes={"description": f"Edit {number} by {get_ident()}."}, actor=owner)

    def verify():
        for _ in range(15):
            sign_checkpoint()
            verification = verify_trail()
            assert verification.holds, verification.fault

    assert refusals(at_once(write, write, verify)) == []


def test_a_decision_after_the_request_expired_is_refused_before_any_sweep_has_noticed(promotion, validator):
    ChangeRequest.objects.filter(pk=promotion.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    promotion.refresh_from_db()
    with pytest.raises(RuleBroken, match="expired"):
        approval(promotion, validator)()
    assert any("expired" in reason for reason in decision_view(promotion, person=validator).reasons_not_to)
    assert not Decision.objects.exists()


def test_two_sweeps_at_once_let_a_request_expire_once(promotion):
    late = promotion.expires_at + timedelta(seconds=1)
    at_once(*[partial(expire_change_requests, late)] * 3)
    assert recorded(Action.CHANGE_EXPIRED) == 1


def test_a_tier_is_confirmed_once(workspace, owner, engineer, risk_officer):
    model = make_model(owner=owner, actor=engineer)
    answers = at_once(*[partial(confirm_tier, model, actor=risk_officer)] * 4)
    assert len(refusals(answers)) == 3
    assert recorded(Action.MODEL_TIERED) == 1
