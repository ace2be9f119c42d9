"""The policies that are shipped: the standard one, what others change about it, and what holds where one is silent."""

import json
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent
STANDARD_POLICY = SHIPPED / "standard_policy.json"
# What an installation may begin with. But for the standard policy, each says only the sections that it has otherwise.
PRESETS = {"standard": STANDARD_POLICY, "small-firm": SHIPPED / "small_firm_policy.json"}


@cache
def preset(name: str) -> dict:
    """A policy that is shipped, whole. It is shared: read it, never write to it."""
    return standard() | json.loads(PRESETS[name].read_text())


@cache
def standard() -> dict:
    """The standard policy. It is shared: read it, never write to it."""
    return json.loads(STANDARD_POLICY.read_text())


def section(document: dict, name: str):
    """One section of a policy; the standard policy's where the document is older than the section."""
    return document[name] if name in document else standard()[name]
