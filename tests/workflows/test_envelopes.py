"""Retraining inside an envelope: who approves one, what it starts and promotes by itself, and what ends it."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from audits.assessments.models import Result
from audits.trail.models import Action, Entry
from audits.workflows.gates import gate_for
from audits.workflows.gates.enveloped import bounds_of, envelope_of, why_outside
from audits.workflows.models import Arrangement, ChangeRequest, Retraining
from audits.workflows.services import (
    decide_retrained,
    end_envelopes,
    expire_arrangements,
    open_retraining_requests,
    request_change,
)
from audits.workflows.services import envelopes as services_of_envelopes
from audits.workflows.services.envelopes import promote_within
from audits.workflows.states import ArrangementState, ChangeState
from audits.workflows.tasks import train
from inventory.models import Policy
from inventory.services import start_use
from inventory.states import Stage, Status
from mrm.adapters import training
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from reports.contents.agreement import disagreements
from tests.factories import approve_for, make_otherwise, make_use, make_version, publish, sql, undecided
from tests.fixtures.story import approve, assess, learn, make_applicants, scored
from tests.signing import close_arrangement, suspend

Kind, Arranged = ChangeRequest.Kind, Arrangement.Kind
WHY = "The applicants change with the season; the law does not."
BOUNDS = {"gain_on_champion": -0.5, "impact_ratio": 0, "reason_code_stability": 0}


@pytest.fixture
def permissive(story) -> None:
    """A policy under which the gate of a retrained version is open, and its change not material."""
    document = Policy.objects.in_force().document
    document["promotion"] |= {"required_assessments": [], "must_be_decided": []}
    document["retraining"]["candidate"] |= {"assessed": [], "decided": []}
    document["change_classes"] |= {"output_moves": 0.99, "cases_change_class": 0.99, "population_psi": 99}
    publish(document)


def terms(**others) -> dict:
    ends_on = (timezone.now().date() + timedelta(days=90)).isoformat()
    return {"window_days": 400, "rows": 100, "bounds": BOUNDS, "ends_on": ends_on} | others


def ask(story, **others) -> ChangeRequest:
    return request_change(Kind.RETRAINING_ENVELOPE, story.model, reason=WHY, terms=terms(**others), actor=story.owner)


def approved(story, **others) -> Arrangement:
    change = ask(story, **others)
    approve(change, story.validator)
    approve(change, story.risk_officer)
    return Arrangement.objects.get(change=change)


@pytest.fixture
def envelope(story, permissive) -> Arrangement:
    return approved(story)


def retrained(story) -> Retraining:
    """What the sweeps and the built-in pipeline make of the breach, until the candidate is assessed."""
    learn(story.model, scored(story.booster, make_applicants(500, seed=6, prefix="S", shift=1.5)), story.folder)
    (change,) = open_retraining_requests(timezone.now())
    retraining = Retraining.objects.get(change=change)
    retraining.pipeline = training.BUILT_IN
    train(change.reference)
    retraining.refresh_from_db()
    make_otherwise(story.version, params=retraining.candidate.params)  # Else its method counts as another.
    assess(retraining.candidate)
    return retraining


def settle(result: dict, version) -> None:
    """As if a run that counts had found this."""
    with undecided("assessments_result", "USER"):
        for measure, (value, verdict) in result.items():
            Result.objects.filter(run__version=version, measure=measure).update(value=value, verdict=verdict)


WITHIN = dict.fromkeys(BOUNDS, (0.9, "within"))


def test_a_retraining_inside_the_envelope_starts_and_goes_into_production_by_itself(story, envelope):
    retraining = retrained(story)
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
def test_one_outside_or_undecided_takes_the_ordinary_way_with_the_bound_named(story, envelope, found, named):
    retraining = retrained(story)
    settle(WITHIN | found, retraining.candidate)
    assert any(named in warning for warning in gate_for(retraining.candidate).warnings)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert (change.state, change.envelope) == (ChangeState.PENDING, None)
    assert named in change.reason and envelope.reference in change.reason
    assert change.roles_required == ["validator", "risk_officer"]
    decide_retrained(timezone.now())
    assert retraining.candidate.changes.count() == 1, "asked once; from then on people decide"


def test_what_nobody_measured_is_not_inside(story, envelope):
    retraining = retrained(story)
    with undecided("assessments_result", "USER"):
        Result.objects.filter(run__version=retraining.candidate, measure="impact_ratio").delete()
    assert "Impact ratio is not measured, at least 0 is approved." in why_outside(envelope, retraining.candidate)


def test_what_an_outside_pipeline_says_of_its_training_does_not_count(story, envelope):
    retraining = retrained(story)
    make_otherwise(retraining.candidate, registered_by=story.engineer)
    reasons = why_outside(envelope, retraining.candidate)
    assert len([reason for reason in reasons if "the built-in pipeline did not train it" in reason]) == 2


def test_a_material_change_takes_the_ordinary_way(story, envelope):
    document = Policy.objects.in_force().document
    document["change_classes"]["population_psi"] = 0.0001
    publish(document)
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert change.state == ChangeState.PENDING and "it is a material change" in change.reason


def test_a_closed_gate_keeps_a_candidate_inside_every_bound_out(story, envelope):
    retraining = retrained(story)
    settle(WITHIN | {"auc_change": (-0.5, "red")}, retraining.candidate)
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = ["performance"]
    publish(document)
    decide_retrained(timezone.now())
    assert not retraining.candidate.changes.exists()


def test_conditions_of_use_are_not_shed(story, envelope):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    change = Arrangement.objects.get(kind=Arranged.APPROVAL).change
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        Arrangement.objects.create(reference="CO-2026-9999", kind=Arranged.CONDITION, model=story.model, change=change,
                                   version=story.version, title="Monthly bias", ends_at=envelope.ends_at)  # fmt: skip
    decide_retrained(timezone.now())
    assert "under conditions" in retraining.candidate.changes.get().reason


def test_a_condition_that_goes_on_under_another_number_of_the_artifact_is_not_shed_either(story, envelope):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    earlier = make_version(story.model)
    make_otherwise(earlier, artifact_sha256=story.version.artifact_sha256)
    change = Arrangement.objects.get(kind=Arranged.APPROVAL).change
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        Arrangement.objects.create(reference="CO-2026-9999", kind=Arranged.CONDITION, model=story.model, change=change,
                                   version=earlier, title="Monthly bias", ends_at=envelope.ends_at)  # fmt: skip
    assert f"{story.version} is approved under conditions" in " ".join(why_outside(envelope, retraining.candidate))


@pytest.mark.parametrize(("now", "why"), [("gone", "the policy limits it no longer"),
                                          ("upper", "the policy limits it on the other side now")])  # fmt: skip
def test_a_bound_is_kept_on_the_side_on_which_it_was_approved(story, envelope, now, why):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    document = Policy.objects.in_force().document
    others = [one for one in document["limits"] if one["measure"] != "gain_on_champion"]
    upper = [{"measure": "gain_on_champion", "amber": 0.95, "direction": "upper"}] if now == "upper" else []
    publish(document | {"limits": others + upper})
    told = why_outside(envelope, retraining.candidate)
    assert told == [f"Gain on champion is 0.9, at least -0.5 is approved ({why})."]


def in_use(story):
    use = make_use(story.model, title="Pricing", actor=story.owner)
    approve_for(story.version, use, expires_at=timezone.now() + timedelta(days=90), change_reference="")
    return start_use(use, actor=None)


def test_an_envelope_names_every_use_that_is_in_use(story, permissive):
    use = in_use(story)
    with pytest.raises(RuleBroken, match=f"Name use {use.number}, Pricing: it is in use"):
        ask(story)
    assert ask(story, uses=[str(use.number)]).terms["uses"] == [str(use.number)]


def test_a_use_since_the_envelope_is_asked_about_with_the_version(story, envelope):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    use = in_use(story)
    decide_retrained(timezone.now())
    change = retraining.candidate.changes.get()
    assert (change.state, change.terms["uses"]) == (ChangeState.PENDING, [str(use.number)])
    assert f"It does not name {use}, which is in use." in change.reason


def test_an_envelope_that_ends_as_it_is_looked_at_leaves_the_retraining_to_people(story, envelope, monkeypatch):
    monkeypatch.setattr(Arrangement, "is_standing", lambda arrangement, now: False)
    (change,) = open_retraining_requests(timezone.now())
    assert (change.state, change.envelope) == (ChangeState.PENDING, None)


def test_what_a_person_asks_for_while_the_sweep_decides_is_no_failure_of_it(story, envelope, monkeypatch):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    weigh = services_of_envelopes.weigh

    def meanwhile(kind, version):
        request_change(Kind.PROMOTION, version, reason=WHY, actor=story.engineer)
        return weigh(kind, version)

    monkeypatch.setattr(services_of_envelopes, "weigh", meanwhile)
    decide_retrained(timezone.now())
    assert retraining.candidate.changes.get().requester == story.engineer


def test_one_candidate_or_end_that_fails_is_told_at_the_end_and_tried_again(story, envelope, monkeypatch):
    retraining = retrained(story)
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


def test_a_training_window_beyond_the_envelope_is_asked_for_as_before(story, permissive):
    approved(story, window_days=300)
    (change,) = open_retraining_requests(timezone.now())
    assert (change.state, change.envelope) == (ChangeState.PENDING, None)


@pytest.mark.parametrize("who", ["engineer", "owner", "auditor", "administrator"])
def test_an_envelope_is_approved_by_whom_the_policy_names_and_nobody_else(story, permissive, who):
    with pytest.raises(NotPermitted):
        approve(ask(story), story.person(who))


def test_the_policy_says_in_which_tiers_and_for_how_long_there_are_envelopes(story, permissive):
    with pytest.raises(RuleBroken, match="It may last 365 days at most"):
        ask(story, ends_on=(timezone.now().date() + timedelta(days=366)).isoformat())
    document = Policy.objects.in_force().document
    document["retraining"]["envelope"]["tiers"] = ["3"]
    publish(document)
    with pytest.raises(RuleBroken, match="allows no envelope in tier 2"):
        ask(story)
    del document["retraining"]["envelope"]
    publish(document)
    with pytest.raises(RuleBroken, match="allows no envelope"):
        ask(story)


def test_performance_fairness_and_reasons_are_each_bounded(story, permissive):
    with pytest.raises(RuleBroken) as refusal:
        ask(story, bounds={"attribution_drift": 0.9})
    told = " ".join(refusal.value.reasons)
    assert all(word in told for word in ("performance must not fall", "bias must not fall", "reason code stability"))


@pytest.mark.parametrize("bounds", [{"gain_on_champion": "much"}, {"wishes": 1}, [], {"gain_on_champion": True}])
def test_bounds_are_numbers_of_measures_the_policy_limits(story, permissive, bounds):
    with pytest.raises(UnusableData) as refusal:
        ask(story, bounds=bounds)
    assert "terms.bounds" in {error["field"] for error in refusal.value.errors}


def over(envelope) -> Arrangement:
    end_envelopes(timezone.now())
    envelope.refresh_from_db()
    return envelope


def test_a_suspension_ends_it_for_good(story, envelope):
    suspend(story.model, reason="A fault upstream.", actor=story.owner)
    ended = over(envelope)
    assert ended.state == ArrangementState.CLOSED and "was suspended since" in ended.ended_because


def test_another_tier_ends_it(story, envelope):
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(story.model, tier=3)
    assert envelope_of(story.model, timezone.now()) is None, "from that moment, before the sweep"
    assert "It was approved in tier 2" in over(envelope).ended_because


def test_its_day_ends_it_and_nothing_is_restricted(story, envelope):
    expire_arrangements(envelope.ends_at)
    envelope.refresh_from_db()
    assert (envelope.state, story.model.status) == (ArrangementState.CLOSED, Status.IN_USE)
    assert envelope_of(story.model, envelope.ends_at) is None


def test_the_second_line_revokes_it_and_its_owner_does_not(story, envelope):
    with pytest.raises(NotPermitted):
        close_arrangement(envelope, reason="Kept.", actor=story.owner)
    close_arrangement(envelope, reason="The data changed.", actor=story.risk_officer)
    assert envelope_of(story.model, timezone.now()) is None


def test_an_envelope_revoked_while_a_version_is_promoted_promotes_nothing(story, envelope):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    seen = Arrangement.objects.get(pk=envelope.pk)
    close_arrangement(envelope, reason="The data changed.", actor=story.risk_officer)
    with pytest.raises(RuleBroken, match="is over"):
        promote_within(seen, retraining.candidate, reason=WHY, terms={}, weights=None)
    assert story.model.production_version() == story.version


def test_there_is_one_envelope_of_a_model_and_its_renewal_takes_its_place(story, envelope):
    with pytest.raises(RuleBroken, match="already holds"):
        ask(story)
    change = request_change(
        Kind.RETRAINING_ENVELOPE, story.model, reason=WHY, terms=terms(), renews=envelope, actor=story.owner
    )
    approve(change, story.validator)
    approve(change, story.risk_officer)
    envelope.refresh_from_db()
    assert envelope.state == ArrangementState.RENEWED
    assert envelope_of(story.model, timezone.now()).change == change


def test_another_is_approved_although_no_sweep_has_closed_the_one_that_is_over(story, envelope):
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(story.model, tier=3)
    document = Policy.objects.in_force().document
    document["approvals"]["retraining_envelope"]["3"] = ["validator", "risk_officer"]
    publish(document)
    another = approved(story)
    envelope.refresh_from_db()
    assert envelope.state == ArrangementState.CLOSED and "It was approved in tier 2" in envelope.ended_because
    assert envelope_of(story.model, timezone.now()) == another
    sql("SET CONSTRAINTS ALL IMMEDIATE")


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


def test_the_database_approves_nothing_on_bounds_that_no_run_measured(story, envelope):
    retraining = retrained(story)
    said = [bound("window_days", 400, 365), bound("rows", 100, 500), *(bound(one, BOUNDS[one], 0.99) for one in BOUNDS)]
    change = forged(story, retraining, envelope, said)
    with pytest.raises(IntegrityError, match="is not kept, or nothing that counts measured it"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


@pytest.mark.parametrize("turned", [True, False])
def test_the_database_turns_no_bound_round(story, envelope, turned):
    retraining = retrained(story)
    settle(WITHIN | {"gain_on_champion": (-0.6, "amber") if turned else (0.9, "within")}, retraining.candidate)
    said = [one.as_json() for one in bounds_of(envelope, retraining.candidate)]
    said = [one | ({"is_lower": False, "is_kept": True} if turned and not one["is_kept"] else {}) for one in said]
    change = forged(story, retraining, envelope, said)
    with pytest.raises(IntegrityError, match="is not kept") if turned else nullcontext(), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def test_the_database_approves_nothing_on_an_envelope_that_is_over(story, envelope):
    retraining = retrained(story)
    change = forged(story, retraining, envelope, [])
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(story.model, tier=3)
    with pytest.raises(IntegrityError, match="is over"), transaction.atomic():
        sql("UPDATE workflows_changerequest SET state = 'approved', decided_at = now() WHERE id = %s", change.pk)


def test_the_database_ends_an_envelope_on_a_ground_only(story, envelope):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="is ended by the second line, or by what it does not outlast"),
        transaction.atomic(),
    ):
        sql("UPDATE workflows_arrangement SET state = 'closed', ended_at = now() WHERE id = %s", envelope.pk)


def test_a_candidate_in_production_already_is_left_alone(story, envelope):
    retraining = retrained(story)
    settle(WITHIN, retraining.candidate)
    decide_retrained(timezone.now())
    candidate = retraining.candidate
    candidate.refresh_from_db()
    assert candidate.stage == Stage.PRODUCTION
    decide_retrained(timezone.now())
    assert candidate.changes.count() == 1
