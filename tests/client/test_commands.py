"""The command `mrm`, as a shell or a pipeline sees it: what it prints, and how it ends."""

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from mrm_client import commands

from inventory.models import Model, ModelVersion, Policy
from inventory.services import edit_model
from mrm.accounts.services import create_person
from tests.factories import confirm, publish

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"

pytestmark = pytest.mark.django_db


@pytest.fixture
def mrm(connect, engineer, monkeypatch, capsys):
    """Runs the command as the engineer: exit code, standard output, standard error."""
    monkeypatch.setattr(commands, "Client", lambda url, token: connect(engineer))

    def run(*words):
        code = commands.main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def registered(mrm):
    return mrm("register", "Iris", "--version", EXAMPLES / "version.json", "--reference", EXAMPLES / "reference.csv")


def test_one_command_registers_a_model_with_a_version(registered):
    code, out, _ = registered
    assert code == 0
    assert "Iris is registered as iris" in out and "Version 1 is a candidate." in out
    assert "The policy still asks for: purpose" in out


def test_the_commands_of_the_readme_work_as_printed(mrm, monkeypatch):
    create_person("owner@example.com", "Jonas Weber", actor=None)
    monkeypatch.chdir(ROOT)
    lines = re.findall(r"^    mrm (.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert [mrm(*shlex.split(line))[0] for line in lines] == [0, 0, 1]  # The gate is closed at first.


def test_a_closed_gate_ends_the_pipeline_with_every_reason(mrm, registered):
    code, out, _ = mrm("gate", "iris", 1)
    assert code == 1
    assert "may not go into production" in out and "  - The tier of Iris is provisional" in out


def test_the_recipe_for_a_pipeline_waits_until_the_gate_opens_and_no_longer(mrm, registered, monkeypatch):
    """The line of the client's README, as it stands there; the gate opens while it waits for the second time."""
    (recipe,) = re.findall(r"- run: .* && mrm (gate .*)$", (ROOT / "client" / "README.md").read_text(), re.MULTILINE)
    words, waited = shlex.split(recipe.replace("$VERSION", "1")), []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            document = Policy.objects.in_force().document
            publish(document | {"promotion": document["promotion"] | {"required_assessments": []}})
            levels = dict.fromkeys(("exposure", "purpose_level", "complexity", "reliance"), "low")
            confirm(edit_model(Model.objects.get(), changes=levels, actor=None))

    monkeypatch.setattr("mrm_client.client.sleep", wait)
    code, out, _ = mrm(*words)
    assert (code, waited) == (0, [5.0, 5.0]), out
    assert "iris version 1 may go into production" in out


def test_a_gate_that_stays_closed_is_waited_for_as_long_as_was_said(mrm, registered, monkeypatch):
    now, asked = [0.0], []
    monkeypatch.setattr("mrm_client.client.monotonic", lambda: now[0])
    monkeypatch.setattr(
        "mrm_client.client.sleep", lambda seconds: (asked.append(seconds), now.insert(0, now[0] + seconds))
    )
    assert mrm("gate", "iris", 1, "--wait", 12)[0] == 1
    assert asked == [5.0, 5.0, 2.0]


def test_rows_and_outcomes_are_logged(mrm, registered):
    code, out, _ = mrm("log", "iris", 1, EXAMPLES / "batch.csv")
    assert (code, out[:18]) == (0, "200 rows received,")
    code, out, _ = mrm("log", "iris", "--outcomes", EXAMPLES / "outcomes.csv")
    assert (code, out) == (0, "200 outcomes received; 0 of them of unknown predictions.\n")


def test_the_gate_says_under_which_policy_it_answers(mrm, registered):
    _, out, _ = mrm("gate", "iris", 1)
    assert "iris version 1 may not go into production under version 1 of the policy." in out


def test_a_token_that_is_none_ends_with_2_and_says_where_to_make_one(connect, engineer, monkeypatch, capsys):
    client = connect(engineer)
    client._http.headers["Authorization"] = "Bearer mrm_wrong"
    monkeypatch.setattr(commands, "Client", lambda url, token: client)
    assert commands.main(["gate", "iris", "1"]) == 2
    assert "Refused (401)" in (told := capsys.readouterr().err) and "/tokens/" in told


def test_a_server_that_is_away_ends_with_2_and_says_so(connect, engineer, monkeypatch, capsys):
    def away(request):
        raise httpx.ConnectError("Connection refused")

    client = connect(engineer, transport=httpx.MockTransport(away))
    monkeypatch.setattr(commands, "Client", lambda url, token: client)
    monkeypatch.setattr("mrm_client.client.sleep", lambda seconds: None)
    assert commands.main(["gate", "iris", "1"]) == 2
    assert "cannot be reached (Connection refused). Does the server run" in capsys.readouterr().err


def test_a_file_that_is_no_report_does_not_hold(mrm, tmp_path):
    fake = tmp_path / "report.pdf"
    fake.write_bytes(b"%PDF-1.7 nothing")
    code, out, _ = mrm("verify", fake)
    assert code == 1 and "FAILS" in out and "The report does not hold." in out


def test_json_is_the_servers_answer(mrm, registered):
    code, out, _ = mrm("--json", "gate", "iris", 1)
    assert code == 1 and json.loads(out)["allowed"] is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gate", "no-such-model", 1), "Refused (404)"),
        (("log", "iris", 1, "rows.xlsx"), "rows.xlsx: the name of a file of rows ends in one of"),
        (("log", "iris"), "Say which version scored which file"),
        (("log", "iris", 1, "missing.csv"), "No such file"),
    ],
)
def test_a_refusal_or_a_mistake_ends_with_2_and_says_why(mrm, registered, words, said):
    code, out, err = mrm(*words)
    assert (code, out) == (2, "") and said in err


def test_a_pipeline_that_runs_again_registers_nothing_again(mrm, registered):
    again = mrm("register", "Iris", "--version", EXAMPLES / "version.json", "--reference", EXAMPLES / "reference.csv")
    assert again == registered
    assert ModelVersion.objects.count() == 1
