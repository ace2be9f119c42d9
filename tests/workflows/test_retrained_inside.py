"""A version that was retrained inside an envelope: what promotes it by itself, and what leaves it to people."""

from contextlib import nullcontext

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from audits.assessments.models import Result
from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.gates.enveloped import bounds_of
from audits.workflows.gates.gathered import Gathered
from audits.workflows.models import Arrangement, ChangeRequest, Retraining
from audits.workflows.services import (
    decide_retrained,
    end_envelopes,
    request_change,
)
from audits.workflows.services import envelopes as services_of_envelopes
from audits.workflows.services.envelopes import promote_within
from audits.workflows.states import ChangeState
from inventory.models import Policy
from inventory.states import Stage
from mrm.errors import RuleBroken
from reports.contents.agreement import disagreements
from reports.contents.gather import gather
from reports.services import request_report
from tests.factories import make_otherwise, make_version, publish, sql, undecided
from tests.fixtures.story import told_further
from tests.signing import close_arrangement
from tests.workflows.envelopes import (
    BOUNDS,
    WHY,
    WITHIN,
    allow_envelopes,
    approved,
    in_use,
    outside,
    retrained,
    settle,
)
from tests.workflows.kinds import except_from

Kind, Arranged = ChangeRequest.Kind, Arrangement.Kind


@pytest.fixture(scope="module")
def story_database(told_story, django_db_blocker):
    """The story goes on: what the sweeps and the built-in pipeline make of its breach, within an envelope."""
    with django_db_blocker.unblock(), told_further(told_story) as story:
        allow_envelopes()
        approved(story)
        retrained(story)
        yield


@pytest.fixture
def envelope(story) -> Arrangement:
    return Arrangement.objects.get(kind=Arranged.ENVELOPE)


@pytest.fixture
def retraining(story) -> Retraining:
    return Retraining.objects.get()


def forged(story, retraining, envelope, bounds: list[dict]) -> ChangeRequest:
    """A promotion that somebody with SQL says is inside the envelope."""
    change = request_change(Kind.PROMOTION, retraining.candidate, reason=WHY, actor=None)
    evidence = change.evidence | {"envelope": {"reference": envelope.reference, "bounds": bounds}}
    with undecided("workflows_changerequest", "USER"):
        ChangeRequest.objects.filter(pk=change.pk).update(envelope=envelope, evidence=evidence)
    return change


def bound(name: str, limit, measured, **facts) -> dict:
    told = {"name": name, "bound": limit, "measured": measured, "is_lower": name != "window_days", "run": "", "why": ""}
    return told | {"is_kept": True} | facts


def test_a_retraining_inside_the_envelope_starts_and_goes_into_production_by_itself(story, envelope, retraining):
    assert retraining.change.envelope == envelope and not retraining.change.decisions.exists()
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get(kind=Kind.PROMOTION)
    assert (change.state, change.envelope, change.requester) == (ChangeState.COMPLETED, envelope, None)
    assert story.model.production_version() == retraining.candidate
    told = Entry.objects.about(change).get(action=Action.CHANGE_APPROVED).details["envelope"]
    assert told == change.evidence["envelope"] and told["reference"] == envelope.reference
    assert {bound["name"]: bound["measured"] for bound in told["bounds"]} == {
        "window_days": 365, "rows": retraining.metrics["rows"]["training"], **dict.fromkeys(BOUNDS, 0.9)
    }  # fmt: skip
    approval = Arrangement.objects.get(kind=Arranged.APPROVAL, version=retraining.candidate)
    before = Arrangement.objects.get(kind=Arranged.APPROVAL, version=story.version)
    assert approval.ends_at == before.ends_at, "it is approved no longer than what it replaces was"
    decide_retrained(timezone.now())
    assert retraining.candidate.changes.count() == 1
    told = disagreements()
    assert not [one for one in told if change.reference in one or "put into production" in one]


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"gain_on_champion": (-0.6, "amber")}, "Gain on champion is -0.6, at least -0.5 is approved"),
        ({"reason_code_stability": (0.9, "insufficient")}, "reason_code_stability"),
    ],
)
def test_one_outside_or_undecided_takes_the_ordinary_way_with_the_bound_named(
    story, envelope, retraining, found, named
):
    settle(WITHIN | found, retraining.candidate)
    assert any(named in warning for warning in gate_for(retraining.candidate).warnings)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert (change.state, change.envelope) == (ChangeState.PENDING, None)
    assert named in change.reason and envelope.reference in change.reason
    assert change.roles_required == ["validator", "risk_officer"]
    decide_retrained(timezone.now())
    assert retraining.candidate.changes.count() == 1, "asked once; from then on people decide"


def test_what_nobody_measured_is_not_inside(story, envelope, retraining):
    with undecided("assessments_result", "USER"):
        Result.objects.filter(run__version=retraining.candidate, measure="impact_ratio").delete()
    assert "Impact ratio is not measured, at least 0 is approved." in outside(envelope, retraining.candidate)


def test_what_an_outside_pipeline_says_of_its_training_does_not_count(story, envelope, retraining):
    make_otherwise(retraining.candidate, registered_by=story.engineer)
    reasons = outside(envelope, retraining.candidate)
    assert len([reason for reason in reasons if "the built-in pipeline did not train it" in reason]) == 2


def test_a_material_change_takes_the_ordinary_way(story, envelope, retraining):
    document = Policy.objects.in_force().document
    document["change_classes"]["population_psi"] = 0.0001
    publish(document)
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert change.state == ChangeState.PENDING and "it is a material change" in change.reason


def test_a_closed_gate_keeps_a_candidate_inside_every_bound_out(story, envelope, retraining):
    settle(WITHIN | {"auc_change": (-0.5, "red")}, retraining.candidate)
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = ["performance"]
    publish(document)
    decide_retrained(timezone.now())
    assert not retraining.candidate.changes.exists()


def test_what_is_red_and_excepted_is_left_to_people(story, envelope, retraining):
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = ["performance"]
    document["exceptions"]["waivable"] = ["verdict.performance"]
    publish(document)
    settle(WITHIN | {"auc_change": (-0.5, "red")}, retraining.candidate)
    exception = except_from(story, (story.validator, story.risk_officer), "verdict.performance")
    gate = gate_for(retraining.candidate)
    assert gate.is_open and gate.waived
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert change.state == ChangeState.PENDING and f"Waived by {exception.reference}" in change.reason


def test_conditions_of_use_are_not_shed(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    change = Arrangement.objects.get(kind=Arranged.APPROVAL).change
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        Arrangement.objects.create(reference="CO-2026-9999", kind=Arranged.CONDITION, model=story.model, change=change,
                                   version=story.version, title="Monthly bias", ends_at=envelope.ends_at)  # fmt: skip
    decide_retrained(timezone.now())
    assert "under conditions" in retraining.candidate.changes.get().reason


def test_a_condition_that_goes_on_under_another_number_of_the_artifact_is_not_shed_either(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    earlier = make_version(story.model)
    make_otherwise(earlier, artifact_sha256=story.version.artifact_sha256)
    change = Arrangement.objects.get(kind=Arranged.APPROVAL).change
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        Arrangement.objects.create(reference="CO-2026-9999", kind=Arranged.CONDITION, model=story.model, change=change,
                                   version=earlier, title="Monthly bias", ends_at=envelope.ends_at)  # fmt: skip
    assert f"{story.version} is approved under conditions" in " ".join(outside(envelope, retraining.candidate))


@pytest.mark.parametrize(("now", "why"), [("gone", "the policy limits it no longer"),
                                          ("upper", "the policy limits it on the other side now")])  # fmt: skip
def test_a_bound_is_kept_on_the_side_on_which_it_was_approved(story, envelope, retraining, now, why):
    settle(WITHIN, retraining.candidate)
    document = Policy.objects.in_force().document
    others = [one for one in document["limits"] if one["measure"] != "gain_on_champion"]
    upper = [{"measure": "gain_on_champion", "amber": 0.95, "direction": "upper"}] if now == "upper" else []
    publish(document | {"limits": others + upper})
    told = outside(envelope, retraining.candidate)
    assert told == [f"Gain on champion is 0.9, at least -0.5 is approved ({why})."]


def test_a_use_since_the_envelope_is_asked_about_with_the_version(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    use = in_use(story)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert (change.state, change.terms["uses"]) == (ChangeState.PENDING, [str(use.number)])
    assert f"It does not name {use}, which is in use." in change.reason


def test_what_a_person_asks_for_while_the_sweep_decides_is_no_failure_of_it(story, envelope, retraining, monkeypatch):
    settle(WITHIN, retraining.candidate)
    weigh = services_of_envelopes.weigh

    def meanwhile(kind, version):
        request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)
        return weigh(kind, version)

    monkeypatch.setattr(services_of_envelopes, "weigh", meanwhile)
    decide_retrained(timezone.now())
    assert retraining.candidate.changes.get().requester == story.engineer


def test_one_candidate_or_end_that_fails_is_told_at_the_end_and_tried_again(story, envelope, retraining, monkeypatch):
    settle(WITHIN, retraining.candidate)

    def fails(*_):
        raise OperationalError("the disk is full")

    monkeypatch.setattr(services_of_envelopes, "weigh", fails)
    monkeypatch.setattr(services_of_envelopes, "why_over", fails)
    for sweep in (decide_retrained, end_envelopes):
        with pytest.raises(ExceptionGroup, match="1 of what a sweep found failed"):
            sweep(timezone.now())
    monkeypatch.undo()
    decide_retrained(timezone.now())
    assert story.model.production_version() == retraining.candidate


def test_an_envelope_revoked_while_a_version_is_promoted_promotes_nothing(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    seen = Arrangement.objects.get(pk=envelope.pk)
    close_arrangement(envelope, reason="The data changed.", actor=story.risk_officer)
    with pytest.raises(RuleBroken, match="is over"):
        promote_within(seen, retraining.candidate, reason=WHY, terms={}, weights=None)
    assert story.model.production_version() == story.version


def test_the_database_approves_nothing_on_bounds_that_no_run_measured(story, envelope, retraining):
    said = [bound("window_days", 400, 365), bound("rows", 100, 500), *(bound(one, BOUNDS[one], 0.99) for one in BOUNDS)]
    change = forged(story, retraining, envelope, said)
    with pytest.raises(IntegrityError, match="is not kept, or nothing that counts measured it"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


@pytest.mark.parametrize("turned", [True, False])
def test_the_database_turns_no_bound_round(story, envelope, retraining, turned):
    settle(WITHIN | {"gain_on_champion": (-0.6, "amber") if turned else (0.9, "within")}, retraining.candidate)
    said = [one.as_json() for one in bounds_of(envelope, Gathered(retraining.candidate, timezone.now()))]
    said = [one | ({"is_lower": False, "is_kept": True} if turned and not one["is_kept"] else {}) for one in said]
    change = forged(story, retraining, envelope, said)
    with pytest.raises(IntegrityError, match="is not kept") if turned else nullcontext(), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def test_the_database_approves_nothing_on_an_envelope_that_is_over(story, envelope, retraining):
    change = forged(story, retraining, envelope, [])
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(story.model, tier=3)
    with pytest.raises(IntegrityError, match="is over"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def test_a_candidate_in_production_already_is_left_alone(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    candidate = retraining.candidate
    candidate.refresh_from_db()
    assert candidate.stage == Stage.PRODUCTION
    decide_retrained(timezone.now())
    assert candidate.changes.count() == 1


def test_the_report_names_the_envelope_its_bounds_what_was_measured_and_who_approved_it(story, envelope, retraining):
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    today = timezone.now().date()
    report = request_report(story.model, period_start=today, period_end=today, actor=story.auditor)
    (told,) = [one for one in gather(report).report.beforehand if one.bounds]
    change = retraining.candidate.changes.get()
    assert (told.reference, told.envelope, told.decided_in) == (
        change.reference, envelope.reference, envelope.change.reference
    )  # fmt: skip
    assert [who.split(",")[0] for who in told.approved_by] == [str(story.validator), str(story.risk_officer)]
    said = {bound.name: (bound.approved, bound.measured) for bound in told.bounds}
    assert said["Gain on champion"] == ("at least -0.5", "0.9") and said["Window days"] == ("at most 400", "365")
