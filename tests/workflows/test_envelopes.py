"""Envelopes for retraining: who approves one, what it must say, and what ends it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.workflows.gates.enveloped import envelope_of
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import (
    end_envelopes,
    expire_arrangements,
    open_retraining_requests,
    request_change,
)
from audits.workflows.services.decisions import refresh_evidence
from audits.workflows.states import ArrangementState, ChangeState
from inventory.models import Policy
from inventory.services import edit_use, propose_use
from inventory.states import Status
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import (
    make_otherwise,
    make_reference,
    make_version,
    publish,
    rows_of,
    sql,
    undecided,
    without_triggers,
)
from tests.fixtures.story import approve
from tests.signing import close_arrangement, roll_back, suspend
from tests.workflows.envelopes import WHY, allow_envelopes, approved, ask, in_use, terms
from tests.workflows.kinds import promoted

Kind, Arranged = ChangeRequest.Kind, Arrangement.Kind


@pytest.fixture
def permissive(story) -> None:
    allow_envelopes()


@pytest.fixture
def envelope(story, permissive) -> Arrangement:
    return approved(story)


def over(envelope) -> Arrangement:
    end_envelopes(timezone.now())
    envelope.refresh_from_db()
    return envelope


def test_an_envelope_names_every_use_that_is_in_use(story, permissive):
    use = in_use(story)
    with pytest.raises(RuleBroken, match=f"Name use {use.number}, Pricing: it is in use"):
        ask(story)
    assert ask(story, uses=[str(use.number)]).terms["uses"] == [str(use.number)]


def test_an_envelope_that_ends_as_it_is_looked_at_leaves_the_retraining_to_people(story, envelope, monkeypatch):
    monkeypatch.setattr(Arrangement, "is_standing", lambda arrangement, now: False)
    (change,) = open_retraining_requests(timezone.now())
    assert (change.state, change.envelope) == (ChangeState.PENDING, None)


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


def test_a_suspension_ends_it_for_good(story, envelope):
    suspend(story.model, reason="A fault upstream.", actor=story.owner)
    ended = over(envelope)
    assert ended.state == ArrangementState.CLOSED and "was suspended since" in ended.ended_because


def test_a_roll_back_ends_it_before_the_next_retrained_version_goes_into_production_by_itself(story, envelope):
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    promoted(story, version)
    harmless = "UPDATE workflows_classification SET change_class = 'non_material', proposed = 'non_material'"
    without_triggers("workflows_classification", harmless)
    sql("SET CONSTRAINTS ALL DEFERRED")
    assert envelope_of(story.model, timezone.now()) == envelope
    rollback = roll_back(story.model, reason="It refuses everybody.", actor=story.owner)
    assert envelope_of(story.model, timezone.now()) is None, "from that moment, before the sweep"
    [[is_over]] = rows_of("SELECT envelope_is_over(held) FROM workflows_arrangement held WHERE id = %s", envelope.pk)
    assert is_over, "the database says so too"
    assert f"{rollback.reference} went back from a version" in over(envelope).ended_because


def test_another_tier_ends_it(story, envelope):
    with undecided("inventory_model", "inventory_model_tier_is_decided"):
        make_otherwise(story.model, tier=3)
    assert envelope_of(story.model, timezone.now()) is None, "from that moment, before the sweep"
    assert "It was approved in tier 2" in over(envelope).ended_because


def require_more(story, what: str) -> None:
    """What a promotion of the model needs now, or whom the model concerns, is no longer what it was."""
    document = Policy.objects.in_force().document
    tier = str(story.model.tier)
    match what:
        case "another approver":
            document["approvals"]["promotion"][tier] = ["validator", "risk_officer", "chief_risk_officer"]
        case "the committee":
            document["approvals"]["promotion"][tier] = ["committee"]
        case "whoever agrees about persons":
            document["approvals"]["about_persons"] = dict.fromkeys("123", ["compliance"])
        case "persons":
            about = not story.model.affects_natural_persons
            without_triggers("inventory_tierassessment", "UPDATE inventory_tierassessment SET state = 'superseded'")
            sql("UPDATE inventory_model SET affects_natural_persons = %s, personal_data = ''", about)
    if what != "persons":
        publish(document)


@pytest.mark.parametrize("what", ["another approver", "the committee", "whoever agrees about persons", "persons"])
def test_an_envelope_is_over_where_a_promotion_needs_more_than_approved_it(story, envelope, what):
    story.model.refresh_from_db()
    require_more(story, what)
    assert envelope_of(story.model, timezone.now()) is None, "from that moment, before the sweep"
    [[is_over]] = rows_of("SELECT envelope_is_over(held) FROM workflows_arrangement held WHERE id = %s", envelope.pk)
    assert is_over, "the database says so too"
    told = "concerns natural persons has changed" if what == "persons" else "to agree to a promotion too"
    assert told in over(envelope).ended_because
    sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_envelope_is_approved_by_whoever_approves_a_promotion_too(story, permissive):
    document = Policy.objects.in_force().document
    document["approvals"]["promotion"][str(story.model.tier)] = ["validator", "chief_risk_officer"]
    publish(document)
    assert ask(story).roles_required == ["validator", "risk_officer", "chief_risk_officer"]


def test_rewording_a_use_that_a_pending_envelope_names_voids_what_was_signed(story, permissive):
    use = propose_use(story.model, title="Collections", business_purpose="Reminds.", actor=story.owner)
    change = ask(story, uses=[str(use.number)])
    first = approve(change, story.validator)
    edit_use(use, changes={"business_purpose": "Sues."}, actor=story.owner)
    refresh_evidence(change)
    first.refresh_from_db()
    assert first.voided_at is not None


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


def test_the_database_ends_an_envelope_on_a_ground_only(story, envelope):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="is ended by the second line, or by what it does not outlast"),
        transaction.atomic(),
    ):
        sql("UPDATE workflows_arrangement SET state = 'closed', ended_at = now() WHERE id = %s", envelope.pk)
