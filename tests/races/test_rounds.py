"""Two hundred rounds of everything that decides at once: no deadlock, no lost update, no decision made twice."""

from functools import partial

from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from audits.workflows.models import Arrangement, ChangeRequest, Decision
from audits.workflows.services import expire_arrangements, request_change, suspend, withdraw
from audits.workflows.services.decisions import refresh_evidence
from audits.workflows.states import ChangeState
from inventory.services import edit_model
from inventory.states import Stage, Status
from mrm.accounts.policies import Role
from mrm.errors import RuleBroken
from tests.factories import RETIREMENT, make_person, make_reference, make_version, promote
from tests.races.test_decisions import approval
from tests.races.threads import at_once, refusals
from tests.workflows.kinds import exception_terms, overlay_terms
from tests.workflows.retiring import sign, verified

ROUNDS = 200
AT_ONCE = 5
Kind = ChangeRequest.Kind


def test_two_hundred_rounds_of_deciding_withdrawing_and_editing_at_once(candidate, engineer, validator, risk_officer):
    """Each round two approvals, a withdrawal, a second request and an edit of the subject race for one request."""
    model = candidate.model
    for number in range(ROUNDS // AT_ONCE):
        terms = overlay_terms(limitation=f"Limitation {number}")
        ask = partial(request_change, Kind.OVERLAY, model, reason="Why.", terms=terms, actor=engineer)
        change = ask()
        answers = at_once(
            partial(quickly, change, validator),
            partial(quickly, change, risk_officer),
            partial(withdraw, change, reason="Too early.", actor=engineer),
            ask,
            partial(edit_model, model, changes={"description": f"Round {number}."}, actor=engineer),
        )
        change.refresh_from_db()
        standing = list(change.decisions.standing().values_list("role", flat=True))
        assert len(standing) == len(set(standing)) <= 2
        assert change.state in (ChangeState.COMPLETED, ChangeState.WITHDRAWN), answers
        assert change.arrangements.count() == (change.state == ChangeState.COMPLETED)
        assert all(isinstance(no, Exception) and str(no) for no in refusals(answers))
        tidy(model, engineer)
    assert Decision.objects.count() == Entry.objects.filter(action=Action.CHANGE_DECIDED).count()
    model.refresh_from_db()
    assert model.revision >= ROUNDS // AT_ONCE, "no edit was lost"
    assert verify_trail().holds


def test_promotion_against_retirement_against_suspension(candidate, engineer, validator, risk_officer, tmp_path):
    promote(candidate)
    model = candidate.model
    follower = make_version(model, actor=engineer)
    make_reference(follower, tmp_path)
    promotion = request_change(Kind.PROMOTION, follower, reason="Better.", actor=engineer)
    retirement = request_change(Kind.RETIREMENT, model, reason="Over.", terms=RETIREMENT, actor=engineer)
    approval(promotion, validator)()
    approval(retirement, validator)()
    approval(retirement, risk_officer)()
    ending = verified(retirement, owner=model.owner, engineer=engineer)
    answers = at_once(
        approval(promotion, risk_officer),
        partial(sign, ending, risk_officer),
        partial(suspend, model, reason="Constant scores.", actor=risk_officer),
    )
    model.refresh_from_db()
    in_production = model.versions.filter(stage=Stage.PRODUCTION).count()
    assert (model.status == Status.RETIRED) == (in_production == 0)
    assert in_production <= 1
    assert len(refusals(answers)) >= 1 and verify_trail().holds


def test_sweeps_at_once_let_what_holds_lapse_once_and_restrict_the_model_once(
    candidate, engineer, validator, risk_officer
):
    promote(candidate)
    model = candidate.model
    for clause in ("cadence", "documentation", "validation"):
        terms = exception_terms(clause=clause)
        change = request_change(Kind.EXCEPTION, model, reason="Why.", terms=terms, actor=engineer)
        approval(change, validator)()
        approval(change, risk_officer)()
    late = Arrangement.objects.first().ends_at
    at_once(*[partial(expire_arrangements, late)] * 5)
    model.refresh_from_db()
    assert model.status == Status.RESTRICTED
    assert Entry.objects.filter(action=Action.ARRANGEMENT_EXPIRED).count() == 3
    assert Entry.objects.filter(action=Action.MODEL_RESTRICTED).count() == 1


def test_a_model_is_suspended_once_however_many_people_stop_it_at_once(candidate, workspace):
    promote(candidate)
    officers = [make_person(Role.RISK_OFFICER, workspace=workspace) for _ in range(4)]
    answers = at_once(*[partial(suspend, candidate.model, reason="Stop.", actor=one) for one in officers])
    assert len(refusals(answers)) == 3
    assert Arrangement.objects.filter(kind=Arrangement.Kind.SUSPENSION).count() == 1


def quickly(change: ChangeRequest, person) -> Decision:
    """An approval of whatever the evidence is at that moment, as often as it changes under one's hands."""
    while True:
        try:
            fresh = refresh_evidence(change)
            return approval(fresh, person)()
        except RuleBroken as refusal:
            if "evidence has changed" not in str(refusal) and "has changed since" not in str(refusal):
                raise


def tidy(model, actor) -> None:
    """What the round left, so that the next begins alike."""
    for change in ChangeRequest.objects.filter(model=model, state=ChangeState.PENDING):
        withdraw(change, reason="Round over.", actor=actor)
