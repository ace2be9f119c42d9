"""Uses of a model: who proposes, what an approval covers, and that nothing is live without one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory import services
from inventory.contents.uses import answer_for
from inventory.models import UseApproval
from inventory.services.uses import lift_restriction, restrict_use, suspend_use
from inventory.states import Stage, UseState
from mrm.accounts.policies import Role
from mrm.errors import NotPermitted, Outdated, RuleBroken, UnusableData
from mrm.pages.wording import day
from tests.factories import (
    approve_for,
    end_use,
    make_model,
    make_person,
    make_use,
    make_version,
    promote,
    retire,
    take_back_approval,
    undecided,
)


@pytest.fixture
def version(workspace):
    return promote(make_version())


@pytest.fixture
def use(version):
    return make_use(version.model, title="Pricing")


@pytest.fixture
def live(version, use):
    approve_for(version, use)
    return services.start_use(use, actor=None)


def again(row):
    row.refresh_from_db()
    return row


def test_a_title_suffices_to_propose_a_use(workspace, engineer):
    model = make_model()
    first, second = (services.propose_use(model, title=title, actor=engineer) for title in ("Pricing", "Limits"))
    assert [(use.number, use.state, use.proposed_by) for use in (first, second)] == [
        (1, UseState.PROPOSED, engineer),
        (2, UseState.PROPOSED, engineer),
    ]
    assert Entry.objects.filter(action=Action.USE_PROPOSED, model_slug=model.slug).count() == 2


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_propose_or_edit_a_use(use, workspace, role):
    person = make_person(role, workspace=workspace)
    with pytest.raises(NotPermitted):
        services.propose_use(use.model, title="Collection", actor=person)
    with pytest.raises(NotPermitted):
        services.edit_use(use, changes={"users": "Mine"}, actor=person)


def test_every_fault_of_a_use_is_named_at_once(workspace, engineer):
    with pytest.raises(UnusableData) as refusal:
        services.propose_use(
            make_model(), title=" ", reliance="total", environment="x" * 101, users="a\x00b", actor=engineer
        )
    assert {error["field"] for error in refusal.value.errors} == {"title", "reliance", "environment", "users"}


def test_two_uses_of_one_title_are_refused_while_both_would_count(use, engineer):
    with pytest.raises(RuleBroken, match="number 1"):
        services.propose_use(use.model, title="pricing", actor=engineer)
    services.end_use(use, reason="Replaced.", actor=None)
    assert services.propose_use(use.model, title="pricing", actor=engineer).number == 2


def test_an_edit_on_top_of_somebody_elses_is_refused(use, engineer):
    services.edit_use(use, changes={"users": "Branches"}, revision=1, actor=engineer)
    with pytest.raises(Outdated):
        services.edit_use(use, changes={"users": "Online"}, revision=1, actor=engineer)


def test_what_was_approved_does_not_change_and_what_describes_may(version, use, engineer):
    services.edit_use(use, changes={"population": "Private persons"}, actor=engineer)
    approve_for(version, use)
    with pytest.raises(RuleBroken, match="operating boundaries"):
        services.edit_use(use, changes={"operating_boundaries": "Anywhere"}, actor=engineer)
    assert services.edit_use(use, changes={"volume": "4 000 a month"}, actor=engineer).volume == "4 000 a month"


def test_is_version_3_approved_for_pricing_has_an_answer(workspace):
    model = make_model()
    versions = [make_version(model) for _ in range(3)]
    use = make_use(model, title="Pricing")
    approval = approve_for(versions[2], use, change_reference="CR-2026-0007")
    assert services.standing_approval(versions[2], use) == approval
    assert services.standing_approval(versions[1], use) is None


def test_an_approval_counts_until_its_day_and_not_after(version, use):
    approval = approve_for(version, use, expires_at=timezone.now() + timedelta(days=1))
    assert approval.stands()
    assert not approval.stands(timezone.now() + timedelta(days=2))
    with pytest.raises(RuleBroken, match="already expired"):
        approve_for(version, use, expires_at=timezone.now())


def test_a_use_does_not_start_without_an_approval_of_the_version_in_production(version, use):
    with pytest.raises(RuleBroken, match="no standing approval"):
        services.start_use(use, actor=None)
    approve_for(make_version(version.model), use)
    with pytest.raises(RuleBroken, match="no standing approval"):
        services.start_use(use, actor=None)
    approve_for(version, use)
    started = services.start_use(use, actor=None)
    assert started.state == UseState.LIVE and started.started_at


def test_without_a_version_in_production_nothing_starts(workspace):
    version = make_version()
    use = make_use(version.model)
    approve_for(version, use)
    with pytest.raises(RuleBroken, match="No version"):
        services.start_use(use, actor=None)


def test_a_version_of_another_model_is_not_approved_for_it(use):
    with pytest.raises(RuleBroken, match="no version of"):
        approve_for(make_version(), use)


def test_conditions_are_sentences_within_bounds(version, use):
    for wrong in ([""], ["x" * 1001], [5], ["x"] * 51):
        with pytest.raises(UnusableData):
            approve_for(version, use, conditions=wrong)
    assert not UseApproval.objects.exists()


def test_a_second_approval_of_the_same_version_renews_the_first(version, use):
    first = approve_for(version, use)
    second = approve_for(version, use, conditions=["Up to 50 000."])
    assert again(first).ended_because == "Renewed."
    assert services.standing_approval(version, use) == second


def test_a_live_use_whose_approval_is_taken_back_is_restricted_at_once(version, live, risk_officer):
    approval = services.standing_approval(version, live)
    with pytest.raises(RuleBroken, match="Say why"):
        services.end_approval(approval, reason=" ", actor=risk_officer)
    take_back_approval(approval, reason="The data changed.", actor=risk_officer)
    assert again(live).state == UseState.RESTRICTED
    assert "The data changed." in live.state_because
    with pytest.raises(RuleBroken, match="already ended"):
        services.end_approval(approval, reason="Again.", actor=risk_officer)
    with pytest.raises(RuleBroken, match="no standing approval"):
        lift_restriction(live, actor=None)
    approve_for(version, live)
    restored = lift_restriction(live, actor=None)
    assert (restored.state, restored.state_because) == (UseState.LIVE, "")


def test_an_approved_use_whose_last_approval_ends_is_a_proposal_again(version, use):
    approval = approve_for(version, use)
    take_back_approval(approval, reason="Too early.", actor=None)
    assert again(use).state == UseState.PROPOSED


def test_the_sweep_ends_what_expired_restricts_the_use_and_may_run_twice(version, use):
    approval = approve_for(version, use, expires_at=timezone.now() + timedelta(days=30))
    services.start_use(use, actor=None)
    assert services.end_expired_approvals(timezone.now()) == 0
    later = timezone.now() + timedelta(days=31)
    assert services.end_expired_approvals(later) == 1
    assert services.end_expired_approvals(later) == 0
    assert again(approval).ended_because == f"Its last day was {day(approval.last_day)}."
    assert again(use).state == UseState.RESTRICTED


def test_promoting_a_version_without_an_approval_restricts_the_live_uses(version, live):
    approved, other = make_version(version.model), make_version(version.model)
    approve_for(approved, live)
    promote(approved)
    assert again(live).state == UseState.LIVE
    promote(other)
    assert again(live).state == UseState.RESTRICTED
    assert f"Version {other.number} came into production" in live.state_because


def test_what_limits_a_use_without_a_signature_is_offered_to_nobody():
    assert {"hold_use", "release_use"} < vars(services).keys()
    assert not {"restrict_use", "suspend_use", "lift_restriction"} & vars(services).keys()


def test_restricting_suspending_and_ending_say_why(live):
    for change in (restrict_use, suspend_use, end_use):
        with pytest.raises(RuleBroken, match="Say why"):
            change(live, reason="")
    assert restrict_use(live, reason="Only up to 20 000.").state == UseState.RESTRICTED
    assert suspend_use(live, reason="Found wrong.").state == UseState.SUSPENDED
    ended = end_use(live)
    assert ended.state == UseState.ENDED and ended.ended_at
    assert not UseApproval.objects.filter(ended_at=None).exists()
    with pytest.raises(RuleBroken, match="is ended"):
        approve_for(make_version(live.model), live)


def test_with_its_model_every_use_ends(live):
    retire(live.model)
    assert again(live).state == UseState.ENDED
    with pytest.raises(RuleBroken, match="retired"):
        services.propose_use(live.model, title="Another", actor=None)


def test_with_a_version_every_approval_of_it_ends(version, use, risk_officer):
    candidate, collection = make_version(version.model), make_use(version.model, title="Collection")
    for wanted in (use, collection):
        approve_for(candidate, wanted)
    approve_for(version, use)
    assert answer_for(candidate, collection, timezone.now()).may_serve
    services.retire_version(candidate, actor=None)
    ended = UseApproval.objects.filter(version=candidate)
    assert {approval.ended_because for approval in ended} == {"Version 2 was retired."}
    assert (again(use).state, again(collection).state) == (UseState.APPROVED, UseState.PROPOSED)
    assert Entry.objects.filter(action=Action.USE_APPROVAL_ENDED).count() == 2
    answer = answer_for(again(candidate), use, timezone.now())
    assert not answer.may_serve and "It is retired." in answer.sentences
    assert answer.sentences[-1] == "Approved for it: version 1."


def test_a_retired_version_is_approved_for_nothing(version, use):
    candidate = make_version(version.model)
    services.retire_version(candidate, actor=None)
    with pytest.raises(RuleBroken, match="is retired"):
        approve_for(candidate, use)


def test_a_retired_version_serves_nothing_even_where_an_approval_of_it_stands(version, use):
    """As in a register from before approvals ended with their version."""
    approve_for(version, use)
    version.stage = Stage.RETIRED
    assert not answer_for(version, use, timezone.now()).may_serve


def test_the_sweep_ends_approvals_of_versions_retired_before_approvals_ended_with_them(version, use):
    candidate = make_version(version.model)
    approval = approve_for(candidate, use)
    with undecided("inventory_modelversion", "retired_version_serves_nothing"):
        candidate.stage = Stage.RETIRED
        candidate.save(update_fields=["stage"])
    assert services.standing_approval(candidate, use) is None
    assert [services.end_expired_approvals(timezone.now()) for _ in range(2)] == [1, 0]
    assert again(approval).ended_because == "Version 2 is retired, which ends its approvals."
    assert again(use).state == UseState.PROPOSED
    assert Entry.objects.filter(action=Action.USE_APPROVAL_ENDED, model_slug=use.model.slug).count() == 1


def test_the_database_itself_keeps_approvals_from_retired_versions(version, use):
    candidate = make_version(version.model)
    approve_for(candidate, use)
    with pytest.raises(IntegrityError, match="approval of it"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_modelversion SET stage = 'retired' WHERE number = 2")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_use SET state = 'approved' WHERE state = 'proposed'; UPDATE inventory_use SET state = 'live'",
        "UPDATE inventory_useapproval SET ended_at = now()",
        "UPDATE inventory_modelversion SET stage = 'superseded'",
    ],
)
def test_the_database_itself_keeps_live_uses_approved(version, live, statement):
    make_use(live.model, title="Limits")
    told = pytest.raises(IntegrityError, match="standing approval|in production is approved for it")
    with told, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE inventory_useapproval SET conditions = '[]'", "DELETE FROM inventory_useapproval",
     "TRUNCATE inventory_useapproval CASCADE"],
)  # fmt: skip
def test_the_database_itself_keeps_approvals_as_they_were(live, statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # Nothing may be left to check where a table is emptied.
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
