"""What lapses about a version restricts the model where that version, or its artifact, is what is in use."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed
from audits.workflows.contents.queue import work_for
from audits.workflows.gates import gate_for
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services import expire_arrangements
from audits.workflows.services.arrangements import lapse, locked, what_restricts
from inventory.models import Model
from inventory.states import Status
from mrm.errors import RuleBroken
from tests.factories import make_model, make_reference, make_version, promote, settle
from tests.signing import close_arrangement
from tests.workflows.kinds import after, decided, in_days
from tests.workflows.test_nothing_without_its_decision import refused
from tests.workflows.validating import make_panel, validated

CONDITION = {"text": "No loans above 50,000.", "due_on": in_days(30)}
EMERGENCY = {"emergency": "No score.", "compensating_control": "By hand.", "ends_on": in_days(7)}


def conditional(version) -> Arrangement:
    """The condition under which the version was found fit."""
    panel = make_panel(version.model.workspace)
    validation = validated(version, panel, outcome="fit_with_conditions", conditions=[CONDITION])
    return validation.arrangements.get(kind=Arrangement.Kind.CONDITION)


def status_of(model) -> str:
    return Model.objects.get(pk=model.pk).status


@pytest.fixture
def lapsed(story, candidate):
    """The condition of a candidate, whose day is over."""
    condition = conditional(candidate)
    expire_arrangements(after(condition))
    condition.refresh_from_db()
    assert condition.state == "expired"
    return condition


def test_a_condition_of_a_candidate_that_lapses_keeps_the_candidate_out_and_restricts_nothing(story, candidate, lapsed):
    settle()
    assert status_of(story.model) == Status.IN_USE
    assert f"{lapsed.reference} has lapsed and is not put in order: {lapsed.title}." in gate_for(candidate).reasons
    assert lapsed.until_in_order == f"Until somebody puts it in order, {candidate} stays out of production."


def test_work_that_is_asked_says_what_the_lapse_means(story, candidate):
    own, of_candidate = conditional(story.version), conditional(candidate)
    means = {
        own: f"the use of {story.model.name} is restricted.",
        of_candidate: f"{candidate} stays out of production.",
    }

    def told(now) -> dict:
        tasks = work_for(story.owner, now=now)
        return {one: task.why for one in means for task in tasks if one.reference in task.what}

    soon = told(own.ends_at - timedelta(days=1))
    assert all(why.endswith(f". When it lapses, {means[one]}") for one, why in soon.items()) and len(soon) == 2
    expire_arrangements(after(own))
    late = told(after(own))
    assert all(why.endswith(f". Until somebody puts it in order, {means[one]}") for one, why in late.items())
    assert len(late) == 2


def test_what_is_asked_of_a_person_costs_no_more_for_all_that_lapsed(story, open_gate):
    candidate = make_version(story.model, artifact_sha256="5" * 64, actor=story.engineer)
    make_reference(candidate, story.folder)
    lapsed = conditional(candidate)
    expire_arrangements(after(lapsed))

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            tasks = work_for(story.owner, now=timezone.now())
        assert any(lapsed.reference in task.what for task in tasks)
        return len(captured)

    before = asked()
    panel, conditions = make_panel(story.workspace), [CONDITION | {"text": f"No loans above {n}."} for n in range(5)]
    validation = validated(candidate, panel, outcome="fit_with_conditions", conditions=conditions)
    expire_arrangements(after(validation.arrangements.filter(kind=Arrangement.Kind.CONDITION).first()))
    assert Arrangement.objects.unsettled().count() == 6
    assert asked() <= before


def test_a_validation_of_a_candidate_that_lapses_restricts_nothing(story, candidate):
    validation = validated(candidate, make_panel(story.workspace))
    held = validation.arrangements.get(kind=Arrangement.Kind.VALIDATION)
    with governed():
        lapse(locked(held), because="It has expired.", now=after(held))
    settle()
    held.refresh_from_db()
    assert (held.state, status_of(story.model)) == ("expired", Status.IN_USE)
    assert any(held.reference in text for text in gate_for(candidate).reasons)


def test_what_lapses_of_a_candidate_with_the_artifact_that_is_in_use_restricts(story, open_gate):
    twin = make_version(story.model, artifact_sha256=story.version.artifact_sha256, actor=story.engineer)
    make_reference(twin, story.folder)
    expire_arrangements(after(conditional(twin)))
    assert status_of(story.model) == Status.RESTRICTED


def test_what_restricts_is_lifted_though_something_of_a_candidate_has_lapsed(story, candidate, lapsed):
    own = conditional(story.version)
    expire_arrangements(after(own))
    assert status_of(story.model) == Status.RESTRICTED
    assert what_restricts(story.model) == [own]
    own.refresh_from_db()
    close_arrangement(own, reason="Met.", actor=story.second_officer())
    settle()
    assert status_of(story.model) == Status.IN_USE
    assert not Entry.objects.about(lapsed).filter(action=Action.ARRANGEMENT_CLOSED).exists()


def test_a_version_released_in_an_emergency_restricts_the_model_for_what_lapsed_about_it(
    story, candidate, lapsed, officers
):
    decided(ChangeRequest.Kind.BREAK_GLASS, candidate, *officers, terms=EMERGENCY, actor=story.owner)
    settle()
    assert story.model.production_version() == candidate
    assert status_of(story.model) == Status.RESTRICTED
    restricted = Entry.objects.about(story.model).get(action=Action.MODEL_RESTRICTED)
    assert restricted.details["because"] == f"{lapsed.reference} has lapsed and is not put in order."


def test_no_lapse_about_what_is_in_use_is_written_past_the_services_without_its_restriction(story, officers):
    own = conditional(story.version)
    with refused(f"restricted until {own.reference} is put in order"):
        Arrangement.objects.filter(pk=own.pk).update(state="expired", ended_at=timezone.now())
    with refused(f"restricted until {own.reference} is put in order"), governed():
        lapse(locked(own), because="It is over.", now=timezone.now())
        Model.objects.filter(pk=story.model.pk).update(status=Status.IN_USE)


def test_a_version_does_not_come_into_use_past_the_services_without_the_restriction_for_what_lapsed_about_it(
    story, candidate, lapsed
):
    with pytest.raises(RuleBroken, match=f"stays restricted until {lapsed.reference} is put in order"):
        promote(candidate)


def test_deciders_are_told_of_what_lapsed_about_the_same_artifact_as_another_model(story, open_gate):
    elsewhere = make_model(workspace=story.workspace, owner=story.owner, actor=story.engineer)
    register = partial(make_version, artifact_sha256="5" * 64, actor=story.engineer)
    there, here = register(elsewhere), register(story.model)
    condition = conditional(there)
    expire_arrangements(after(condition))
    told = (
        f"{condition.reference} has lapsed and is not put in order about {elsewhere}, "
        "where the same artifact is registered."
    )
    assert told in gate_for(here).warnings
