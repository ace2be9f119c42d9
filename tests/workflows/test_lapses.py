"""What holds for a time: how long at most, how often it is renewed, and that each lapse has its consequence, once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.workflows import tasks
from audits.workflows.contents.hygiene import BY_NAME, breaking
from audits.workflows.contents.indicators.decided import unapproved_in_use
from audits.workflows.contents.indicators.scope import Scope
from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest, Delegation, Finding, Standing
from audits.workflows.services import (
    arrangements,
    count_marked,
    expire_arrangements,
    position_of,
    raise_due_findings,
    raise_finding,
    request_change,
)
from audits.workflows.services.findings import automatic
from audits.workflows.services.positions import why_over
from audits.workflows.states import ArrangementState, ChangeState
from inventory.models import Model
from inventory.services import propose_use
from inventory.states import Status
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_person, make_version, take_back_approval, undecided
from tests.fixtures.story import approve
from tests.signing import close_arrangement, delegate
from tests.workflows.kinds import (
    acceptance_terms,
    after,
    decided,
    except_from,
    exception_terms,
    in_days,
    overlay_terms,
)
from tests.workflows.validating import make_panel, validated

Kind, Held = ChangeRequest.Kind, Arrangement.Kind
WHY = "It is needed."


def lapses_of(arrangement: Arrangement) -> int:
    return Entry.objects.about(arrangement).filter(action=Action.ARRANGEMENT_EXPIRED).count()


def lapse_thrice(arrangement: Arrangement) -> None:
    """Not before its end; then as often as sweeps come by."""
    expire_arrangements(arrangement.ends_at - timedelta(seconds=1))
    assert lapses_of(arrangement) == 0
    for _ in range(3):
        expire_arrangements(arrangement.ends_at)
    assert lapses_of(arrangement) == 1


def is_unapproved(model, now=None) -> tuple[bool, bool, float]:
    """By hygiene, by the portfolio and by the key risk indicator."""
    now = now or timezone.now()
    count_marked()
    listed = breaking(Model.objects.filter(pk=model.pk), BY_NAME["not_approved"], now=now).exists()
    counted = unapproved_in_use(Scope(make_person(Role.AUDITOR, name=f"Auditor {uuid4()}"), now)).value
    return listed, Standing.objects.get(model=model).in_use_without_approval, counted


def test_what_was_approved_once_counts_as_not_approved_when_that_lapsed(story, candidate, officers):
    decided(Kind.PROMOTION, candidate, *officers, actor=story.owner)
    assert is_unapproved(story.model) == (False, False, 0)
    approval = Arrangement.objects.get(kind=Held.APPROVAL, version=candidate)
    assert is_unapproved(story.model, after(approval))[::2] == (True, 1)  # At once, before any sweep.
    expire_arrangements(after(approval))
    story.model.refresh_from_db()
    assert (story.model.status, is_unapproved(story.model)) == (Status.RESTRICTED, (True, True, 1))
    with undecided("inventory_model"):
        Model.objects.filter(pk=story.model.pk).update(status=Status.SUSPENDED)
    assert is_unapproved(story.model) == (True, True, 1)


def test_a_live_use_whose_approval_ended_counts_as_not_approved(story, candidate, officers):
    use = propose_use(story.model, title="Instalment loans", actor=story.owner)
    decided(Kind.PROMOTION, candidate, *officers, terms={"uses": [use.number]}, actor=story.owner)
    assert is_unapproved(story.model) == (False, False, 0)
    take_back_approval(use.approvals.get(), reason="It was for the old population.", actor=None)
    assert is_unapproved(story.model) == (True, True, 1)


@pytest.mark.parametrize("kind", [Held.APPROVAL, Held.CONDITION])
def test_an_approval_and_its_conditions_lapse_once_and_restrict_the_use(story, candidate, officers, kind):
    change = request_change(Kind.PROMOTION, candidate, reason=WHY, terms={"ends_on": in_days(100)}, actor=story.owner)
    approve(change, story.validator, conditions=[{"text": "Bias is assessed monthly.", "due_on": in_days(30)}])
    approve(change, story.risk_officer)
    lapse_thrice(Arrangement.objects.get(kind=kind, version=candidate))
    assert story.model.status == Status.RESTRICTED


def test_a_condition_of_an_opinion_lapses_once_and_restricts_the_use(story):
    condition = {"text": "No loans above 50,000.", "due_on": in_days(30)}
    panel = make_panel(story.workspace)
    validated(story.version, panel, outcome="fit_with_conditions", conditions=[condition])
    lapse_thrice(Arrangement.objects.get(kind=Held.CONDITION))
    assert story.model.status == Status.RESTRICTED


def test_an_overlay_an_accepted_risk_and_an_emergency_release_lapse_once_and_restrict_the_use(
    story, officers, finding, open_gate
):
    asked = (
        (Kind.OVERLAY, story.model, overlay_terms()),
        (Kind.RISK_ACCEPTANCE, story.model, acceptance_terms(finding)),
        (
            Kind.BREAK_GLASS,
            make_version(story.model, actor=story.engineer),
            {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)},
        ),
    )
    for kind, subject, terms in asked:
        held = decided(kind, subject, *officers, terms=terms, actor=story.owner).arrangements.get()
        lapse_thrice(held)
        assert story.model.status == Status.RESTRICTED
        if kind == Kind.BREAK_GLASS:  # Put in order by a full approval alone.
            continue
        another = make_person(Role.RISK_OFFICER, workspace=story.workspace)
        close_arrangement(held, reason="Put in order.", actor=another)
        assert story.model.status == Status.IN_USE
    finding.refresh_from_db()
    assert finding.state == "action_plan_due", "what was accepted is to be put right again"


def test_an_exception_that_lapsed_raises_one_finding_that_names_it(story, officers):
    exception = except_from(story, officers, "validation")
    of_exceptions = Finding.objects.filter(origin__startswith="exception:")
    raise_due_findings(exception.ends_at)
    assert not of_exceptions.exists()
    expire_arrangements(exception.ends_at)
    for _ in range(3):
        raise_due_findings(exception.ends_at)
    raised = of_exceptions.get()
    entry = Entry.objects.about(exception).get(action=Action.ARRANGEMENT_EXPIRED)
    assert raised.origin == f"exception:{exception.pk}" and exception.reference in raised.title
    assert [one["reference"] for one in raised.evidence] == [str(entry.position)]
    close_arrangement(exception, reason="Assessed again.", actor=story.second_officer())
    raise_due_findings(exception.ends_at)
    assert of_exceptions.count() == 1


def test_an_exception_that_has_its_finding_keeps_no_other_from_one(story, officers, monkeypatch):
    monkeypatch.setattr(automatic, "AT_ONCE", 1)
    for clause in ("validation", "conditions"):
        except_from(story, officers, clause)
    late = Arrangement.objects.latest("ends_at").ends_at
    expire_arrangements(late)
    for _ in range(2):
        raise_due_findings(late)
    assert Finding.objects.filter(origin__startswith="exception:").count() == 2


def test_findings_that_overlays_and_emergencies_raise_name_what_raised_them(story, officers):
    def overlay(**fields) -> Arrangement:
        measured = {"measured_effect": "4.1 percent."} if fields else {}
        terms = overlay_terms() | measured
        return decided(
            Kind.OVERLAY, story.model, *officers, terms=terms, actor=story.owner, **fields
        ).arrangements.get()

    third = overlay(renews=overlay(renews=overlay()))
    assert Finding.objects.get().origin == f"overlay:{third.pk}"
    terms = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}
    version = make_version(story.model, actor=story.engineer)
    release = decided(Kind.BREAK_GLASS, version, *officers, terms=terms, actor=story.owner).arrangements.get()
    assert Finding.objects.filter(origin=f"break_glass:{release.pk}", raised_by=None).count() == 1


def test_a_delegation_counts_to_its_minute_and_not_after(story, retraining):
    away = make_person(Role.RISK_OFFICER, workspace=story.workspace)
    stand_in = make_person(Role.VALIDATOR, workspace=story.workspace)
    approve(retraining, story.validator)
    delegate(stand_in, reason="Leave.", ends_at=timezone.now() + timedelta(days=1), actor=away)
    assert position_of(retraining, stand_in).on_behalf_of == away
    with undecided("workflows_delegation", "workflows_delegation_rows_stay"):
        Delegation.objects.update(starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now())
    assert position_of(retraining, stand_in).on_behalf_of is None


# Exceptions


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"clause": "stage"}, "terms.clause"),
        ({"clause": ["assessment.bias"]}, "terms.clause"),
        ({"ends_on": "tomorrow"}, "terms.ends_on"),
        ({"ends_on": 7}, "terms.ends_on"),
        ({"risk": "x" * 5000}, "terms.risk"),
        ({"risk": {}}, "terms.risk"),
        ({"compensating_control": "  "}, "terms.compensating_control"),
        ({"hidden": "word"}, "terms.hidden"),
    ],
)
def test_unusable_terms_name_their_field(story, wrong, field):
    with pytest.raises(UnusableData) as refused:
        request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(**wrong), actor=story.owner)
    assert field in [error["field"] for error in refused.value.errors]


def test_separation_of_duties_and_a_confirmed_tier_are_never_excepted(story):
    for clause in ("tier", "model_status", "uses", "segregation_of_duties"):
        with pytest.raises(UnusableData, match="it must be one of"):
            terms = exception_terms(clause=clause)
            request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=terms, actor=story.owner)


def test_an_exception_lasts_twelve_months_at_most_and_ends_in_the_future(story):
    for day, why in ((in_days(400), "365 days at most"), (in_days(-1), "has passed")):
        with pytest.raises(RuleBroken, match=why):
            terms = exception_terms(ends_on=day)
            request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=terms, actor=story.owner)


def test_an_exception_is_renewed_once_and_ending_it_to_ask_anew_is_a_renewal_too(story, officers):
    first = except_from(story, officers, "validation")
    with pytest.raises(RuleBroken, match="ask for its renewal"):
        request_change(
            Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(clause="validation"), actor=story.owner
        )
    second = except_from(story, officers, "validation", renews=first)
    first.refresh_from_db()
    assert (first.state, second.renews) == (ArrangementState.RENEWED, first)
    close_arrangement(second, reason="Try without.", actor=story.second_officer())
    with pytest.raises(RuleBroken, match="it must be put right"):
        request_change(
            Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(clause="validation"), actor=story.owner
        )


def test_an_expired_exception_restricts_the_use_and_the_second_line_puts_it_in_order(story, officers):
    exception = except_from(story, officers, "validation")
    expire_arrangements(after(exception))
    exception.refresh_from_db()
    assert (exception.state, story.model.status) == (ArrangementState.EXPIRED, Status.RESTRICTED)
    with pytest.raises(NotPermitted):
        close_arrangement(exception, reason="Done.", actor=story.owner)
    close_arrangement(exception, reason="Assessed again.", actor=story.second_officer())
    assert story.model.status == Status.IN_USE


def test_what_is_over_closes_the_gate_and_is_renewed_no_more_before_a_sweep_has_seen_it(
    story, candidate, officers, monkeypatch
):
    held = except_from(story, officers, "assessment.bias")
    terms = exception_terms(ends_on=in_days(120))
    renewal = request_change(Kind.EXCEPTION, story.model, reason="R.", terms=terms, renews=held, actor=story.owner)
    approve(renewal, officers[0])
    assert gate_for(candidate).is_open
    later = after(held)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert gate_for(candidate).reasons == [f"{held.reference} has lapsed and is not put in order: {held.title}."]
    renewal.refresh_from_db()
    renewal.expires_at = later + timedelta(days=1)
    assert f"{held.reference} held until" in why_over(renewal) and "is not renewed" in why_over(renewal)


def test_nothing_lapses_before_its_end_and_each_lapse_is_recorded_once(story, officers):
    exception = except_from(story, officers, "validation")
    expire_arrangements(exception.ends_at - timedelta(seconds=1))
    exception.refresh_from_db()
    assert exception.state == ArrangementState.ACTIVE
    for _ in range(3):
        expire_arrangements(exception.ends_at)
    assert Entry.objects.about(exception).filter(action=Action.ARRANGEMENT_EXPIRED).count() == 1
    assert Entry.objects.about(story.model).filter(action=Action.MODEL_RESTRICTED).count() == 1


def test_a_worker_whose_clock_is_ahead_ends_nothing_before_its_end(story, officers, monkeypatch):
    exception, ahead = except_from(story, officers, "validation"), timezone.now() + timedelta(days=999)
    asked = request_change(Kind.EXCEPTION, story.model, reason=WHY, terms=exception_terms(), actor=story.owner)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: ahead)
        tasks.expire_arrangements()
        tasks.expire_change_requests()
    exception.refresh_from_db()
    asked.refresh_from_db()
    assert (exception.state, asked.state) == (ArrangementState.ACTIVE, ChangeState.PENDING)


def test_what_was_approved_is_neither_changed_nor_deleted(story, officers):
    exception = except_from(story, officers, "validation")
    rows = Arrangement.objects.filter(pk=exception.pk)
    for change in (
        lambda: rows.update(ends_at=timezone.now() + timedelta(days=9000)),
        lambda: rows.update(terms={}),
        lambda: rows._raw_delete(rows.db),
    ):
        with pytest.raises(IntegrityError, match="only ended"), transaction.atomic():
            change()


# Overlays


def test_an_overlay_lasts_two_quarters_at_most(story):
    with pytest.raises(RuleBroken, match="183 days at most"):
        request_change(
            Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(ends_on=in_days(200)), actor=story.owner
        )


def test_an_overlay_is_renewed_only_with_its_effect_measured_and_the_second_renewal_raises_a_finding(story, officers):
    def overlay(**fields) -> Arrangement:
        terms = overlay_terms() | fields.pop("terms", {})
        return decided(
            Kind.OVERLAY, story.model, *officers, terms=terms, actor=story.owner, **fields
        ).arrangements.get()

    first = overlay()
    with pytest.raises(RuleBroken, match="effect measured"):
        request_change(Kind.OVERLAY, story.model, reason=WHY, terms=overlay_terms(), renews=first, actor=story.owner)
    measured = {"measured_effect": "4.1 percent on 8,000 applications."}
    second = overlay(renews=first, terms=measured)
    assert not Finding.objects.exists()
    third = overlay(renews=second, terms=measured)
    finding = Finding.objects.get()
    assert "renewed 2 times" in finding.title and third.state == ArrangementState.ACTIVE


# Accepting a risk


@pytest.fixture
def finding(story) -> Finding:
    texts = {"title": "Flaw", "observation": "It errs.", "required_outcome": "Mend it."}
    return raise_finding(story.model, severity="high", **texts, actor=story.validator)


def test_an_accepted_risk_lets_a_promotion_pass_until_it_lapses(story, candidate, finding, officers):
    assert any(finding.reference in reason for reason in gate_for(candidate).reasons)
    change = decided(Kind.RISK_ACCEPTANCE, story.model, *officers, terms=acceptance_terms(finding), actor=story.owner)
    assert gate_for(candidate).reasons == []
    expire_arrangements(after(change.arrangements.get()))
    assert any(finding.reference in reason for reason in gate_for(candidate).reasons)


def test_a_critical_finding_is_never_accepted(story):
    texts = {"title": "Flaw", "observation": "It errs.", "required_outcome": "Mend it."}
    critical = raise_finding(story.model, severity="critical", **texts, actor=story.validator)
    with pytest.raises(RuleBroken, match="never accepted"):
        request_change(
            Kind.RISK_ACCEPTANCE, story.model, reason=WHY, terms=acceptance_terms(critical), actor=story.owner
        )


def test_one_expiry_that_fails_stops_no_other_and_is_tried_again(story, officers, monkeypatch):
    first, second = (except_from(story, officers, clause) for clause in ("assessment.bias", "assessment.drift"))
    lapsing = arrangements.lapse

    def fails_once(arrangement, **told):
        if arrangement == first:
            raise OperationalError("the disk is full")
        lapsing(arrangement, **told)

    monkeypatch.setattr(arrangements, "lapse", fails_once)
    with pytest.raises(ExceptionGroup, match="1 of what a sweep found failed"):
        expire_arrangements(after(second))
    states = {one.pk: one.state for one in Arrangement.objects.filter(pk__in=[first.pk, second.pk])}
    assert states == {first.pk: ArrangementState.ACTIVE, second.pk: ArrangementState.EXPIRED}
    monkeypatch.undo()
    expire_arrangements(after(second))
    assert Arrangement.objects.get(pk=first.pk).state == ArrangementState.EXPIRED
