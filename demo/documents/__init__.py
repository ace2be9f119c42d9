"""The parts of docs/ that are written from the code, so that they cannot say anything else. `make docs` writes them."""

from collections.abc import Callable
from pathlib import Path

from demo.documents.api import endpoints
from demo.documents.attributes import attributes
from demo.documents.changes import kinds_of_change
from demo.documents.policies import shipped_policies
from demo.documents.states import state_diagrams
from demo.documents.statistics import statistics
from demo.documents.tags import tags

DOCS = Path(__file__).resolve().parents[2] / "docs"
WRITTEN: dict[str, Callable[[], str]] = {
    "api.md": endpoints,
    "attributes.md": attributes,
    "changes.md": kinds_of_change,
    "mlflow-tags.md": tags,
    "policies.md": shipped_policies,
    "states.md": state_diagrams,
    "statistics.md": statistics,
}

__all__ = ["DOCS", "WRITTEN"]
