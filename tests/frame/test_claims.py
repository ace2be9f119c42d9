"""Where a document says which test shows something, there is such a test."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["THREAT_MODEL.md", "docs/situations.md", "docs/trail.md"]
CITED = re.compile(r"`(test_\w+|tests/[\w/.]+)`")


@cache
def names() -> frozenset[str]:
    """Every test of the suite."""
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_is_there(document):
    cited = set(CITED.findall((ROOT / document).read_text()))
    missing = {one for one in cited if not ((ROOT / one).exists() if "/" in one else one in names())}
    assert cited and not missing


def test_every_attack_of_the_threat_model_names_its_test():
    text = (ROOT / "THREAT_MODEL.md").read_text().partition("## Withstood")[2].partition("## Not covered yet")[0]
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith(("| attack", "| event", "| line"))
    ]
    assert len(rows) > 50 and not [row for row in rows if not CITED.search(row)]
