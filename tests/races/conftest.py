"""The cast on a database that other threads and processes see, and what they race for."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audits.assessments.models import Plan
from audits.assessments.services import create_missing_plans
from inventory.models import Policy
from mrm.accounts.models import Workspace
from tests.factories import confirm, make_model, make_reference, make_version, publish
from tests.fixtures.story import learn, log, make_applicants, make_scoring_version, scored, train
from tests.signing import switch_off


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


@pytest.fixture
def version(open_gate, owner, engineer, tmp_path):
    """A version with its artifact, whose predictions of last month have outcomes."""
    booster, model = train(), make_model(owner=owner, actor=engineer)
    confirm(model)
    version = make_scoring_version(model, booster, tmp_path, actor=engineer)
    rows = scored(booster, make_applicants(2000, seed=5, start=timezone.now() - timedelta(days=30)))
    log(version, rows, tmp_path, actor=engineer)
    learn(model, rows, tmp_path, actor=engineer)
    return version


@pytest.fixture
def explanation(version, risk_officer) -> Plan:
    """The plan to explain the version, the only one that is enabled. Explaining takes seconds."""
    create_missing_plans()
    for plan in Plan.objects.exclude(kind="explainability"):
        switch_off(plan, actor=risk_officer)
    return Plan.objects.get(kind="explainability")
