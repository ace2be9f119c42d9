"""What may be published as the policy: nothing that would stop the sweeps which read it."""

import json
from pathlib import Path

import pytest

from inventory import policies

STANDARD = Path(policies.__file__).with_name("standard_policy.json").read_text()


def changed(path: str, value) -> dict:
    """The standard policy with one place of it set to another value; None leaves it out."""
    document = json.loads(STANDARD)
    *way, last = path.split(".")
    inner = document
    for name in way:
        inner = inner[name]
    inner[last] = value
    if value is None:
        del inner[last]
    return document


def test_the_standard_policy_has_no_faults():
    assert policies.faults_in(json.loads(STANDARD)) == []


@pytest.mark.parametrize(
    "path", ["title", "tiers", "limits", "fairness", "approvals", "changes", "retraining", "promotion"]
)
def test_a_policy_without_one_of_its_parts_cannot_be_published(path):
    assert any(path in fault for fault in policies.faults_in(changed(path, None)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tiers.1.cadence.drift", "hourly"),
        ("approvals.promotion.2", ["validator"]),
        ("approvals.retraining.1", ["validator", "engineer"]),
        ("promotion.required_assessments", ["drift", "astrology"]),
        ("promotion.must_be_decided", "psi"),
        ("retraining.on", [{"measure": "psi"}]),
        ("retraining.on", [{"measure": "psi", "verdict": "within"}]),
        ("retraining.window_days", 0),
        ("retraining.holdout_share", 0.8),
        ("retraining.validation_share", "a fifth"),
        ("changes.expire_after_days", True),
        ("fairness.minimum_gating", 0),
        ("fairness.reference_group", "men"),
    ],
)
def test_a_value_that_means_nothing_is_named_by_its_place(path, value):
    (fault,) = policies.faults_in(changed(path, value))
    assert path.rpartition(".")[2] in fault or path in fault
