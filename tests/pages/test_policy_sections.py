"""The sections of a policy as facts and tables: nothing that it says is left out, and units and names are in words."""

import re

import pytest

from audits.workflows.models import ChangeRequest
from inventory import policies
from inventory.contents.policies import tables_of
from inventory.contents.sections import Table, sections_of


def leaves(value):
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def text_of(section) -> str:
    cells = [cell for table in section.tables for row in table.rows for cell in row]
    return " | ".join([*(f"{place}: {value}" for place, value in section.facts), *cells]).lower()


@pytest.mark.parametrize("name", [name for name in policies.SECTIONS if isinstance(policies.standard()[name], dict)])
def test_nothing_that_a_section_says_is_left_out(name):
    if name in ("tiers", "approvals"):
        shown = tables_of(policies.standard())
        text = " | ".join(cell for _, cells in [*shown.cadences, *shown.approvals] for cell in cells)
    else:
        text = text_of(sections_of(policies.standard(), (name,))[0])
    internal = {one["name"] for one in answers(policies.standard()[name])}
    said = {leaf for leaf in leaves(policies.standard()[name]) if not isinstance(leaf, bool)} - internal
    assert {leaf for leaf in said if plain(leaf) not in plain(text)} == set()


def plain(value) -> str:
    """Without what differs between a name for programs and one in words."""
    text = value if isinstance(value, str) else f"{value:g}"
    return re.sub(r"[_.: −-]+", " ", text).lower()


def answers(value):
    """The entries of a scorecard's answers, whose short names are for programs."""
    if isinstance(value, dict):
        if "says" in value:
            yield value
        for inner in value.values():
            yield from answers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from answers(inner)


def test_tiers_stand_side_by_side_and_days_are_called_days():
    findings = sections_of(policies.standard(), ("findings",))[0]
    due = findings.tables[0]
    assert due.heads == ["", "Tier 1", "Tier 2", "Tier 3"]
    assert ["High", "90 days", "120 days", "180 days"] in due.rows
    assert ("To rebut", "14 days") in findings.facts
    lasting = sections_of(policies.standard(), ("approvals_last",))[0]
    assert lasting.tables == [Table("", due.heads, [["At most", "365 days", "730 days", "1095 days"]])]


def test_what_each_tier_must_say_is_ticked():
    required = sections_of(policies.standard(), ("completeness",))[0].tables[0]
    assert ["Purpose", "✓", "✓", "✓"] in required.rows
    assert ["Assumptions", "✓", "–", "–"] in required.rows


def test_the_order_is_that_of_the_standard_policy_whatever_order_a_database_keeps():
    by_length = {
        name: dict(sorted(value.items(), key=lambda one: (len(one[0]), one[0]))) if isinstance(value, dict) else value
        for name, value in policies.standard().items()
    }
    assert tables_of(by_length) == tables_of(policies.standard())


def test_a_change_is_called_on_the_policy_what_it_is_called_where_it_is_asked_for():
    asked_for = dict(ChangeRequest.Kind.choices)
    for kind in policies.section(policies.standard(), "approvals"):
        if kind in asked_for:
            assert policies.name_of(kind) == asked_for[kind].lower()
