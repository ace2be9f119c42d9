"""Plans: which a version has, who may switch them, and which windows become runs."""

from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.assessments.models import Kind, Run
from audits.assessments.services import create_missing_plans, queue_due_runs, set_plan, switch_on
from audits.assessments.services.plans import kinds_for, why_not_of_kind, why_not_switch_off
from audits.assessments.tasks import run_due_plans
from audits.trail.models import Action, Entry
from inventory.models import ModelVersion
from inventory.services import edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role
from mrm.errors import NotPermitted, RuleBroken
from reports.contents.agreement import disagreements
from tests.factories import (
    SCHEMA,
    end_roles,
    make_batch,
    make_model,
    make_person,
    make_reference,
    make_rows,
    make_version,
    promote,
    settle,
    sql,
    undecided,
    without_triggers,
)
from tests.signing import switch_off


def today() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def without(*roles: str) -> list[dict]:
    return [column for column in SCHEMA if column["role"] not in roles]


@pytest.fixture
def version(workspace):
    """A version of tier 2 with a reference, and nothing logged."""
    return make_version(make_model())


def logged(version, tmp_path, *, days_ago: float, count: int = 20, first_id: int = 1):
    rows = make_rows(count, start=today() - timedelta(days=days_ago), first_id=first_id, repaid=None)
    return make_batch(version, tmp_path, rows=rows)


def windows(plan) -> list[tuple[int, int]]:
    """The windows that became runs, in days before today."""
    runs = Run.objects.filter(plan=plan).order_by("window_start")
    return [((today() - run.window_start).days, (today() - run.window_end).days) for run in runs]


def test_a_version_without_reference_or_without_predictions_has_no_plan(version, tmp_path):
    assert create_missing_plans() == []
    make_reference(version, tmp_path)
    assert create_missing_plans() == []


def test_a_version_with_both_gets_the_plans_that_fit_it_once(version, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    assert {plan.kind for plan in create_missing_plans()} == {Kind.DRIFT, Kind.BIAS, Kind.PERFORMANCE}
    assert create_missing_plans() == []
    assert Entry.objects.filter(action=Action.PLAN_CREATED, actor_name="system").count() == 3


def test_what_a_version_lacks_decides_what_it_is_not_assessed_for(workspace):
    model = make_model()
    no_one_to_protect = make_version(model, schema=without("protected"))
    assert Kind.BIAS not in kinds_for(no_one_to_protect)
    no_outcomes = make_version(model, schema=without("label"))
    assert Kind.PERFORMANCE not in kinds_for(no_outcomes)
    declared_only = make_version(model, artifact_sha256="a" * 64)
    assert why_not_of_kind(declared_only, Kind.EXPLAINABILITY) == "its artifact is not here"
    no_decision = make_version(model, schema=without("prediction"), decision_threshold=None)
    assert "decides" in why_not_of_kind(no_decision, Kind.BIAS)
    vague = [*without("label"), {"name": "outcome", "kind": "categorical", "role": "label"}]
    assert "outcome" in why_not_of_kind(make_version(model, schema=vague), Kind.PERFORMANCE)


def test_the_cadence_of_the_tier_sets_the_length_of_a_window(version, tmp_path):
    make_reference(version, tmp_path)
    promote(version)
    logged(version, tmp_path, days_ago=10)
    create_missing_plans()
    lengths = {plan.kind: (plan.next_due_at - plan.window_start).days for plan in version.plans.all()}
    assert lengths == {"drift": 91, "bias": 182, "performance": 182}


def test_a_candidate_is_judged_at_once_on_all_it_has_scored(version, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    logged(version, tmp_path, days_ago=3, first_id=100)
    create_missing_plans()
    assert {(run.window_start, run.window_end) for run in queue_due_runs(timezone.now())} == {
        (today() - timedelta(days=10), today() - timedelta(days=2))
    }


def test_a_candidate_is_judged_at_once_also_on_what_it_scored_today(version, tmp_path):
    make_reference(version, tmp_path)
    rows = make_rows(20, start=timezone.now() - timedelta(minutes=30), repaid=None)
    batch = make_batch(version, tmp_path, rows=rows)
    create_missing_plans()
    runs = queue_due_runs(timezone.now())
    assert len(runs) == 3 and all(run.window_end > batch.last_at for run in runs)


def test_every_window_that_closed_while_nobody_looked_becomes_one_run(version, tmp_path):
    make_reference(version, tmp_path)
    promote(version)
    logged(version, tmp_path, days_ago=200)
    logged(version, tmp_path, days_ago=100, first_id=100)
    create_missing_plans()
    queue_due_runs(timezone.now())
    queue_due_runs(timezone.now())
    drift = version.plans.get(kind=Kind.DRIFT)
    assert windows(drift) == [(200, 109), (109, 18)]
    assert drift.window_start == today() - timedelta(days=18)


def test_a_window_without_predictions_is_a_run_only_for_what_was_in_production(version, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=300)
    create_missing_plans()
    queue_due_runs(timezone.now())
    logged(version, tmp_path, days_ago=100, first_id=100)
    queue_due_runs(timezone.now())
    drift = version.plans.get(kind=Kind.DRIFT)
    assert windows(drift) == [(300, 299), (100, 99)], "nobody used it in between, and it is still a candidate"
    promoted = promote(version)
    with undecided("inventory_modelversion", "inventory_modelversion_is_decided"):
        ModelVersion.objects.filter(pk=promoted.pk).update(promoted_at=today() - timedelta(days=99))
    queue_due_runs(timezone.now())
    assert windows(drift)[-1] == (99, 8), "in production, silence is a fact"


@pytest.mark.parametrize("is_made", [False, True])
def test_a_plan_that_cannot_be_made_or_moved_on_stops_no_other(version, tmp_path, is_made):
    other = make_version(version.model)
    for one in (version, other):
        make_reference(one, tmp_path)
        logged(one, tmp_path, days_ago=10)
    if is_made:
        create_missing_plans()
    settle()
    sql(f"ALTER TABLE assessments_plan ADD CHECK (version_id <> '{version.pk}') NOT VALID")
    with pytest.raises(ExceptionGroup):
        run_due_plans()
    assert {run.version for run in Run.objects.all()} == {other}


def test_a_plan_that_is_switched_off_has_no_runs(version, risk_officer, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    for plan in create_missing_plans():
        switch_off(plan, actor=risk_officer)
    assert queue_due_runs(timezone.now()) == []


def test_a_superseded_version_is_not_watched_any_more(version, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    promote(version)
    create_missing_plans()
    promote(make_version(version.model))
    assert queue_due_runs(timezone.now() + timedelta(days=400)) == []


def test_switching_a_plan_is_recorded_once(version, risk_officer, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    plan = create_missing_plans()[0]
    assert not switch_off(plan, actor=risk_officer).enabled
    with pytest.raises(RuleBroken, match="switched off already"):
        switch_off(plan, actor=risk_officer)
    assert all(switch_on(plan, actor=risk_officer).enabled for _ in range(2))
    assert Entry.objects.filter(action__in=(Action.PLAN_CHANGED, Action.PLAN_SWITCHED_OFF)).count() == 2


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.OWNER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_the_second_line_switches_plans(story, role):
    person = make_person(role, workspace=story.workspace)
    with pytest.raises(NotPermitted):
        switch_off(story.plan("drift"), actor=person)
    with pytest.raises(NotPermitted):
        set_plan(story.version, Kind.DRIFT, actor=person)


def test_a_validator_alone_switches_no_monitoring_off(story):
    with pytest.raises(NotPermitted):
        switch_off(story.plan("drift"), actor=story.validator)
    story.plan("drift").refresh_from_db()
    assert story.plan("drift").enabled


def test_a_plan_is_switched_off_by_signature_with_a_reason_that_is_recorded(story):
    plan = story.plan("drift")
    with pytest.raises(RuleBroken, match="Say why it is switched off"):
        switch_off(plan, reason=" ", actor=story.risk_officer)
    switch_off(plan, reason="The table is moved.", actor=story.risk_officer)
    entry = Entry.objects.about(plan).get(action=Action.PLAN_SWITCHED_OFF)
    told = {"kind": "drift", "version": story.version.number, "reason": "The table is moved."}
    assert {name: entry.details[name] for name in told} == told
    settle()
    assert disagreements() == []


@pytest.mark.parametrize("window", ["now() - interval '1 year', '2099-12-31'", "'2099-12-01', '2100-01-01'"])
def test_what_was_put_off_before_that_was_refused_still_changes_and_is_brought_within_a_cadence(story, window):
    put_off = f"UPDATE assessments_plan SET (window_start, next_due_at) = ({window}) WHERE kind = 'drift'"
    without_triggers("assessments_plan", put_off)
    settle()
    plan = switch_off(story.plan("drift"), actor=story.risk_officer)
    told = f"The plan {plan.pk} is due, or begins, later than any cadence gives."
    assert told in disagreements()
    sql(import_module("audits.assessments.migrations.0014_ask_only_of_windows_that_change").WITHIN)
    assert told not in disagreements()
    plan.refresh_from_db()
    assert plan.window_start <= timezone.now() and plan.next_due_at <= plan.window_start + timedelta(days=366)


def test_sql_switches_no_monitoring_off_with_an_old_signature_or_none(story):
    plan = story.plan("drift")
    for _ in range(2):
        with pytest.raises(IntegrityError, match="switched off by signature"), transaction.atomic():
            sql("UPDATE assessments_plan SET enabled = false WHERE id = %s", plan.pk)
            settle()
        switch_off(plan, actor=story.risk_officer)
        switch_on(plan, actor=story.validator)
        settle()


def test_nobody_switches_off_what_watches_their_own_model(story):
    person = make_person(Role.HEAD_OF_VALIDATION, Role.OWNER, workspace=story.workspace)
    for name in ("developer", "owner"):
        edit_model(story.model, changes={name: person}, actor=story.risk_officer)
        with pytest.raises(NotPermitted, match="switches its monitoring off: you"):
            switch_off(story.plan("drift"), actor=person)
        edit_model(story.model, changes={name: None if name == "developer" else story.owner}, actor=None)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_nobody_switches_off_what_watches_what_they_made(story, tmp_path, is_elsewhere):
    maker = make_person(Role.ENGINEER, workspace=story.workspace)
    watched = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
    if is_elsewhere:
        make_version(make_model(workspace=story.workspace), artifact_sha256="5" * 64, actor=maker)
    else:
        make_reference(watched, tmp_path, actor=maker)
    end_roles(maker)
    grant_role(maker, Role.RISK_OFFICER, workspace=story.workspace, actor=None)
    assert "made the version, switches its monitoring off: you " in why_not_switch_off(watched, maker)
    assert not why_not_switch_off(watched, story.risk_officer)


@pytest.mark.parametrize("office", ["owner_id", "developer_id"])
def test_the_database_takes_no_switching_off_of_what_watches_their_own_work(story, office):
    with pytest.raises(IntegrityError, match="what watches their own work"), transaction.atomic():
        switch_off(story.plan("drift"), actor=story.risk_officer)
        sql(f"UPDATE inventory_model SET {office} = %s WHERE id = %s", story.risk_officer.pk, story.model.pk)
        settle()


def test_a_service_account_does_not_switch_plans(story):
    robot = make_person(Role.RISK_OFFICER, workspace=story.workspace, kind=Person.Kind.SERVICE)
    with pytest.raises(NotPermitted):
        switch_off(story.plan("drift"), actor=robot)


def test_a_plan_can_be_set_before_the_sweep_makes_it(version, validator, risk_officer, tmp_path):
    make_reference(version, tmp_path)
    logged(version, tmp_path, days_ago=10)
    plan, is_new = set_plan(version, Kind.DRIFT, actor=validator)
    assert is_new and plan.enabled
    assert Entry.objects.about(plan).get(action=Action.PLAN_CREATED).actor_id == str(validator.pk)
    switch_off(plan, actor=risk_officer)
    plan, is_new = set_plan(version, Kind.DRIFT, actor=validator)
    assert not is_new and plan.enabled


def test_a_plan_that_the_version_cannot_serve_is_refused_with_every_reason(version, validator):
    with pytest.raises(RuleBroken) as refusal:
        set_plan(version, Kind.EXPLAINABILITY, actor=validator)
    told = " ".join(refusal.value.reasons)
    assert all(lack in told for lack in ("no reference", "no predictions", "artifact is not here"))
    assert not version.plans.exists()
