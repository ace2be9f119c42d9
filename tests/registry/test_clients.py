"""Stock MLflow clients, as their users run them, against a running server."""

import json
import re

import pytest

from audits.workflows.models import ChangeRequest, Decision
from audits.workflows.services import decide
from inventory.models import Model, Policy
from inventory.services import describe_version, edit_model
from mrm.accounts.models import Workspace
from mrm.accounts.policies import Role
from registry.services import set_rules
from tests.factories import PASSWORD, SCHEMA, confirm, make_person, make_reference, make_token, make_workspace, publish
from tests.registry.clients.environments import python_of, run

REMEDY = "make mlflow-clients prepares it"
BOTH = pytest.mark.parametrize("client", ["3", "2"], ids=["mlflow-3.17.2", "mlflow-2.22.5"])


@pytest.fixture(scope="module")
def server(stage_of_the_file):
    """One for the whole file; each test has a workspace of its own there."""
    stage_of_the_file.start("web")
    return stage_of_the_file


@pytest.fixture
def workspace(server) -> Workspace:
    return make_workspace()


@pytest.fixture
def engineer(workspace) -> str:
    """The secret of the token of an engineer, in whose workspace there is an owner too."""
    make_person(Role.OWNER, name="Omar Owner", workspace=workspace)
    return make_token(make_person(Role.ENGINEER, name="Erin Engineer", workspace=workspace), workspace=workspace)


def stock(client: str):
    python = python_of(client)
    if python is None:
        pytest.skip(f"The environment of the MLflow {client} client is not there; {REMEDY}.")
    return python


@pytest.mark.parametrize(
    ("client", "names_its_workspace"),
    [("3", False), ("3", True), ("2", False)],
    ids=["mlflow-3.17.2", "mlflow-3.17.2-naming-its-workspace", "mlflow-2.22.5"],
)
def test_a_stock_client_does_everything_a_registry_is_for(
    client, names_its_workspace, server, workspace, engineer, tmp_path
):
    said = {"MLFLOW_WORKSPACE": workspace.slug} if names_its_workspace else {}
    seen = run(stock(client), "walk.py", tmp_path, server.address, MLFLOW_TRACKING_TOKEN=engineer, **said)
    assert seen["created"] == ["credit risk", {"team": "retail", "empty": ""}]
    assert seen["again"][0] == "RESOURCE_ALREADY_EXISTS"
    assert seen["bad name"][0] == "INVALID_PARAMETER_VALUE"
    assert seen["unknown"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert seen["versions"] == ["1", "READY", "2", "http://runs/2", "new"]
    assert seen["model"] == ["Probabilities of default", "wholesale", False, {"candidate": "2"}]
    assert seen["by alias"] == "2"
    assert seen["no alias"][0] == "INVALID_PARAMETER_VALUE" and "nobody not found" in seen["no alias"][1]
    assert seen["reserved"][0] == "INVALID_PARAMETER_VALUE"
    assert seen["version"] == ["the first", "Vera", "r1", "None"]
    assert seen["staged"] == "Staging"
    assert seen["latest"] == [["Archived", "1"], ["Staging", "2"]]
    assert seen["bad stage"][0] == "INVALID_PARAMETER_VALUE"
    for asked in ("production", "champion"):
        assert seen[asked][0] == "PERMISSION_DENIED" and "provisional" in seen[asked][1]
    assert seen["copy"] == ["copied", "1", "models:/credit risk/1", "s3://bucket/first"]
    assert seen["pages"] == [f"many {number}" for number in range(7)]
    assert seen["all"] == 10
    assert seen["found"] == ["1"]
    assert seen["bad filter"][0] == "INVALID_PARAMETER_VALUE"
    assert seen["renamed"] == ["RESOURCE_DOES_NOT_EXIST", "credit"]
    assert seen["deleted version"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert seen["next number"] == "3"
    assert seen["deleted"][0] == "RESOURCE_DOES_NOT_EXIST"
    assert seen["anew"] == ["1"]


@BOTH
def test_a_training_script_registers_and_its_champion_is_what_people_approved(
    client, server, workspace, engineer, tmp_path
):
    python = stock(client)
    address, credentials = f"{server.address}/w/{workspace.slug}", {"MLFLOW_TRACKING_TOKEN": engineer}
    assert run(python, "train.py", tmp_path, address, "log", **credentials) == {"version": "1"}
    version = Model.objects.get(name="doubles", workspace=workspace).versions.get()
    open_the_gate(version, tmp_path)
    code, message = run(python, "train.py", tmp_path, address, "load", **credentials)["refused"]
    change = ChangeRequest.objects.get(version=version)
    assert code == "PERMISSION_DENIED" and f"/changes/{change.reference}/" in message
    for role in (Role.VALIDATOR, Role.RISK_OFFICER):
        approve(change, make_person(role))
    assert run(python, "train.py", tmp_path, address, "load", **credentials) == {
        "prediction": [42],
        "stage": "Production",
    }


def test_an_ungoverned_workspace_lets_the_same_script_pass_at_once(server, workspace, engineer, tmp_path):
    python = stock("3")
    set_rules(workspace, is_governed=False, actor=None)
    address = server.address
    credentials = {"MLFLOW_TRACKING_USERNAME": "token", "MLFLOW_TRACKING_PASSWORD": engineer}
    run(python, "train.py", tmp_path, address, "log", **credentials)
    assert run(python, "train.py", tmp_path, address, "load", **credentials) == {
        "prediction": [42],
        "stage": "Production",
    }
    assert not ChangeRequest.objects.filter(model__workspace=workspace).exists()


def test_an_ungoverned_workspace_answers_call_by_call_as_mlflows_own_registry(server, workspace, engineer, tmp_path):
    set_rules(workspace, is_governed=False, actor=None)
    answers = run(stock("3"), "beside.py", tmp_path, server.address, MLFLOW_TRACKING_TOKEN=engineer)
    different = [asked for asked in answers if asked[1] != asked[2]]
    assert different == [], "\n".join(map(str, different))


def approve(change, person) -> None:
    decide(
        change,
        approved=True,
        meaning=Decision.Meaning.REVIEWED,
        evidence_digest=change.evidence_digest,
        password=PASSWORD,
        actor=person,
    )


def open_the_gate(version, folder) -> None:
    """What else a promotion needs: a described version with a reference, a confirmed tier, no assessment required."""
    document = json.loads(json.dumps(Policy.objects.in_force().document))
    if document["promotion"]["required_assessments"]:  # The policy is that of all workspaces, and so of the file.
        document["promotion"]["required_assessments"] = []
        publish(document)
    levels = dict.fromkeys(("exposure", "purpose_level", "complexity", "reliance"), "low")
    confirm(edit_model(version.model, changes=levels, actor=None))
    make_reference(describe_version(version, schema=SCHEMA, decision_threshold=0.5, actor=None), folder)


MODELS = [
    ["alpha", {"team": "a", "stage": "Dev"}],
    ["Alpha two", {"team": "b"}],
    ["beta_1", {"team": "a", "with space": "x y"}],
    ["beta%2", {"quote": "it's", "empty": ""}],
    ["gamma", {}],
    ["a prompt", {"mlflow.prompt.is_prompt": "true"}],
]
VERSIONS = [
    ["alpha", "s3://bucket/one", "run1", {"k": "v1"}],
    ["alpha", "s3://bucket/two", "run2", {"k": "V2"}],
    ["beta_1", "s3://Bucket/three", "run1", {"k": "v1", "l m": "n"}],
    ["gamma", "dbfs:/x_y", "run3", {}],
]
MODEL_FILTERS = """
name = 'alpha'
name='alpha'
name != 'alpha'
name LIKE 'alpha%'
name LIKE 'Alpha%'
name ILIKE 'ALPHA%'
name LIKE '%a'
name LIKE 'beta_1'
name like 'beta%'
name ilike '%A%'
name IN ('alpha', 'gamma')
name NOT IN ('alpha', 'gamma')
name in ('alpha')
name = "alpha"
name = 'no such'
tag.team = 'a'
tags.team = 'a'
tags.team != 'a'
tags.team LIKE 'A'
tags.team ILIKE 'A'
tag.`with space` = 'x y'
tag."with space" = 'x y'
tags.empty = ''
tags.quote LIKE 'it%'
tags.missing != 'x'
name LIKE 'a%' AND tags.team = 'a'
name LIKE '%a%' and tags.team = 'a' AND tags.stage = 'Dev'
tags.team = 'a' AND tags.team != 'b'
attribute.name = 'alpha'
tag.`mlflow.prompt.is_prompt` = 'true'
tag.`mlflow.prompt.is_prompt` != 'true'
tag.`mlflow.prompt.is_prompt` = 'false'
name = alpha
name > 'alpha'
name = 'alpha' OR name = 'gamma'
foo = 'alpha'
tags.team IN ('a', 'b')
name IN ()
name IN ('a',
params.x = 'a'
name == 'alpha'
name = 'alpha' name = 'gamma'
name
'alpha' = name
name LIKE 1
tags.team = 1
(name = 'alpha')
name = 'alpha' AND
AND name = 'alpha'
name = 'alpha'; DROP TABLE models
name = 'alpha' -- comment
name = '' OR 1=1
""".strip().splitlines()
VERSION_FILTERS = """
name = 'alpha'
name != 'alpha'
name LIKE '%a%'
run_id = 'run1'
run_id != 'run1'
run_id IN ('run1', 'run3')
run_id NOT IN ('run1')
run_id LIKE 'run%'
source_path = 's3://bucket/one'
source_path LIKE 's3://bucket%'
source_path ILIKE 's3://bucket%'
version_number = 1
version_number != 1
version_number > 1
version_number >= 2
version_number < 2
version_number <= 1
version_number = '1'
tags.k = 'v1'
tags.k ILIKE 'v%'
tags.`l m` = 'n'
name = 'alpha' AND version_number = 2
name IN ('alpha', 'gamma') AND tags.k LIKE 'v%'
version_number LIKE '1'
version_number IN (1, 2)
source_path IN ('s3://bucket/one')
version_number = 1.5
version_number = 'x'
current_stage = 'None'
tags.k > 'v'
""".strip().splitlines()
# Malformed, which MLflow does not notice. A filter that was cut off must not find more than was meant.
OUR_OWN_WAY = {
    "name = 'alpha' AND": "MLflow passes over an AND that joins nothing",
    "AND name = 'alpha'": "the same",
    "name = 'alpha' name = 'gamma'": "MLflow takes a missing AND for one",
}


def test_every_filter_finds_what_mlflows_own_registry_finds(server, engineer, tmp_path):
    given = {"models": MODELS, "versions": VERSIONS, "model filters": MODEL_FILTERS, "version filters": VERSION_FILTERS}
    (tmp_path / "given.json").write_text(json.dumps(given))
    arguments = (server.address, str(tmp_path / "given.json"))
    theirs, ours = run(stock("3"), "filters.py", tmp_path, *arguments, MLFLOW_TRACKING_TOKEN=engineer)
    for kind, texts in (("models", MODEL_FILTERS), ("versions", VERSION_FILTERS)):
        different = {
            text: (expected, found)
            for text, expected, found in zip(texts, theirs[kind], ours[kind], strict=True)
            if expected != found and text not in OUR_OWN_WAY
        }
        assert different == {}
    assert not re.search("INTERNAL", json.dumps(ours))
