"""How models stand as it is kept: always what computing it from everything else gives."""

import random
from contextlib import ExitStack
from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from audits.assessments.models import Plan, Run
from audits.workflows.contents.standings import standings_of
from audits.workflows.models import ChangeRequest, Finding, Standing, StandingMark
from audits.workflows.services import count_marked
from audits.workflows.services.standings import COUNTED
from inventory.models import Model, ModelVersion, Policy
from tests.factories import (
    KEEPING,
    make_model,
    make_otherwise,
    make_reference,
    make_version,
    promote,
    publish,
    undecided,
)
from tests.pages.scenery import make_run
from tests.workflows.validating import make_panel, validated


def told(standing: Standing) -> dict:
    return {"model": standing.model_id} | {name: getattr(standing, name) for name in COUNTED if name != "counted_at"}


def kept_and_computed() -> tuple[list, list]:
    keys = list(Model.objects.order_by("pk").values_list("pk", flat=True))
    return [told(one) for one in Standing.objects.order_by("pk")], [
        told(one) for one in sorted(standings_of(keys, timezone.now()), key=lambda one: one.pk)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_after_any_history_what_is_kept_is_what_would_be_computed(workspace, validator, seed):
    rng = random.Random(seed)
    models = [make_model(name=f"Model {number}") for number in range(5)]
    changes = [
        lambda model: make_version(model),
        lambda model: promote(make_version(model)),
        lambda model: _on_a_version(model, rng, make_run, verdict=rng.choice(("red", "amber", "within"))),
        lambda model: _on_a_version(model, rng, make_run, state=rng.choice(("failed", "insufficient_data", "running"))),
        lambda model: Plan.objects.filter(version__model=model).update(
            next_due_at=timezone.now() + timedelta(days=3650)
        ),
        lambda model: Plan.objects.filter(version__model=model).update(enabled=rng.random() < 0.5),
        lambda model: Run.objects.filter(version__model=model).update(verdict="amber", state="succeeded"),
        lambda model: ModelVersion.objects.filter(model=model).update(stage="retired"),
        lambda model: _finding(model, validator, rng),
        lambda model: Finding.objects.open().filter(model=model).update(state="dropped", closed_at=timezone.now()),
        lambda model: ChangeRequest.objects.filter(model=model).update(kind="retirement"),
        lambda model: Model.objects.filter(pk=model.pk).update(name=f"Model called {rng.random()}"),
        lambda model: Model.objects.filter(pk=model.pk).update(owner=rng.choice((validator, model.owner))),
        lambda model: Model.objects.filter(pk=model.pk).update(tier=rng.choice((2, 3))),
        lambda model: Model.objects.filter(pk=model.pk).update(status=rng.choice(("in_use", "restricted"))),
    ]
    with ExitStack() as stack:
        for table in ("inventory_model", "workflows_finding", "assessments_plan"):
            stack.enter_context(undecided(table, *KEEPING[table]))
        for _ in range(40):
            rng.choice(changes)(rng.choice(models))
            if rng.random() < 0.3:
                assert count_marked() == 0
                kept, computed = kept_and_computed()
                assert kept == computed
    call_command("rebuild_portfolio", verbosity=0)
    assert kept_and_computed()[0] == kept_and_computed()[1]
    assert not StandingMark.objects.exists()


def test_what_is_marked_is_counted_in_parts_and_the_rest_is_told(workspace):
    for number in range(5):
        make_model(name=f"Model {number}")
    StandingMark.objects.all().delete()
    StandingMark.objects.bulk_create([StandingMark(model=model.pk) for model in Model.objects.all()])
    assert count_marked(2) == 3
    assert Standing.objects.count() == 2
    assert count_marked() == 0
    assert Standing.objects.count() == 5


def test_a_validation_and_the_policy_move_the_day_on_which_the_next_one_is_due(story):
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    make_otherwise(story.model, registered_at=timezone.now() - timedelta(days=300))
    call_command("rebuild_portfolio", verbosity=0)
    never_validated = _validation_due_on(story.model)
    validated(version, make_panel(story.workspace), kind="periodic_full")
    assert _validation_due_on(story.model) > never_validated
    document = deepcopy(Policy.objects.in_force().document)
    document["validation"]["annual_review_every_months"] |= {"1": 1, "2": 1, "3": 1}
    publish(document)
    assert _validation_due_on(story.model) < never_validated
    kept, computed = kept_and_computed()
    assert kept == computed


def _validation_due_on(model) -> date:
    count_marked()
    return Standing.objects.get(model=model).validation_due_on


def _on_a_version(model, rng, make, **fields) -> None:
    if versions := list(model.versions.all()):
        make(rng.choice(versions), months_ago=Run.objects.count() - 20, **fields)


def _finding(model, person, rng) -> None:
    Finding.objects.create(
        reference=f"F-2026-{Finding.objects.count():04}",
        model=model,
        severity="high",
        title="Title",
        observation="Seen.",
        required_outcome="Mended.",
        state="open",
        owner=model.owner,
        raised_by=person,
        due_at=timezone.now().date() + timedelta(days=rng.randrange(-30, 30)),
    )
