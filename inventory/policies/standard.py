"""The policy an installation begins with; and what holds where an older document is silent."""

import json
from functools import cache
from pathlib import Path

STANDARD_POLICY = Path(__file__).resolve().parent.parent / "standard_policy.json"


@cache
def standard() -> dict:
    """The standard policy. It is shared: read it, never write to it."""
    return json.loads(STANDARD_POLICY.read_text())


def section(document: dict, name: str):
    """One section of a policy; the standard policy's where the document is older than the section."""
    return document[name] if name in document else standard()[name]
