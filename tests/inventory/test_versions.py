"""Versions: registered once, with a schema that can be read and an artifact that may be opened."""

import hashlib
import pickle
from functools import reduce

import pytest

from audits.trail.models import Action, Entry
from inventory.models import ModelVersion
from inventory.services import attach_artifact, register_version, start_challenge
from inventory.states import Stage, Status
from mrm.accounts.policies import Role
from mrm.adapters import storage
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import SCHEMA, make_model, make_person, make_version, promote


def test_versions_are_numbered_from_one(workspace):
    model = make_model()
    assert [make_version(model).number for _ in range(3)] == [1, 2, 3]
    assert make_version().number == 1


def test_the_same_origin_gives_the_same_version(workspace, engineer):
    model = make_model()
    first = make_version(model, origin="CHG-1", actor=engineer)
    assert make_version(model, origin="CHG-1", actor=engineer) == first
    assert Entry.objects.filter(action=Action.VERSION_REGISTERED).count() == 1


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_engineers_and_owners_register_versions(workspace, role):
    with pytest.raises(NotPermitted):
        make_version(actor=make_person(role, workspace=workspace))


def test_every_fault_of_a_schema_is_named_with_its_field(workspace):
    schema = [{"name": "x", "kind": "number"}, {"name": "x", "kind": "numeric", "role": "boss"}]
    with pytest.raises(UnusableData) as refusal:
        register_version(make_model(), schema=schema, actor=None)
    assert {"schema.columns[0].kind", "schema.columns[1].role"} <= {error["field"] for error in refusal.value.errors}
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"params": {"x": float("inf")}}, "params"),
        ({"params": reduce(lambda inner, _: {"x": inner}, range(21), {})}, "params"),
        ({"tags": {"x": "\x00"}}, "tags"),
        ({"metrics": {"x": "\ud800"}}, "metrics"),
        ({"training_data": {"x": "y" * 300_000}}, "training_data"),
        ({"decision_threshold": float("nan")}, "decision_threshold"),
        ({"artifact_sha256": "abc"}, "artifact.sha256"),
        ({"code_ref": "x" * 501}, "code_ref"),
        ({"schema": [{"name": "x", "kind": "numeric"}]}, "schema.columns"),
        ({"schema": [{"name": "p", "kind": "boolean", "role": "prediction"}]}, "decision_threshold"),
        (
            {"schema": [*SCHEMA, {"name": "f", "kind": "categorical", "categories": ["\x00"]}]},
            "schema.columns[10].categories",
        ),
    ],
)
def test_facts_that_cannot_be_kept_are_refused_by_field(workspace, fields, field):
    with pytest.raises(UnusableData) as refusal:
        make_version(**fields)
    assert field in {error["field"] for error in refusal.value.errors}


def test_a_predecessor_belongs_to_the_same_model(workspace):
    with pytest.raises(RuleBroken, match="same model"):
        make_version(predecessor=make_version())


def test_promotion_supersedes_the_version_in_production(workspace):
    model = make_model()
    first, second = promote(make_version(model)), make_version(model)
    promote(second)
    first.refresh_from_db()
    second.refresh_from_db()
    model.refresh_from_db()
    assert (first.stage, second.stage, model.status) == (Stage.SUPERSEDED, Stage.PRODUCTION, Status.IN_USE)
    assert first.ended_at and second.promoted_at
    assert model.production_version() == second
    with pytest.raises(RuleBroken, match="superseded"):
        promote(first)


def test_a_candidate_may_challenge_and_then_be_promoted(workspace, engineer, validator):
    version = make_version()
    with pytest.raises(NotPermitted):
        start_challenge(version, actor=validator)
    assert start_challenge(version, actor=engineer).stage == Stage.CHALLENGER
    with pytest.raises(RuleBroken, match="challenger"):
        start_challenge(version, actor=engineer)
    assert promote(version).stage == Stage.PRODUCTION


# One split, as LightGBM's own save_model writes it.
LIGHTGBM = """tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=0
objective=binary sigmoid:1
feature_names=income
feature_infos=[0:199]
tree_sizes=250

Tree=0
num_leaves=2
num_cat=0
split_feature=0
split_gain=1
threshold=100.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=-0.2 0.2
leaf_weight=25 25
leaf_count=101 99
internal_value=0
internal_weight=0
internal_count=200
is_linear=0
shrinkage=1


end of trees

feature_importances:
income=1

parameters:
[boosting: gbdt]
end of parameters

pandas_categorical:null
"""


@pytest.fixture
def artifact(tmp_path):
    path = tmp_path / "model.txt"
    path.write_text(LIGHTGBM)
    return path


def test_an_artifact_is_identified_and_kept_under_its_digest(workspace, engineer, artifact):
    version = attach_artifact(make_version(), artifact, actor=engineer)
    assert version.framework == "lightgbm"
    assert version.artifact_sha256 == hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert storage.read(version.artifact_sha256) == artifact.read_bytes()
    assert Entry.objects.get(action=Action.ARTIFACT_RECEIVED).details["sha256"] == version.artifact_sha256


def test_the_same_artifact_again_changes_nothing_and_another_is_refused(workspace, engineer, artifact):
    version = attach_artifact(make_version(), artifact, actor=engineer)
    attach_artifact(version, artifact, actor=engineer)
    assert Entry.objects.filter(action=Action.ARTIFACT_RECEIVED).count() == 1
    artifact.write_bytes(artifact.read_bytes() + b"\n")
    with pytest.raises(RuleBroken, match="another version"):
        attach_artifact(version, artifact, actor=engineer)


def test_an_artifact_with_another_digest_than_announced_is_refused(workspace, engineer, artifact):
    with pytest.raises(UnusableData, match="arrived with"):
        attach_artifact(make_version(), artifact, expected_sha256="0" * 64, actor=engineer)
    announced = make_version(artifact_sha256="0" * 64)
    with pytest.raises(RuleBroken, match="registered with"):
        attach_artifact(announced, artifact, actor=engineer)


def test_an_artifact_of_another_framework_than_announced_is_refused(workspace, engineer, artifact):
    with pytest.raises(RuleBroken, match="registered as onnx"):
        attach_artifact(make_version(framework="onnx"), artifact, actor=engineer)


def test_a_pickle_is_refused_whatever_its_name(workspace, engineer, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    version = make_version()
    with pytest.raises(UnusableData, match="pickle"):
        attach_artifact(version, path, actor=engineer)
    version.refresh_from_db()
    assert version.artifact_sha256 == ""


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.RISK_OFFICER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_engineers_and_owners_attach_artifacts(workspace, artifact, role):
    with pytest.raises(NotPermitted):
        attach_artifact(make_version(), artifact, actor=make_person(role, workspace=workspace))
