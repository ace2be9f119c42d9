"""Round after round of everything that decides at once: no deadlock, no lost update, no decision made twice."""

from datetime import timedelta
from functools import partial

from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import verify_trail
from audits.workflows.models import Arrangement, ChangeRequest, Decision, Finding
from audits.workflows.services import (
    expire_arrangements,
    raise_due_findings,
    request_change,
    revoke_delegation,
    withdraw,
)
from audits.workflows.services.decisions import refresh_evidence
from audits.workflows.states import ChangeState
from inventory.models import Model, Policy
from inventory.services import edit_model
from inventory.states import Stage, Status
from mrm.accounts.policies import Role
from mrm.errors import RuleBroken
from registry.services import set_alias
from tests.factories import (
    RETIREMENT,
    confirm,
    make_model,
    make_person,
    make_reference,
    make_version,
    promote,
    publish,
)
from tests.races.test_decisions import approval
from tests.races.threads import at_once, refusals
from tests.signing import delegate, suspend
from tests.workflows.kinds import exception_terms, overlay_terms
from tests.workflows.retiring import sign, verified

Kind = ChangeRequest.Kind


def test_whoever_decides_withdraws_and_edits_at_once_decides_once(rounds, candidate, engineer, validator, risk_officer):
    """Each round two approvals, a withdrawal, a second request and an edit of the subject race for one request."""
    model = candidate.model
    for number in range(rounds):
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
    assert model.revision >= rounds, "no edit was lost"
    assert verify_trail().holds


def test_a_promotion_a_retirement_and_a_suspension_at_once_leave_no_retired_model_in_production(
    rounds, open_gate, owner, engineer, validator, risk_officer, tmp_path
):
    for number in range(rounds):
        model = make_model(name=f"Model {number}", owner=owner, actor=engineer)
        confirm(model)
        first, follower = (make_version(model, actor=engineer) for _ in range(2))
        make_reference(first, tmp_path)
        make_reference(follower, tmp_path)
        promote(first)
        promotion = request_change(Kind.PROMOTION, follower, reason="Better.", actor=engineer)
        retirement = request_change(Kind.RETIREMENT, model, reason="Over.", terms=RETIREMENT, actor=engineer)
        approval(promotion, validator)()
        approval(retirement, validator)()
        approval(retirement, risk_officer)()
        ending = verified(retirement, owner=owner, engineer=engineer)
        answers = at_once(
            approval(promotion, risk_officer),
            partial(sign, ending, risk_officer),
            partial(suspend, model, reason="Constant scores.", actor=risk_officer),
        )
        model.refresh_from_db()
        in_production = model.versions.filter(stage=Stage.PRODUCTION).count()
        assert (model.status == Status.RETIRED) == (in_production == 0)
        assert in_production <= 1
        assert len(refusals(answers)) >= 1
    assert verify_trail().holds


def test_what_is_sent_twice_at_once_counts_once(rounds, candidate, engineer, validator, risk_officer):
    """Each round a request, an approval of it and the approval that completes it are each sent three times at once."""
    model = candidate.model
    for number in range(1, rounds + 1):
        terms = overlay_terms(limitation=f"Limitation {number}")
        ask = partial(request_change, Kind.OVERLAY, model, reason="Why.", terms=terms, actor=engineer)
        answers = at_once(*[ask] * 3)
        (opened,) = [answer for answer in answers if isinstance(answer, ChangeRequest)]
        assert all(opened.reference in str(no) for no in refusals(answers))
        for person in (validator, risk_officer):
            assert len(refusals(at_once(*[approval(opened, person)] * 3))) == 2
        assert opened.decisions.count() == 2
        assert ChangeRequest.objects.count() == Arrangement.objects.count() == number
    assert Entry.objects.filter(action=Action.CHANGE_DECIDED).count() == 2 * rounds
    assert verify_trail().holds


def test_a_delegate_and_the_person_they_stand_in_for_do_not_both_decide_and_nothing_is_decided_by_a_lapsed_delegation(
    rounds, candidate, engineer, validator, workspace
):
    """Each round both approve one request at once, while the delegation is taken back and given again."""
    stand_in = make_person(Role.COMPLIANCE, workspace=workspace)
    ends_at = timezone.now() + timedelta(days=1)
    delegation = delegate(stand_in, reason="Leave.", ends_at=ends_at, actor=validator)
    for number in range(rounds):
        terms = overlay_terms(limitation=f"Limitation {number}")
        change = request_change(Kind.OVERLAY, candidate.model, reason="Why.", terms=terms, actor=engineer)
        at_once(
            approval(change, validator),
            approval(change, stand_in),
            partial(revoke_delegation, delegation, actor=validator),
        )
        decision = change.decisions.get()
        delegation.refresh_from_db()
        assert decision.person == validator or decision.decided_at <= delegation.revoked_at
        assert (decision.on_behalf_of == validator) == (decision.person == stand_in)
        delegation = delegate(stand_in, reason="Leave.", ends_at=ends_at, actor=validator)
    assert verify_trail().holds


def test_sweeps_at_once_let_what_holds_lapse_once_and_restrict_the_model_once(
    rounds, open_gate, owner, engineer, validator, risk_officer, tmp_path
):
    for number in range(rounds):
        model = in_production(owner, engineer, tmp_path, name=f"Model {number}")
        for clause in ("conditions", "validation"):
            terms = exception_terms(clause=clause)
            change = request_change(Kind.EXCEPTION, model, reason="Why.", terms=terms, actor=engineer)
            approval(change, validator)()
            approval(change, risk_officer)()
        late = model.arrangements.latest("ends_at").ends_at
        answers = at_once(*[partial(expire_arrangements, late)] * 5)
        assert refusals(answers) == []
        model.refresh_from_db()
        assert model.status == Status.RESTRICTED
        told = Entry.objects.filter(model_slug=model.slug)
        assert told.filter(action=Action.ARRANGEMENT_EXPIRED).count() == 2
        assert told.filter(action=Action.MODEL_RESTRICTED).count() == 1
    assert verify_trail().holds


def test_sweeps_at_once_and_an_owner_who_completes_raise_one_finding_or_none(rounds, owner):
    later = timezone.now() + timedelta(days=8)
    document = Policy.objects.in_force().document
    document["completeness"]["required"] = {tier: ["description"] for tier in ("1", "2", "3")}
    publish(document)
    for number in range(rounds):
        model = make_model(name=f"Model {number}", owner=owner)
        complete = partial(edit_model, model, changes={"description": "Said."}, actor=owner)
        answers = at_once(*[partial(raise_due_findings, later)] * 3, complete)
        assert refusals(answers) == []
        raised = Finding.objects.filter(model=model)
        assert raised.count() <= 1
        raise_due_findings(later)
        assert raised.count() <= 1, "what is complete is not found afterwards"
    assert verify_trail().holds


def test_a_model_is_suspended_once_however_many_people_stop_it_at_once(
    rounds, open_gate, workspace, owner, engineer, tmp_path
):
    officers = [make_person(Role.RISK_OFFICER, workspace=workspace) for _ in range(4)]
    for number in range(rounds):
        model = in_production(owner, engineer, tmp_path, name=f"Model {number}")
        answers = at_once(*[partial(suspend, model, reason="Stop.", actor=one) for one in officers])
        assert len(refusals(answers)) == 3
        assert model.arrangements.filter(kind=Arrangement.Kind.SUSPENSION).count() == 1
    assert verify_trail().holds


def test_an_alias_and_a_suspension_at_once_lead_nobody_to_a_model_that_was_stopped_before(
    rounds, open_gate, workspace, owner, engineer, tmp_path
):
    for _ in range(rounds):
        model = in_production(owner, engineer, tmp_path)
        point = partial(set_alias, workspace, model.name, alias="champion", number="1", actor=engineer)
        at_once(partial(suspend, model, reason="Stop.", actor=owner), point, point)
        told = Entry.objects.filter(action__in=[Action.MLFLOW_ALIAS_SET, Action.MODEL_SUSPENDED], model_slug=model.slug)
        order = list(told.order_by("position").values_list("action", flat=True))
        assert order in ([Action.MODEL_SUSPENDED], [Action.MLFLOW_ALIAS_SET, Action.MODEL_SUSPENDED])
    assert verify_trail().holds


def in_production(owner, engineer, folder, **values) -> Model:
    """Another model, with a version in production."""
    model = make_model(owner=owner, actor=engineer, **values)
    confirm(model)
    version = make_version(model, actor=engineer)
    make_reference(version, folder)
    promote(version)
    return model


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
