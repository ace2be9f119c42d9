"""Every kind of change: what it needs, what stands against it, what approval does and what lapse does."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest, Finding, Standing
from audits.workflows.services import (
    count_marked,
    decision_view,
    expire_arrangements,
    raise_finding,
    request_change,
    why_not_decide,
)
from audits.workflows.services.kinds import KINDS
from audits.workflows.states import ArrangementState, ChangeState
from inventory.models import TierAssessment
from inventory.services import propose_tier, propose_use
from inventory.states import Status, UseState
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import (
    RETIREMENT,
    approve_for,
    make_model,
    make_person,
    make_reference,
    make_version,
    take_back_approval,
)
from tests.fixtures.story import approve
from tests.inventory.test_tiering import LOWEST
from tests.signing import close_arrangement, confirm_tier, suspend
from tests.workflows.duties import now_holding, reasons
from tests.workflows.kinds import (
    after,
    decided,
    except_from,
    in_days,
    overlay_terms,
)
from tests.workflows.retiring import retired

Kind, Held = ChangeRequest.Kind, Arrangement.Kind
WHY = "It is needed."


def test_every_kind_says_what_it_is_for_and_what_follows():
    assert set(KINDS) == set(Kind.values)
    for kind in KINDS.values():
        assert kind.purpose.endswith(".") and kind.if_approved.endswith(".") and kind.if_not.endswith(".")


def test_what_is_about_the_model_as_a_whole_is_about_no_version_that_the_asker_chose(story, officers, open_gate):
    """Else whoever made what is in production would let it run again, when another version is named."""
    other = make_version(story.model, actor=make_person(Role.ENGINEER, workspace=story.workspace))
    suspend(story.model, reason="It refuses everybody.", actor=story.risk_officer)
    terms = {"remedy": "Mended."}
    change = request_change(Kind.RESUMPTION, other, reason=WHY, terms=terms, actor=story.owner)
    assert change.version is None
    maker = now_holding(story.engineer, Role.VALIDATOR, workspace=story.workspace)
    assert f"you registered version {story.version.number}" in reasons(change, maker)
    change.pk, change.reference, change.version = uuid4(), "CR-2026-9999", other
    with pytest.raises(IntegrityError, match="is about the model as a whole"), transaction.atomic():
        change.save(force_insert=True)


# Promotion and approval for use


def test_a_promotion_is_approved_until_a_day_under_conditions(story, candidate, officers):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, terms={"ends_on": in_days(100)}, actor=story.owner)
    approve(change, story.validator, conditions=[{"text": "Bias is assessed monthly.", "due_on": in_days(30)}])
    approve(change, story.risk_officer)
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=candidate)
    condition = Arrangement.objects.get(kind=Held.CONDITION, version=candidate)
    assert approval.last_day.isoformat() == in_days(100)
    assert (condition.title, condition.last_day.isoformat()) == ("Bias is assessed monthly.", in_days(30))
    change.refresh_from_db()
    assert "approved until" in change.outcome


def test_an_approval_lasts_no_longer_than_the_policy_allows_for_the_tier(story, candidate):
    with pytest.raises(RuleBroken, match="730 days at most"):
        request_change(Kind.PROMOTION, candidate, reason=WHY, terms={"ends_on": in_days(900)}, actor=story.owner)


def test_an_expired_approval_restricts_the_model_and_a_new_one_lifts_that(story, candidate, officers):
    decided(Kind.PROMOTION, candidate, *officers, actor=story.owner)
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=candidate)
    expire_arrangements(after(approval))
    assert story.model.status == Status.RESTRICTED
    decided(Kind.APPROVAL, candidate, *officers, actor=story.owner)
    assert story.model.status == Status.IN_USE
    approval.refresh_from_db()
    assert approval.state == ArrangementState.CLOSED


def test_a_promotion_names_the_uses_it_is_for_and_they_go_live(story, candidate, officers):
    use = propose_use(story.model, title="Pricing", actor=story.owner)
    decided(Kind.PROMOTION, candidate, *officers, terms={"uses": [str(use.number)]}, actor=story.owner)
    use.refresh_from_db()
    assert use.state == UseState.LIVE
    assert use.approvals.get().version == candidate


def test_a_live_use_that_the_new_version_is_not_approved_for_blocks_unless_it_is_named(story, candidate, officers):
    use = propose_use(story.model, title="Pricing", actor=story.owner)
    approve_for(story.version, use)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": [str(use.number)]}, actor=story.owner)
    assert any("not approved for use 1, Pricing" in reason for reason in gate_for(candidate).reasons)
    with pytest.raises(RuleBroken, match="name it in the request"):
        request_change(Kind.PROMOTION, candidate, reason=WHY, actor=story.owner)
    assert request_change(Kind.PROMOTION, candidate, reason=WHY, terms={"uses": ["1"]}, actor=story.owner)


def test_a_live_use_that_is_named_stays_live_through_the_promotion(story, candidate, officers):
    use = propose_use(story.model, title="Pricing", actor=story.owner)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    decided(Kind.PROMOTION, candidate, *officers, terms={"uses": ["1"]}, actor=story.owner)
    use.refresh_from_db()
    assert (use.state, use.state_because) == (UseState.LIVE, "")
    assert not Entry.objects.filter(action=Action.USE_RESTRICTED).exists()


def test_a_use_restricted_for_want_of_an_approval_is_live_again_once_it_is_given(story, candidate, officers):
    use = propose_use(story.model, title="Pricing", actor=story.owner)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    take_back_approval(use.approvals.get(), reason="A fault was found.", actor=None)
    use.refresh_from_db()
    assert use.state == UseState.RESTRICTED
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    use.refresh_from_db()
    assert use.state == UseState.LIVE


def test_what_rested_on_the_version_before_ends_with_its_use(story, candidate, officers):
    before = Arrangement.objects.get(kind=Held.APPROVAL, version=story.version)
    decided(Kind.PROMOTION, candidate, *officers, actor=story.owner)
    before.refresh_from_db()
    assert before.state == ArrangementState.CLOSED and "Superseded" in before.ended_because


# The gate


def test_what_cannot_be_assessed_does_not_pass_silently(story):
    schema = [column for column in story.version.schema if column["name"] != "label"]
    version = make_version(story.model, schema=schema)
    told = " ".join(gate_for(version).reasons)
    assert "The policy requires the performance assessment, and Consumer credit version 2 cannot have one" in told
    assert "its artifact is not here" in told


def test_an_exception_waives_the_blocker_it_names_and_no_other_until_its_end(story, officers):
    version = make_version(story.model)
    exception = except_from(story, officers, "assessment.explainability")
    gate = gate_for(version)
    assert [one.blocker.clause for one in gate.waived] == ["assessment.explainability"]
    assert f"Waived by {exception.reference} until {exception.terms['ends_on']}" in gate.waived[0].text
    assert "assessment.drift" in {blocker.clause for blocker in gate.blockers}
    assert not gate_for(version, now=after(exception)).waived, "an end counts from its minute, not from the sweep"


def test_a_suspended_model_promotes_nothing(story, candidate):
    suspend(story.model, reason="Scores are constant.", actor=story.risk_officer)
    candidate.refresh_from_db()
    assert "two people must lift the suspension" in " ".join(gate_for(candidate).reasons)


# Tier, suspension, retirement, emergencies


def test_a_proposed_tier_is_confirmed_by_signed_approvals_and_not_by_its_proposer(story, officers):
    with pytest.raises(RuleBroken, match="No tier of Consumer credit is proposed"):
        request_change(Kind.TIER_CHANGE, story.model, reason=WHY, actor=story.owner)
    propose_tier(story.model, answers=LOWEST, override=1, reason="Many customers.", actor=story.risk_officer)
    change = request_change(Kind.TIER_CHANGE, story.model, reason=WHY, actor=story.engineer)
    assert change.roles_required == ["risk_officer", "risk_officer"], "as for the stricter tier"
    assert "you set what the tier is made of on" in " ".join(why_not_decide(change, person=story.risk_officer))
    for _ in range(2):
        approve(change, make_person(Role.RISK_OFFICER, workspace=story.workspace))
    assert (story.model.tier, story.model.tier_is_provisional) == (1, False)


def test_nobody_confirms_alone_a_tier_that_several_are_asked_about_or_refused(story, officers):
    assessment = propose_tier(story.model, answers=LOWEST, actor=story.engineer)
    change = request_change(Kind.TIER_CHANGE, story.model, reason=WHY, actor=story.engineer)
    alone = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    with pytest.raises(RuleBroken, match=f"{change.reference} asks several to decide about this tier"):
        confirm_tier(story.model, actor=alone)
    approve(change, officers[0], approved=False, meaning="rejected", comment="It prices half the book.")
    with pytest.raises(RuleBroken, match=f"This tier was refused in {change.reference}"):
        confirm_tier(story.model, actor=alone)
    assessment.refresh_from_db()
    assert assessment.state == "proposed"
    propose_tier(story.model, answers=LOWEST, actor=story.engineer)
    confirm_tier(story.model, actor=alone)
    assert story.model.tier == 3


def test_leaving_tier_1_is_signed_by_the_chief_risk_officer(story, officers):
    propose_tier(story.model, answers=LOWEST, override=1, reason="Many customers.", actor=story.engineer)
    confirm_tier(story.model, actor=story.risk_officer)
    lower = propose_tier(story.model, answers=LOWEST, actor=story.engineer)
    for person in (story.risk_officer, make_person(Role.CHIEF_RISK_OFFICER, workspace=story.workspace)):
        with pytest.raises(NotPermitted, match="signed approvals of risk officer and chief risk officer"):
            confirm_tier(story.model, actor=person)
    with pytest.raises(IntegrityError, match="leaves tier 1 only by a request"), transaction.atomic():
        TierAssessment.objects.filter(pk=lower.pk).update(state="confirmed", confirmed_at=timezone.now())
    change = request_change(Kind.TIER_CHANGE, story.model, reason=WHY, actor=story.engineer)
    assert change.roles_required == ["risk_officer", "chief_risk_officer"]
    approve(change, make_person(Role.RISK_OFFICER, workspace=story.workspace))
    story.model.refresh_from_db()
    assert (story.model.tier, story.model.tier_is_provisional) == (1, True)
    approve(change, make_person(Role.CHIEF_RISK_OFFICER, workspace=story.workspace))
    story.model.refresh_from_db()
    assert (story.model.tier, story.model.tier_is_provisional) == (3, False)


def test_a_suspension_stops_the_uses_and_is_not_closed_by_hand(story, officers, open_gate):
    use = propose_use(story.model, title="Pricing", actor=story.owner)
    decided(Kind.APPROVAL, story.version, *officers, terms={"uses": ["1"]}, actor=story.owner)
    suspension = suspend(story.model, reason="Scores are constant.", actor=story.owner)
    use.refresh_from_db()
    assert use.state == UseState.SUSPENDED
    with pytest.raises(RuleBroken, match="two people decide"):
        close_arrangement(suspension, reason="Fine.", actor=story.validator)
    with pytest.raises(RuleBroken, match="Only what is in use"):
        suspend(story.model, reason="Again.", actor=story.owner)
    decided(Kind.RESUMPTION, story.model, *officers, terms={"remedy": "Repaired."}, actor=story.engineer)
    use.refresh_from_db()
    suspension.refresh_from_db()
    assert (use.state, suspension.state) == (UseState.LIVE, ArrangementState.CLOSED)


def test_nobody_lets_a_model_run_again_while_a_critical_finding_about_it_is_open(story, officers):
    suspend(story.model, reason="Scores are constant.", actor=story.owner)
    change = request_change(Kind.RESUMPTION, story.model, reason="Ok.", terms={"remedy": "Done."}, actor=story.engineer)
    approve(change, officers[0])
    raise_finding(
        story.model,
        severity="critical",
        title="Ranks wrongly",
        observation="It does.",
        required_outcome="It does not.",
        actor=story.validator,
    )
    approve(change, officers[1])  # What was signed before is void.
    with pytest.raises(RuleBroken, match=r"\(critical\) is open: Ranks wrongly"):
        approve(change, officers[0])
    assert story.model.status == Status.SUSPENDED
    with pytest.raises(RuleBroken, match=r"\(critical\) is open"):
        request_change(Kind.RESUMPTION, story.model, reason="Now.", terms={"remedy": "Done."}, actor=story.engineer)


def test_who_lets_a_model_run_again_is_shown_its_severe_findings_and_what_is_not_in_order(story, officers):
    suspend(story.model, reason="Scores are constant.", actor=story.owner)
    change = request_change(Kind.RESUMPTION, story.model, reason="Ok.", terms={"remedy": "Done."}, actor=story.engineer)
    first = approve(change, officers[0])
    high = raise_finding(
        story.model,
        severity="high",
        title="Ranks wrongly",
        observation="It does.",
        required_outcome="It does not.",
        actor=story.validator,
    )
    shown = decision_view(change, person=officers[1]).change.evidence
    assert [one["reference"] for one in shown["findings"]] == [high.reference] and shown["not_in_order"] == []
    first.refresh_from_db()
    assert first.voided_at is not None


def test_an_owner_of_another_model_and_an_engineer_suspend_nothing(story):
    other = make_person(Role.OWNER, workspace=story.workspace)
    with pytest.raises(NotPermitted, match="its owner"):
        suspend(story.model, reason="Hm.", actor=other)
    with pytest.raises(NotPermitted):
        suspend(story.model, reason="Hm.", actor=story.engineer)


def test_a_model_that_runs_again_stays_restricted_while_something_lapsed_is_open(story, officers):
    exception = except_from(story, officers, "validation")
    suspend(story.model, reason="Scores are constant.", actor=story.owner)
    expire_arrangements(after(exception))
    assert story.model.status == Status.SUSPENDED
    change = decided(Kind.RESUMPTION, story.model, *officers, terms={"remedy": "Repaired."}, actor=story.engineer)
    assert story.model.status == Status.RESTRICTED and exception.reference in change.outcome


def test_a_retirement_answers_every_item_of_the_checklist(story):
    terms = RETIREMENT | {"checklist": RETIREMENT["checklist"] | {"jobs_stopped": " "}}
    with pytest.raises(UnusableData, match="Jobs and endpoints are switched off"):
        request_change(Kind.RETIREMENT, story.model, reason=WHY, terms=terms, actor=story.owner)


def test_a_model_is_replaced_only_by_one_that_is_in_production(story):
    with pytest.raises(RuleBroken, match="Name the model that takes its place"):
        request_change(
            Kind.RETIREMENT, story.model, reason=WHY, terms=RETIREMENT | {"cause": "replaced"}, actor=story.owner
        )
    other = make_model(name="Newer credit", owner=story.owner)
    terms = RETIREMENT | {"cause": "replaced", "successor": other.slug}
    with pytest.raises(RuleBroken, match="has no version in production"):
        request_change(Kind.RETIREMENT, story.model, reason=WHY, terms=terms, actor=story.owner)


def test_what_ends_with_a_model_is_shown_and_ends(story, officers):
    exception = except_from(story, officers, "validation")
    change = request_change(Kind.RETIREMENT, story.model, reason=WHY, terms=RETIREMENT, actor=story.owner)
    assert exception.reference in change.evidence["impact"]["arrangements"]
    for person in officers:
        approve(change, person)
    retired(change, owner=story.owner, engineer=story.engineer, officer=story.risk_officer)
    exception.refresh_from_db()
    assert (exception.state, story.model.status) == (ArrangementState.CLOSED, Status.RETIRED)


def test_an_emergency_release_keeps_what_it_overrode_reports_itself_and_restricts_when_not_approved_in_full(
    story, officers
):
    version = make_version(story.model, actor=story.engineer)
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    change = decided(Kind.BREAK_GLASS, version, *officers, terms=terms, actor=story.owner)
    assert "has no reference data" in " ".join(change.evidence["overridden"])
    assert change.state == ChangeState.COMPLETED and story.model.production_version() == version
    assert Finding.objects.get().title.startswith("Emergency release BG-")
    release = Arrangement.objects.get(kind=Held.BREAK_GLASS)
    expire_arrangements(after(release))
    assert story.model.status == Status.RESTRICTED


def test_what_was_released_in_an_emergency_counts_as_not_approved_until_it_is_approved_in_full(
    story, officers, open_gate
):
    def is_unapproved() -> bool:
        count_marked()
        return Standing.objects.get(model=story.model).in_use_without_approval

    version = make_version(story.model, actor=story.engineer)
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    decided(Kind.BREAK_GLASS, version, *officers, terms=terms, actor=story.owner)
    assert is_unapproved()
    make_reference(version, story.folder)
    decided(Kind.APPROVAL, version, *officers, actor=story.owner)
    assert not is_unapproved()
    assert Arrangement.objects.get(kind=Held.BREAK_GLASS).state == ArrangementState.CLOSED


def test_an_open_gate_needs_no_emergency(story, candidate):
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    with pytest.raises(RuleBroken, match="ask for a promotion"):
        request_change(Kind.BREAK_GLASS, candidate, reason=WHY, terms=terms, actor=story.owner)


def test_a_kind_that_is_about_a_version_names_one(story):
    with pytest.raises(UnusableData, match="Name the version"):
        request_change(Kind.PROMOTION, story.model, reason=WHY, actor=story.owner)
    with pytest.raises(UnusableData, match="Name the model"):
        request_change(Kind.OVERLAY, None, reason=WHY, terms=overlay_terms(), actor=story.owner)
