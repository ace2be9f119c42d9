"""The types that the client states are those its user's type checker sees."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "client"
WRONG = """
from mrm_client import Client

def may(client: Client) -> int:
    return client.gate("iris", "1").blockers
"""


def checked(folder: Path, program: str) -> list[str]:
    """What mypy finds in a program of a user, who has the package as it is shipped."""
    (folder / "program.py").write_text(program)
    # The settings of nobody, so that only what the package says of itself counts.
    command = [Path(sys.executable).with_name("mypy"), "--strict", "--config-file", os.devnull, "program.py"]
    told = subprocess.run(command, cwd=folder, env=os.environ | {"MYPYPATH": CLIENT}, capture_output=True, text=True)
    return [line for line in told.stdout.splitlines() if line.startswith("program.py") and ": error:" in line]


def test_a_type_checker_accepts_the_script_of_the_readme_and_tells_what_is_wrong(tmp_path):
    (script,) = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text(), re.DOTALL)
    assert checked(tmp_path, script) == []
    told = " ".join(checked(tmp_path, WRONG))
    assert 'incompatible type "str"; expected "int"' in told and 'got "list[str]", expected "int"' in told


def test_the_package_ships_the_mark_that_it_is_typed():
    packaging = tomllib.loads((CLIENT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert (CLIENT / "mrm_client" / "py.typed").exists()
    assert packaging["package-data"] == {"mrm_client": ["py.typed"]}
