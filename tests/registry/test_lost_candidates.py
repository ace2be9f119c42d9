"""No MLflow client makes a candidate vanish about which people are asked, that they validate or approved."""

import pytest
from django.db import connection
from django.utils import timezone

from audits.workflows.models import Arrangement, Retraining
from audits.workflows.services import open_retraining_requests, request_change
from audits.workflows.services.retraining import finish_retraining, mark_dispatched
from inventory.models import Model, ModelVersion
from inventory.services import retire_model, retire_version
from inventory.states import Stage
from tests.factories import approve_for, confirm, make_model, make_reference, make_use, make_version
from tests.fixtures.story import approve
from tests.registry.conftest import refused
from tests.workflows.conftest import candidate as candidate  # noqa: PLC0414 - a fixture
from tests.workflows.conftest import open_gate as open_gate  # noqa: PLC0414 - a fixture
from tests.workflows.test_nothing_without_its_decision import refused as refused_by_the_database
from tests.workflows.validating import asked, make_panel, validated

WHY = "It is better."


@pytest.fixture
def client(registry, story):
    return registry(story.engineer, workspace=story.workspace)


def retrained(story) -> ModelVersion:
    (change,) = open_retraining_requests(timezone.now())
    for person in (story.validator, story.risk_officer):
        approve(change, person)
    made = make_version(story.model, origin=change.reference)
    return finish_retraining(
        mark_dispatched(Retraining.objects.get(change=change)), candidate=made, metrics={}
    ).candidate


def promotion_asked_for(story, candidate) -> ModelVersion:
    request_change("promotion", candidate, reason=WHY, actor=story.owner)
    return candidate


def validation_asked_for(story, candidate) -> ModelVersion:
    asked(candidate)
    return candidate


def approved_for_a_use(story, candidate) -> ModelVersion:
    approve_for(candidate, make_use(story.model))
    return candidate


STANDING = {
    promotion_asked_for: "it is decided, or withdrawn first",
    validation_asked_for: "it is concluded, or cancelled first",
    approved_for_a_use: "that is ended first, by signature",
}


def delete(client, version):
    return client.call("DELETE", "model-versions/delete", {"name": version.model.name, "version": str(version.number)})


@pytest.mark.parametrize("standing", STANDING)
def test_what_people_are_asked_about_or_approved_is_not_deleted_by_a_call(client, story, candidate, standing):
    version = standing(story, candidate)
    refused(delete(client, version), 403, "PERMISSION_DENIED", STANDING[standing])
    assert ModelVersion.objects.get(pk=version.pk).stage == Stage.CANDIDATE


def test_what_a_retraining_made_is_abandoned_by_signature_and_not_deleted_by_a_call(client, story):
    version = retrained(story)
    refused(delete(client, version), 403, "PERMISSION_DENIED", "abandons it by signature")
    with refused_by_the_database("does not end without"):
        retire_version(version, actor=story.engineer)


def test_nothing_is_deleted_with_its_model_either(registry, client, story):
    client.make_model("fresh")
    client.make_version("fresh")
    asked(Model.objects.get(name="fresh").versions.get())
    told = "it is concluded, or cancelled first"
    refused(client.call("DELETE", "registered-models/delete", {"name": "fresh"}), 403, "PERMISSION_DENIED", told)


@pytest.mark.parametrize("standing", [promotion_asked_for, validation_asked_for])
def test_the_database_retires_no_candidate_that_people_are_asked_about(story, candidate, standing):
    version = standing(story, candidate)
    with refused_by_the_database("does not end without"):
        retire_version(version, actor=story.engineer)


@pytest.mark.parametrize("standing", [promotion_asked_for, validation_asked_for])
def test_the_database_retires_none_with_its_model_either_but_by_a_decision(story, open_gate, standing):
    fresh = make_model(workspace=story.workspace, owner=story.owner, name="fresh", actor=story.engineer)
    confirm(fresh)
    version = make_version(fresh, actor=story.engineer)
    make_reference(version, story.folder)
    standing(story, version)
    with refused_by_the_database("does not end without"):
        retire_model(fresh, actor=story.engineer)


def test_a_candidate_that_nobody_is_asked_about_is_deleted_and_what_was_said_of_it_ends(client, story, candidate):
    validated(candidate, make_panel(story.workspace))
    assert delete(client, candidate).status_code == 200
    assert ModelVersion.objects.get(pk=candidate.pk).stage == Stage.RETIRED
    assert not Arrangement.objects.holding().filter(version=candidate).exists()
    connection.check_constraints()
