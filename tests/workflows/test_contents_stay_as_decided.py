"""What a version consists of stays as those who decided about it were shown it; another artifact is another version."""

import hashlib

import pytest
from django.db import IntegrityError, transaction

from audits.workflows.services import request_change, withdraw
from inventory.models import ModelVersion
from inventory.services import attach_artifact, describe_version, register_version
from mrm.errors import RuleBroken
from tests.factories import make_version, promote, sql
from tests.fixtures.story import SCHEMA
from tests.workflows.duties import WHY
from tests.workflows.kinds import decided
from tests.workflows.validating import concluded, make_panel, opined, validated

AS_SQL = (
    "artifact_sha256 = repeat('ab', 32)",
    "artifact_sha256 = repeat('ab', 32), artifact_bytes = 7, framework = 'xgboost'",
)


@pytest.fixture
def artifact(story):
    path = story.folder / "later"
    path.write_bytes(bytes(story.booster.save_raw("json")))
    return path


def assert_stays(story, version, artifact) -> None:
    """Neither an engineer by the service nor anybody by SQL gives it an artifact."""
    with pytest.raises(RuleBroken, match="Register a new version"):
        attach_artifact(version, artifact, actor=story.engineer)
    for change in AS_SQL:
        with pytest.raises(IntegrityError, match="what it consists of stays"), transaction.atomic():
            sql(f"UPDATE inventory_modelversion SET {change} WHERE id = %s", version.pk)
    assert ModelVersion.objects.get(pk=version.pk).artifact_sha256 == ""


def test_a_version_takes_no_artifact_while_people_decide_about_it_nor_after(story, candidate, officers, artifact):
    change = request_change("promotion", candidate, reason=WHY, actor=story.owner)
    assert_stays(story, candidate, artifact)
    withdraw(change, reason="Its artifact is missing.", actor=story.owner)
    decided("promotion", candidate, *officers, actor=story.owner)
    assert_stays(story, candidate, artifact)


def test_a_superseded_version_takes_no_artifact_that_a_roll_back_would_bring_into_production(
    story, candidate, officers, artifact
):
    decided("promotion", candidate, *officers, actor=story.owner)
    promote(make_version(story.model, actor=story.engineer))
    assert_stays(story, candidate, artifact)


@pytest.mark.parametrize("outcome", ["fit", "not_fit"])
def test_a_version_takes_no_artifact_once_an_opinion_on_it_is_signed(story, candidate, artifact, outcome):
    panel = make_panel(story.workspace)
    opined(concluded(candidate, panel), panel, outcome=outcome)
    assert_stays(story, candidate, artifact)


def test_a_version_takes_no_artifact_after_it_was_validated(story, candidate, artifact):
    validated(candidate, make_panel(story.workspace))
    assert_stays(story, candidate, artifact)


def test_a_version_takes_its_artifact_while_nobody_has_decided(story, candidate, artifact):
    withdraw(
        request_change("promotion", candidate, reason=WHY, actor=story.owner), reason="Too early.", actor=story.owner
    )
    assert attach_artifact(candidate, artifact, actor=story.engineer).artifact_sha256


def test_bytes_whose_digest_was_decided_about_follow_at_any_time(story, artifact):
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    version = make_version(story.model, artifact_sha256=digest, actor=story.engineer)
    promote(version)
    assert attach_artifact(version, artifact, actor=story.engineer).artifact_bytes


def test_what_was_decided_about_without_its_columns_is_not_described_afterwards(story):
    version = register_version(story.model, schema=None, actor=story.engineer)
    promote(version)
    with pytest.raises(RuleBroken, match="Register a new version"):
        describe_version(version, schema=SCHEMA, actor=story.engineer)
    with pytest.raises(IntegrityError, match="what it consists of stays"), transaction.atomic():
        sql("""UPDATE inventory_modelversion SET schema = '[{"name": "a"}]' WHERE id = %s""", version.pk)
