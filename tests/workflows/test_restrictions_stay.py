"""What holds a model back, or asks more of it, is not taken away by SQL or from a shell; the database refuses it."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from audits.trail.models import Action
from audits.trail.services import governed, record
from audits.workflows.models import Arrangement
from audits.workflows.services import expire_arrangements
from audits.workflows.services.arrangements import end, locked
from audits.workflows.states import FINDING_TRANSITIONS
from inventory import policies
from inventory.models import Cadence, Model, ModelVersion, Use
from inventory.services import edit_model, lift_model_restriction, propose_tier, start_use, tighten_cadence
from inventory.services.uses import lift_restriction
from inventory.states import MODEL_TRANSITIONS, USE_TRANSITIONS, VERSION_TRANSITIONS, Stage, Status, TierState, UseState
from mrm.errors import RuleBroken
from reports.states import REPORT_TRANSITIONS
from tests.factories import approve_for, confirm, make_model, make_use, make_version, promote, settle
from tests.signing import close_arrangement, end_cadence
from tests.workflows.kinds import after, except_from
from tests.workflows.test_nothing_without_its_decision import refused, sql

STEPS = {
    "inventory_model": MODEL_TRANSITIONS,
    "inventory_modelversion": VERSION_TRANSITIONS,
    "inventory_use": USE_TRANSITIONS,
    "reports_report": REPORT_TRANSITIONS,
    "workflows_finding": FINDING_TRANSITIONS,
}


@pytest.fixture
def lapsed(story, officers):
    """An exception that has expired, because of which the model is restricted, and its one use with it."""
    use = make_use(story.model, title="Pricing")
    approve_for(story.version, use)
    start_use(use, actor=None)
    exception = except_from(story, officers, "validation")
    expire_arrangements(after(exception))
    exception.refresh_from_db()
    assert (story.model.status, Use.objects.get(pk=use.pk).state) == (Status.RESTRICTED, UseState.RESTRICTED)
    return exception


@pytest.mark.parametrize("table", STEPS)
def test_the_database_takes_the_steps_of_the_tables_of_states_and_no_others(db, table):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s", [f"{table}_takes_its_steps"])
        (definition,) = cursor.fetchone()
    words = re.findall(r"'(\w+)'", definition.partition("EXECUTE")[0])
    assert set(zip(words[::2], words[1::2], strict=True)) == {
        (str(state), str(target)) for (state, _), target in STEPS[table].items() if state != target
    }


def test_a_restriction_is_not_lifted_by_sql_or_from_a_shell_while_what_lapsed_is_not_put_in_order(lapsed, story):
    with refused(f"stays restricted until {lapsed.reference} is put in order"):
        Model.objects.filter(pk=story.model.pk).update(status=Status.IN_USE)
    with refused(f"stays restricted until {lapsed.reference} is put in order"):
        lift_model_restriction(story.model, because="I say so.", actor=None)
    with refused("does not go from restricted to in_development"):
        Model.objects.filter(pk=story.model.pk).update(status=Status.IN_DEVELOPMENT)


def test_a_use_does_not_go_on_while_its_model_is_restricted(lapsed, story):
    use = story.model.uses.get()
    with refused("goes on where its model is in use"):
        lift_restriction(use, actor=None)
    with refused("goes on where its model is in use"):
        Use.objects.filter(pk=use.pk).update(state=UseState.LIVE)
    with refused("does not go from restricted to approved"):
        Use.objects.filter(pk=use.pk).update(state=UseState.APPROVED)


def test_what_is_put_in_order_lifts_the_restriction_of_the_model_and_its_use(lapsed, story):
    close_arrangement(lapsed, reason="Assessed again.", actor=story.second_officer())
    settle()
    assert (story.model.status, story.model.uses.get().state) == (Status.IN_USE, UseState.LIVE)


def test_a_use_does_not_go_on_under_an_approval_that_has_expired(workspace):
    model = make_model()
    version, use = make_version(model), make_use(model)
    promote(version)
    approve_for(version, use, expires_at=timezone.now() + timedelta(days=1))
    start_use(use, actor=None)
    Use.objects.filter(pk=use.pk).update(state=UseState.RESTRICTED)
    settle()
    with refused("the version in production is approved for it"):
        sql("ALTER TABLE inventory_useapproval DISABLE TRIGGER inventory_useapproval_rows_stay")
        day = timedelta(days=1)
        use.approvals.update(effective_at=timezone.now() - 2 * day, expires_at=timezone.now() - day)
        Use.objects.filter(pk=use.pk).update(state=UseState.LIVE)


def test_a_model_is_not_set_to_in_use_by_sql_before_a_version_of_it_is_in_production(workspace):
    model = make_version().model
    with refused("is in use once a version of it is in production"):
        Model.objects.filter(pk=model.pk).update(status=Status.IN_USE)
    for status in (Status.RESTRICTED, Status.SUSPENDED):
        with refused("does not go from in_development to"):
            Model.objects.filter(pk=model.pk).update(status=status)
    with refused("is in use once a version of it is in production"):
        Model.objects.bulk_create(
            [Model(workspace=workspace, slug="ghost", name="Ghost", owner=model.owner, status=Status.IN_USE)]
        )


def test_a_model_whose_version_was_promoted_is_in_use(workspace):
    model = make_model()
    promote(make_version(model))
    settle()
    assert Model.objects.get(pk=model.pk).status == Status.IN_USE


def test_a_version_does_not_go_back_to_being_a_candidate(workspace):
    version = make_version()
    promote(version)
    with refused("does not go from production to candidate"):
        ModelVersion.objects.filter(pk=version.pk).update(stage=Stage.CANDIDATE)


# A tier that awaits its confirmation.


def test_a_tier_that_was_confirmed_is_not_made_laxer_as_provisional(workspace):
    model = confirm(make_model(complexity="high", exposure="high"))
    assert model.tier == 1
    settle()
    for lax in (
        partial(Model.objects.filter(pk=model.pk).update, tier=3, tier_confirmed_at=None),
        partial(Model.objects.filter(pk=model.pk).update, tier=2, tier_confirmed_at=None, tier_confirmed_by=None),
    ):
        with refused("was confirmed, and only a confirmation makes it laxer"):
            lax()


@pytest.mark.parametrize("levels", [{}, {"exposure": ""}], ids=["assessed", "not assessed"])
def test_a_tier_that_nobody_confirmed_is_no_laxer_than_its_levels(workspace, levels):
    model = make_model(**levels)
    with refused("is no laxer than what the policy gives for its levels"):
        Model.objects.filter(pk=model.pk).update(tier=3)


def test_a_tier_made_laxer_with_its_levels_by_sql_is_refused_for_want_of_an_entry(workspace):
    model = make_model(exposure="high", complexity="high")
    with refused("is made laxer, and no entry says so"):
        Model.objects.filter(pk=model.pk).update(tier=3, exposure="low", purpose_level="low", complexity="low")


def test_editing_and_proposing_make_a_tier_laxer_before_it_was_ever_confirmed(workspace, owner, standard_document):
    model = make_model(exposure="high", complexity="high", owner=owner)
    assert model.tier == 1
    edited = edit_model(model, changes={"exposure": "medium", "complexity": "low"}, actor=owner)
    assert edited.tier > 1
    factors = standard_document["tiering"]["factors"]
    least = {
        factor: {question["name"]: question["answers"][0]["name"] for question in rules["questions"]}
        for factor, rules in factors.items()
    }
    assert propose_tier(model, answers=least, actor=owner).state == TierState.PROPOSED
    settle()
    assert Model.objects.get(pk=model.pk).tier == 3


def test_the_refusal_reaches_the_caller_of_a_service_in_a_sentence(lapsed, story):
    use = story.model.uses.get()
    with pytest.raises(RuleBroken, match="^“Pricing” goes on where its model is in use"), governed():
        lift_restriction(use, actor=None)
        sql("SET CONSTRAINTS ALL IMMEDIATE")


# What holds about a model, and how often it is looked at.


@pytest.mark.parametrize("who", ["nobody", "owner", "administrator", "validator"])
def test_what_lapsed_is_not_put_in_order_by_sql_in_anybodys_name(lapsed, story, who):
    """Not even in that of somebody who may: no entry says that they did."""
    ended_by = None if who == "nobody" else story.person(who)
    with refused("is closed by another of the second line"):
        Arrangement.objects.filter(pk=lapsed.pk).update(
            state="closed", ended_at=timezone.now(), ended_by=ended_by, ended_because="Fine."
        )


def test_nothing_that_holds_is_closed_from_a_shell_as_the_system_or_the_owner(story, officers):
    exception = except_from(story, officers, "validation")
    with refused("is closed by another of the second line"), governed():
        end(locked(exception), because="Fine.", actor=None)
    with refused("is closed by another of the second line"), governed():
        end(locked(exception), because="Fine.", actor=story.owner)


def test_an_arrangement_takes_its_steps_and_is_renewed_by_another_only(lapsed, story):
    with refused("does not go from expired to active"):
        Arrangement.objects.filter(pk=lapsed.pk).update(state="active", ended_at=None)
    approval = Arrangement.objects.active().get(model=story.model, kind="approval")
    with refused("is renewed by another that goes on in its place"):
        Arrangement.objects.filter(pk=approval.pk).update(state="renewed", ended_at=timezone.now())


def test_a_stricter_cadence_is_not_ended_by_sql_or_from_a_shell(story):
    cadence = tighten_cadence(story.model, rhythm="drift", every="weekly", reason="New data.", actor=story.validator)
    rows = Cadence.objects.filter(pk=cadence.pk)
    with refused("a stricter cadence is ended by another of the second line"):
        rows.update(ended_at=timezone.now(), ended_because="Fine.")
    with refused("a stricter cadence is ended by another of the second line"), governed():
        rows.update(ended_at=timezone.now(), ended_because="Fine.")
        record(Action.CADENCE_ENDED, actor=story.risk_officer, subject=cadence, reason="Fine.")
    with refused("a stricter cadence is ended by another of the second line"):
        rows.update(ended_at=timezone.now(), ended_because="Set anew.")
        Cadence.objects.create(model=story.model, rhythm="drift", every="annual", reason="Lax.", loosens=False)
    again = tighten_cadence(story.model, rhythm="drift", every="daily", reason="Still new.", actor=story.validator)
    end_cadence(again, reason="The data are known by now.", actor=story.risk_officer)
    settle()


def test_the_database_knows_how_long_every_cadence_is(db):
    """In the order of the policy's lengths; it compares no cadence of one rhythm with one of another."""
    for lengths in policies.LENGTHS.values():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(days_of(every) ORDER BY place) "
                "FROM unnest(%s::text[]) WITH ORDINALITY AS one(every, place)",
                [sorted(lengths, key=lengths.get)],
            )
            (days,) = cursor.fetchone()
        assert days == sorted(set(days))
