"""Every endpoint of the OpenAPI documents, asked by schemathesis what its author did not think of.

The operations are divided among three files of tests by their tags, so that workers ask them side by side.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from mrm.accounts.models import Workspace
from mrm.accounts.policies import Role
from mrm.openapi import PATH_EXAMPLES
from tests.factories import make_batch, make_model, make_person, make_reference, make_token, make_version

REST, MLFLOW = "/api/schema/", "/api/schema/mlflow/"
# What is not asked of a document. Rules refuse with 422 what JSON Schema cannot forbid: an unknown person, a missing
# column, a wrong file. MLflow's clients expect 404 and a code where a method is not answered.
UNASKED = {REST: "positive_data_acceptance", MLFLOW: "positive_data_acceptance,unsupported_method"}
OF_MODELS = ("models", "uses")
OF_DECISIONS = ("changes", "findings", "validations", "arrangements", "assessments")
SPARE = 5  # Tokens of each caller, because some calls revoke or rotate one.
EXAMPLES = 3  # Of each endpoint, beside those at every boundary of what the document allows.


@pytest.fixture
def ask(stage, tmp_path) -> Callable:
    """Asks a document's operations with these tags, or without those; of a server with a model at the addresses that
    the document gives as examples.

    No 500, no status, media type or body that the document does not announce; nothing accepted that it forbids; no
    door open without a token. Whoever asks, in every role.
    """
    main = Workspace.objects.get(slug="main")
    owner = make_person(Role.OWNER, workspace=main)
    model = make_model(workspace=main, name="Instalment loan default", slug=PATH_EXAMPLES["slug"], owner=owner)
    version = make_version(model)
    make_reference(version, tmp_path)
    make_batch(version, tmp_path)
    people = [make_person(Role.ENGINEER, Role.OWNER), *(make_person(role) for role in Role)]
    tokens = [[make_token(person) for _ in range(SPARE)] for person in people]
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    stage.start("web")
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("callers.py"))}

    def ask(document: str, *, tagged: Iterable[str] = (), not_tagged: Iterable[str] = ()) -> None:
        chosen = [*(("--include-tag", tag) for tag in tagged), *(("--exclude-tag", tag) for tag in not_tagged)]
        command = [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file", Path(__file__).with_name("schemathesis.toml"),
            "run", f"{stage.address}{document}", *(word for words in chosen for word in words),
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--generation-deterministic",
            "--continue-on-failure", "--no-color", "--exclude-checks", UNASKED[document],
            "--suppress-health-check", "filter_too_much",  # Few texts are JSON, and a body of rows is one.
        ]  # fmt: skip
        asked = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=580)
        assert asked.returncode == 0, asked.stdout[-60000:] + asked.stderr[-2000:]

    return ask
