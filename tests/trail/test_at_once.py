"""Entries that the database appends: alone, many together, and with their change in one message."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Action, Entry
from audits.trail.services import (
    Overtaken,
    governed,
    record,
    recorded_together,
    verify_trail,
    written_at_once,
)
from inventory.models import Model
from inventory.services import register_model
from mrm.accounts.models import Workspace
from mrm.errors import RuleBroken

DELICATE = [
    {"text": 'quotes " and \\ and \n and é and 日本 and 😀 and \u2028', "empty": "", "none": None},
    {"numbers": [0, -1, 1.5, 1e-7, 123456789012345, 0.1], "truth": [True, False]},
    {"😀": 1, "ﬀ": 2, "nested": {"b": [], "a": {}, "at": "2026", "position": 7, "previous": "x"}},
]


@pytest.mark.parametrize("details", DELICATE, ids=["texts", "numbers", "names"])
def test_the_database_hashes_what_anybody_else_would(trail, details):
    with governed():
        written = record(Action.MODEL_EDITED, actor=None, subject=trail, **details)
    read = Entry.objects.first()
    assert (read.position, read.at, read.previous) == (written.position, written.at, written.previous)
    assert read.leaf_hash == written.leaf_hash == chain.leaf_hash(chain.canonical(read.body())).hex()
    assert verify_trail().holds, verify_trail().fault


def test_entries_recorded_together_are_one_statement_in_their_order(trail, django_assert_num_queries):
    before = Entry.objects.count()
    with governed(), django_assert_num_queries(1), recorded_together():
        for number in range(67):
            record(Action.MODEL_EDITED, actor=None, subject=trail, number=number)
    entries = Entry.objects.filter(position__gte=before).order_by("position")
    assert [entry.details["number"] for entry in entries] == list(range(67))
    assert verify_trail().holds and verify_trail().entries == before + 67


def test_of_entries_recorded_together_those_that_were_undone_are_left_out(trail):
    before = Entry.objects.count()
    with governed(), recorded_together():
        record(Action.MODEL_EDITED, actor=None, subject=trail, part="kept")
        with pytest.raises(RuleBroken), governed():
            record(Action.MODEL_EDITED, actor=None, subject=trail, part="undone")
            raise RuleBroken("No.")
        record(Action.MODEL_EDITED, actor=None, subject=trail, part="kept too")
    assert [entry.details["part"] for entry in Entry.objects.all()[:2]] == ["kept too", "kept"]
    assert verify_trail().entries == before + 2 and verify_trail().holds


def test_what_no_longer_holds_is_not_written_and_nothing_with_it(trail):
    before = Entry.objects.count()
    with pytest.raises(Overtaken), written_at_once() as message:
        message.insert(Workspace(slug="overtaken", name="Overtaken"))
        message.record(Action.MODEL_EDITED, actor=None, subject=trail)
        message.only_if("%s = (SELECT name FROM inventory_model WHERE id = %s)", ["Another name", trail.pk])
    assert Entry.objects.count() == before
    assert not Workspace.objects.filter(slug="overtaken").exists()


def test_what_was_taken_meanwhile_is_not_written(trail):
    with pytest.raises(Overtaken), written_at_once() as message:
        message.insert(Workspace(slug=trail.workspace.slug, name="Twin"))
    assert verify_trail().holds


def test_a_refusal_while_a_message_is_put_together_sends_nothing(trail):
    before = Entry.objects.count()
    with pytest.raises(RuleBroken), written_at_once() as message:
        message.record(Action.MODEL_EDITED, actor=None, subject=trail)
        raise RuleBroken("No.")
    assert Entry.objects.count() == before


def test_who_holds_the_pen_writes_the_usual_way(trail):
    with governed(), pytest.raises(Overtaken), written_at_once():
        raise AssertionError("nothing is put together here")


def test_a_clock_set_back_is_told_before_what_is_written_at_once(workspace, owner, monkeypatch):
    register_model(workspace, name="Before", owner=owner, actor=None)
    past = timezone.now() - timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: past)
    register_model(workspace, name="After", owner=owner, actor=None)
    last, noticed, first = Entry.objects.all()[:3]
    assert [last.action, noticed.action, first.action] == ["model.registered", "clock.set_back", "model.registered"]
    assert last.at == noticed.at == first.at
    assert verify_trail().holds and Model.objects.count() == 2
