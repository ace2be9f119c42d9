"""What the tests of separation of duties share."""

import pytest

from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from inventory.models import ModelVersion
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from tests.factories import make_person, make_reference, make_version
from tests.workflows.duties import WHY
from tests.workflows.kinds import open_the_gate


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change("retraining", story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def second_validator(story) -> Person:
    return make_person(Role.VALIDATOR, name="Victor Validator", workspace=story.workspace)


@pytest.fixture
def open_gate(story) -> None:
    open_the_gate()


@pytest.fixture
def officers(story) -> tuple:
    """Who approve under the standard policy at the model's tier."""
    return story.validator, story.risk_officer


@pytest.fixture
def candidate(story, open_gate) -> ModelVersion:
    version = make_version(story.model, actor=story.engineer)
    make_reference(version, story.folder)
    return version
