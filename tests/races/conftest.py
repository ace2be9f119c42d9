"""The cast on a database that other threads and processes see, and what they race for."""

import json

import pytest

from inventory.models import Policy
from mrm.accounts.models import Workspace
from tests.factories import confirm, make_model, make_reference, make_version, publish


@pytest.fixture
def rounds(request) -> int:
    """How often the same people race again; `--rounds 200` where there is time."""
    return request.config.getoption("rounds")


@pytest.fixture
def workspace(own_database) -> Workspace:
    """The workspace main of a prepared installation, with rows that are really committed."""
    return Workspace.objects.get(slug="main")


@pytest.fixture
def open_gate(workspace) -> Policy:
    """A policy that asks for no assessment before a promotion, so that a race for one needs no measuring."""
    document = json.loads(json.dumps(Policy.objects.in_force().document))
    document["promotion"]["required_assessments"] = []
    return publish(document)


@pytest.fixture
def candidate(open_gate, owner, engineer, tmp_path):
    """A version that may be promoted as soon as two people say so."""
    model = make_model(owner=owner, actor=engineer)
    confirm(model)
    version = make_version(model, actor=engineer)
    make_reference(version, tmp_path)
    return version
