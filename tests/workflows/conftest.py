"""What the tests of separation of duties share."""

import pytest

from audits.workflows.models import ChangeRequest
from audits.workflows.services import request_change
from inventory.models import Policy
from inventory.services import publish_policy
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from tests.factories import make_person
from tests.workflows.duties import WHY


@pytest.fixture
def retraining(story) -> ChangeRequest:
    return request_change("retraining", story.version, reason=WHY, breach=story.breach, actor=story.engineer)


@pytest.fixture
def second_validator(story) -> Person:
    return make_person(Role.VALIDATOR, name="Victor Validator", workspace=story.workspace)


@pytest.fixture
def open_gate(story) -> None:
    document = Policy.objects.in_force().document
    document["promotion"]["required_assessments"] = []
    publish_policy(document, actor=None)
