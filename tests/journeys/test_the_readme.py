"""The five minutes of the README, command by command, as a newcomer pastes them."""

import re
import shlex
from pathlib import Path

import polars as pl
import pytest
from django.utils import timezone
from sklearn.datasets import load_iris

from audits.assessments import services
from audits.assessments.models import Run
from mrm.accounts.policies import Role
from mrm.accounts.services import create_person, grant_role

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
BASE = "/api/v1"


def read_commands() -> list[list[str]]:
    """The curl commands of the README, split as a shell would."""
    lines = re.findall(r"^    (curl .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return [shlex.split(line.replace("$MRM", BASE).replace('"$AUTH"', "AUTH")) for line in lines]


def send(client, words: list[str]):
    """What curl would send: GET, or POST where there is data, from a file where it begins with @."""
    words, headers, data, address = iter(words[1:]), {}, None, None
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            data = next(words)
            data = (ROOT / data[1:]).read_text() if data.startswith("@") else data
        else:
            address = word
    if data is None:
        return client.get(address)
    return client.generic("POST", address, data, content_type=headers["Content-Type"])


@pytest.fixture
def client(api, engineer):
    person = create_person("owner@example.com", "Jonas Weber", actor=None)
    grant_role(person, Role.OWNER, actor=None)
    return api(engineer)


def test_the_commands_of_the_readme_lead_from_nothing_to_verdicts_and_the_gate(client):
    *sent, asked = read_commands()
    for words in sent:
        answer = send(client, words)
        assert answer.status_code == 201, (words, answer.content)
    services.create_missing_plans()
    services.queue_due_runs(timezone.now())
    for run in Run.objects.unfinished():
        services.execute(run.pk)
    assert {run.plan.kind for run in Run.objects.all()} == {"drift", "performance"}
    drift = Run.objects.get(plan__kind="drift")
    told = [str(result) for result in drift.results.filter(verdict__in=["amber", "red"])]
    assert (drift.verdict, told) == ("amber", ["out_of_range_rate petal_width"])  # Measured again, with an error.
    gate = send(client, asked)
    assert gate.status_code == 200
    assert gate.json()["blockers"] == [
        "The tier of Iris is provisional; a risk officer must confirm it.",
        "The policy requires the explainability assessment, and Iris version 1 cannot have one: "
        "its artifact is not here.",
    ]


def test_the_examples_are_the_flowers_of_iris_with_scores_between_0_and_1():
    reference = pl.read_csv(EXAMPLES / "reference.csv")
    iris = load_iris()
    assert reference.select(pl.exclude("score", "virginica")).to_numpy().tolist() == iris.data.tolist()
    assert reference["virginica"].to_list() == (iris.target == 2).tolist()
    batch, outcomes = pl.read_csv(EXAMPLES / "batch.csv"), pl.read_csv(EXAMPLES / "outcomes.csv")
    assert batch["flower"].to_list() == outcomes["flower"].to_list()
    assert batch["score"].is_between(0, 1).all()
