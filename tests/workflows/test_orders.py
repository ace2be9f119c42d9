"""One use of a model is restricted, suspended and ended on its own; the model and its other uses go on."""

import pytest
from django.core import mail
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.api import examples
from audits.workflows.contents.assurance import all_derived_of
from audits.workflows.contents.queue import work_for
from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import expire_arrangements, request_change
from audits.workflows.states import ArrangementState
from inventory.contents.derived import day
from inventory.contents.uses import answer_for
from inventory.models import Use, UseApproval
from inventory.services import end_use, hold_use, propose_use, release_use, start_use, withdraw_use
from inventory.states import Status, UseState
from mrm.accounts.policies import Role
from mrm.accounts.services import send_notices
from mrm.errors import NotPermitted, RuleBroken
from reports.contents.agreement import disagreements
from reports.contents.undecided import undecided
from reports.contents.unsaid import USES, unsaid
from tests.factories import approve_for, make_person, make_use, without_triggers
from tests.fixtures.story import approve
from tests.rest import is_problem, post_json, sign_json
from tests.signing import close_arrangement, order_restriction, order_suspension, suspend
from tests.workflows.duties import WHY
from tests.workflows.kinds import after, decided, except_from, in_days
from tests.workflows.test_nothing_without_its_decision import refused, sql

Kind = ChangeRequest.Kind
LIMITS = "Only up to 20 000."


@pytest.fixture
def uses(story) -> list[Use]:
    """Two live uses."""
    for title in ("Pricing", "Limits"):
        use = make_use(story.model, title=title, actor=story.owner)
        approve_for(story.version, use)
        start_use(use, actor=None)
    found = list(story.model.uses.select_related("model__workspace", "model__owner", "proposed_by"))
    assert [use.state for use in found] == [UseState.LIVE, UseState.LIVE]
    return found


@pytest.fixture
def pricing(uses) -> Use:
    return uses[0]


def state_of(use: Use) -> str:
    use.refresh_from_db()
    return use.state


def lift(story, officers, use: Use) -> ChangeRequest:
    terms = {"use": str(use.number), "remedy": "Repaired."}
    return decided(Kind.RESUMPTION, story.model, *officers, terms=terms, actor=story.engineer)


def test_what_follows_from_an_order_is_told_in_nobodys_name_and_the_order_in_its_signers(story, uses):
    pricing, limits = uses
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    suspend(story.model, reason=WHY, actor=story.owner)
    told = {use: Entry.objects.about(use).get(action=Action.USE_SUSPENDED) for use in uses}
    assert (told[pricing].actor_id, "signature" in told[pricing].details) == (str(story.owner.pk), True)
    assert (told[limits].actor_id, told[limits].details) == ("", {"reason": WHY})


def test_one_person_suspends_one_use_and_two_let_it_go_on(story, officers, uses):
    pricing, limits = uses
    suspension = order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    assert (state_of(pricing), state_of(limits), story.model.status) == ("suspended", "live", Status.IN_USE)
    with pytest.raises(RuleBroken, match="two people decide"):
        close_arrangement(suspension, reason="Fine.", actor=story.validator)
    with pytest.raises(RuleBroken, match="is not suspended; name the use"):
        request_change(Kind.RESUMPTION, story.model, reason=WHY, terms={"remedy": "It."}, actor=story.engineer)
    terms = {"use": "1", "remedy": "Repaired."}
    change = request_change(Kind.RESUMPTION, story.model, reason=WHY, terms=terms, actor=story.engineer)
    approve(change, officers[0])
    assert state_of(pricing) == "suspended"
    approve(change, officers[1])
    suspension.refresh_from_db()
    assert (state_of(pricing), pricing.held, suspension.state) == ("live", "", ArrangementState.CLOSED)


def test_a_restriction_of_a_use_is_ended_by_another_of_the_second_line(story, pricing):
    restriction = order_restriction(pricing, reason=LIMITS, actor=story.validator)
    assert (state_of(pricing), pricing.state_because) == ("restricted", LIMITS)
    for person in (story.validator, story.owner):
        with pytest.raises(NotPermitted):
            close_arrangement(restriction, reason="Outcomes are known.", actor=person)
    close_arrangement(restriction, reason="Outcomes are known.", actor=story.risk_officer)
    assert state_of(pricing) == "live"


def test_who_may_not_suspend_the_model_orders_nothing_about_its_uses(story, pricing):
    other = make_person(Role.OWNER, workspace=story.workspace)
    for person in (other, story.engineer, story.auditor):
        for order in (order_restriction, order_suspension):
            with pytest.raises(NotPermitted):
                order(pricing, reason=LIMITS, actor=person)
    with pytest.raises(RuleBroken, match="within which limits"):
        order_restriction(pricing, reason=" ", actor=story.owner)
    assert state_of(pricing) == "live"


def test_the_same_is_not_ordered_twice(story, pricing):
    first = order_restriction(pricing, reason=LIMITS, actor=story.owner)
    with pytest.raises(RuleBroken, match=first.reference):
        order_restriction(pricing, reason="Only in branches.", actor=story.validator)
    order_suspension(pricing, reason="Worse.", actor=story.owner)
    for order in (order_restriction, order_suspension):
        with pytest.raises(RuleBroken):
            order(pricing, reason="Again.", actor=story.validator)


def test_a_use_that_was_restricted_before_it_was_suspended_is_restricted_after(story, officers, pricing):
    restriction = order_restriction(pricing, reason=LIMITS, actor=story.owner)
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    change = lift(story, officers, pricing)
    assert (state_of(pricing), pricing.held, pricing.state_because) == ("restricted", "restricted", LIMITS)
    assert LIMITS in change.outcome
    close_arrangement(restriction, reason="Known.", actor=story.validator)
    assert state_of(pricing) == "live"


def test_letting_the_model_run_again_lifts_nothing_that_was_ordered_about_one_use(story, officers, uses):
    pricing, limits = uses
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    order_restriction(limits, reason=LIMITS, actor=story.owner)
    suspend(story.model, reason="Scores are constant.", actor=story.owner)
    with pytest.raises(RuleBroken, match="suspended as a whole"):
        lift(story, officers, pricing)
    decided(Kind.RESUMPTION, story.model, *officers, terms={"remedy": "Repaired."}, actor=story.engineer)
    assert (state_of(pricing), state_of(limits), limits.state_because) == ("suspended", "restricted", LIMITS)


def test_a_use_of_a_restricted_model_goes_on_restricted(story, officers, pricing):
    exception = except_from(story, officers, "validation")
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    expire_arrangements(after(exception))
    assert story.model.status == Status.RESTRICTED
    lift(story, officers, pricing)
    assert (state_of(pricing), pricing.held) == ("restricted", "")
    close_arrangement(exception, reason="Assessed.", actor=story.second_officer())
    assert state_of(pricing) == "live"


def test_another_approval_lifts_nothing_that_was_ordered_about_the_use(story, officers, open_gate, pricing):
    order_restriction(pricing, reason=LIMITS, actor=story.owner)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    assert (state_of(pricing), pricing.state_because) == ("restricted", LIMITS)


def test_a_use_ends_by_the_decision_of_those_who_decide_about_retirement(story, officers, uses):
    pricing, limits = uses
    order = order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    terms = {"use": "1"}
    change = request_change(Kind.USE_ENDING, story.model, reason="Sold.", terms=terms, actor=story.owner)
    assert sorted(change.roles_required) == ["risk_officer", "validator"]
    assert change.evidence["use"]["orders"] == [order.reference]
    for person in officers:
        approve(change, person)
    order.refresh_from_db()
    assert (state_of(pricing), state_of(limits), order.state) == ("ended", "live", ArrangementState.CLOSED)
    assert not UseApproval.objects.filter(use=pricing, ended_at=None).exists()
    with pytest.raises(RuleBroken, match="is ended"):
        order_suspension(pricing, reason="Again.", actor=story.owner)
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_proposed_use_is_withdrawn_without_a_decision_and_an_approved_one_is_not(story, pricing):
    proposed = propose_use(story.model, title="Collection", actor=story.owner)
    with pytest.raises(NotPermitted):
        withdraw_use(proposed, reason="No.", actor=story.auditor)
    assert withdraw_use(proposed, reason="Not wanted.", actor=story.engineer).state == UseState.ENDED
    with pytest.raises(RuleBroken, match="end of a use"):
        withdraw_use(pricing, reason="Not wanted.", actor=story.owner)


def test_a_use_that_goes_on_past_an_order_by_sql_is_named(story, pricing):
    """By whoever owns the tables; an approval since then says nothing of where the use stands."""

    def named() -> set[str]:
        return {one for told, statement in USES.items() for one in unsaid(told, statement, 9)}

    assert named() == set()
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    approve_for(story.version, pricing)
    assert named() == set()
    use = f"The use {pricing.number} of the model {story.model.slug}"
    without_triggers("inventory_use", f"UPDATE inventory_use SET held = '', state = 'live' WHERE id = '{pricing.pk}'")
    assert named() == {
        f"{use} is not where the last order about it left it.",
        f"{use} is not held as the orders that stand say.",
    }


def test_sql_lets_no_use_go_on_or_end_past_what_was_ordered(story, pricing):
    sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    with refused("ends by an approved request"):
        end_use(pricing, reason="Quietly.", actor=None)
    order = order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    with refused("goes on when SU-"):
        release_use(pricing, because="Quietly.", actor=None)
    with refused("lifted by an approved request"):
        Arrangement.objects.filter(pk=order.pk).update(state="closed", ended_at=timezone.now())
    with refused("a_held_use_does_not_go_on"):
        Use.objects.filter(pk=pricing.pk).update(state="live")


def test_sql_ends_no_restriction(story, pricing):
    order = order_restriction(pricing, reason=LIMITS, actor=story.owner)
    with refused("another of the second line"):
        Arrangement.objects.filter(pk=order.pk).update(
            state="closed", ended_at=timezone.now(), ended_by=story.validator
        )


@governed()
def written_past_the_service(use: Use, person) -> None:
    hold_use(use, held=UseState.RESTRICTED, reason=LIMITS, actor=person)
    told = {"reference": "RE-2026-9999", "kind": "restriction", "title": LIMITS, "terms": {"reason": LIMITS}}
    Arrangement.objects.create(model=use.model, use=use, begun_by=person, **told)


def test_the_database_keeps_no_order_about_a_use_that_nobody_signed(story, pricing):
    with refused("ordered by the signature of one person"):
        written_past_the_service(pricing, story.owner)


def test_lifting_the_suspension_of_one_use_lifts_no_other(story, officers, uses):
    orders = [order_suspension(use, reason="Rates are constant.", actor=story.owner) for use in uses]
    lift(story, officers, uses[0])
    sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    assert [state_of(use) for use in uses] == ["live", "suspended"]
    with refused("lifted by an approved request"):
        Arrangement.objects.filter(pk=orders[1].pk).update(state="closed", ended_at=timezone.now())


def test_records_and_rows_agree_about_what_was_ordered(story, officers, pricing):
    (before,) = {*disagreements(), *undecided(9)}
    assert "An approval of version 1" in before, "given past the services, for the uses of these tests"
    order_restriction(pricing, reason=LIMITS, actor=story.owner)
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    lift(story, officers, pricing)
    assert {*disagreements(), *undecided(9)} == {before}


def test_whether_a_version_may_serve_a_suspended_use_is_answered_no(story, pricing):
    hold_use(pricing, held=UseState.RESTRICTED, reason=LIMITS, actor=None)
    assert answer_for(story.version, pricing, timezone.now()).may_serve
    pricing.refresh_from_db()
    order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    pricing.refresh_from_db()
    answer = answer_for(story.version, pricing, timezone.now())
    assert not answer.may_serve and "suspended: Rates are constant." in answer.sentences[0]
    assert any("stays so" in warning for warning in gate_for(story.version).warnings)


def test_the_conditions_of_a_model_name_what_was_ordered_of_it_and_until_when(story, pricing):
    restricted = order_restriction(story.model.uses.get(title="Limits"), reason=LIMITS, actor=story.owner)
    order = order_suspension(pricing, reason="Rates are constant.", actor=story.owner)
    told = all_derived_of([story.model], None)[story.model.pk]["conditions"]
    assert {"Pricing is suspended: Rates are constant.", f"Limits is restricted: {LIMITS}"} < {*told}
    whole = suspend(story.model, reason="Prices fell.", actor=story.owner)
    told = "\n".join(all_derived_of([story.model], None)[story.model.pk]["conditions"])
    for one, kind in ((order, "Suspension"), (whole, "Suspension"), (restricted, "Restriction of a use")):
        assert f"{one.reference}: {kind} since" in told
    assert "Prices fell." in told and told.count("(until it is lifted)") == 3


def test_a_condition_of_use_tells_its_end(story, candidate):
    change = request_change(
        Kind.PROMOTION, candidate, reason="Better.", terms={"ends_on": in_days(100)}, actor=story.owner
    )
    approve(change, story.validator, conditions=[{"text": "Watch it monthly.", "due_on": in_days(30)}])
    approve(change, story.risk_officer)
    condition = Arrangement.objects.get(kind=Arrangement.Kind.CONDITION)
    (line,) = all_derived_of([story.model], None)[story.model.pk]["conditions"]
    assert line == f"{condition.reference}: Watch it monthly. (until {day(condition.last_day)})"


def test_those_concerned_are_told_by_mail_and_in_their_queue(story, pricing, settings):
    settings.EMAIL_URL = "smtp://mail.bank.example"
    order = order_suspension(pricing, reason="Rates are constant.", actor=story.validator)
    send_notices(timezone.now())
    (message,) = mail.outbox
    assert message.to == [story.owner.email] and order.reference in message.body
    assert any("Pricing" in task.what for task in work_for(story.owner, now=timezone.now()))


def test_one_call_restricts_or_stops_a_use(api, story, pricing):
    address = f"/api/v1/models/{story.model.slug}/uses/1/"
    for act, example in (("restriction", examples.RESTRICTION), ("suspension", examples.USE_SUSPENSION)):
        is_problem(sign_json(api(story.engineer), f"{address}{act}/", reason=LIMITS), 403)
        made = sign_json(api(story.owner), f"{address}{act}/", reason=LIMITS)
        assert made.status_code == 201 and made.json().keys() == example.keys() and made.json()["use"] == 1
    told = api(story.auditor).get(f"{address}approvals/").json()
    assert (told["approved"], told["may_serve"]) == (True, False) and "is suspended" in told["answer"][0]
    is_problem(post_json(api(story.owner), f"{address}withdrawal/", {"reason": "No."}), 409)
