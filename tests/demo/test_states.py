"""What docs/states.md says of every life: where it begins, that all of it can be reached, and who moves it."""

import ast
from pathlib import Path

import pytest

from demo.documents.states import LIVES, diagram

ROOT = Path(__file__).resolve().parents[2]
APPS = ("audits", "inventory", "mrm", "registry", "reports")
STATES = {"state", "stage", "status"}
MOVERS = {
    "audits/assessments/services/execution.py": {"_claim", "_finish"},
    "audits/workflows/services/attestations.py": {"_move"},
    "audits/workflows/services/transitions.py": {"move"},
    "inventory/services/models.py": {"move_model", "move_version"},
    "inventory/services/surveys.py": {"_move"},
    "inventory/services/uses.py": {"move_use"},
    "mrm/accounts/api.py": {"finalize_response"},  # The status of an HTTP answer.
    "registry/services/transitions.py": {"_set"},  # What MLflow calls a stage, which is none of ours.
    "reports/services/transitions.py": {"move"},
}


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_every_state_is_reached_from_where_the_life_may_begin(life):
    reached, waiting = set(), list(life.beginnings)
    while waiting:
        state = waiting.pop()
        reached.add(state)
        waiting += [
            after for (before, _), after in life.transitions.items() if before == state and after not in reached
        ]
    assert reached == set(life.states)
    assert all(f"[*] --> {state}\n" in diagram(life) for state in life.beginnings)


def test_nobody_sets_a_state_but_who_moves_it_by_its_table():
    found = {}
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and any(_sets_a_state(node) for node in ast.walk(function)):
                found.setdefault(str(path.relative_to(ROOT)), set()).add(function.name)
    assert found == MOVERS


def _sets_a_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        targets = [one for target in node.targets for one in getattr(target, "elts", [target])]
        return any(isinstance(one, ast.Attribute) and one.attr in STATES for one in targets)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "update":
        return any(keyword.arg in STATES for keyword in node.keywords)
    return False
