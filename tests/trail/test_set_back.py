"""An older database put in place of a newer one, and a clock set back."""

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from audits.trail.models import Action, Checkpoint, Entry, Head
from audits.trail.services import accept_restore, log_name, sign_checkpoint, verify_trail
from inventory.models import Model
from inventory.services import edit_model
from mrm import embedded
from mrm.adapters import kept, keys, notes
from mrm.errors import RuleBroken
from tests.factories import make_model


@pytest.fixture
def model(own_database):
    """A model in a database whose trail is signed and kept outside it."""
    model = make_model()
    sign_checkpoint()
    return model


def edit(model: Model, text: str) -> None:
    edit_model(Model.objects.get(pk=model.pk), changes={"purpose": text}, actor=None)


def administer(*statements: str) -> None:
    with psycopg.connect(embedded.database_url(settings.VAR, "postgres", "postgres"), autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


@pytest.fixture
def set_back(model):
    """Twenty more entries, signed; then the database as it was before them, put in their place."""
    name = connection.settings_dict["NAME"]
    connections.close_all()
    administer(f"CREATE DATABASE {name}_backup TEMPLATE {name}")
    for number in range(20):
        edit(model, f"Lost {number}.")
    newer = sign_checkpoint()
    connections.close_all()
    administer(f"DROP DATABASE {name} WITH (FORCE)", f"ALTER DATABASE {name}_backup RENAME TO {name}")
    return newer


def test_an_older_database_over_a_newer_checkpoint_is_named_and_nothing_is_signed_over_it(set_back, model):
    lost = f"Entries {set_back.size - 20} to {set_back.size - 1} are missing"
    assert verify_trail().fault.startswith(lost)
    edit(model, "After the restore.")
    with pytest.raises(RuleBroken, match="manage.py accept_restore"):
        sign_checkpoint()
    with pytest.raises(CommandError, match="are missing"):
        call_command("verify_trail")


def test_an_older_database_that_grew_past_the_newer_checkpoint_is_still_named(set_back, model):
    for number in range(25):
        edit(model, f"Another history {number}.")
    assert "was signed over other entries" in verify_trail().fault
    with pytest.raises(RuleBroken, match="signed over other entries"):
        sign_checkpoint()


def test_a_loss_that_is_accepted_stands_in_the_trail_with_the_checkpoint_that_shows_it(set_back, capsys):
    call_command("accept_restore", "--reason", "The disk failed; the backup of Monday was restored.")
    entry = Entry.objects.get(action=Action.TRAIL_RESTORED)
    assert entry.details["kept"] == set_back.note
    assert "The disk failed" in entry.details["reason"] and "are missing" in entry.details["fault"]
    assert Checkpoint.objects.first().size == Entry.objects.count()
    assert verify_trail().holds, verify_trail().fault
    assert "Recorded: Entries" in capsys.readouterr().out


def test_nothing_is_accepted_where_nothing_is_missing(model):
    with pytest.raises(RuleBroken, match="Nothing is missing"):
        accept_restore(reason="For fun.", actor=None)
    with pytest.raises(CommandError, match="Nothing is missing"):
        call_command("accept_restore", "--reason", "For fun.")


def test_the_kept_checkpoint_never_goes_back(model):
    first = Checkpoint.objects.first()
    edit(model, "More.")
    second = sign_checkpoint()
    kept.keep(first.note)
    assert kept.newest() == second.note
    folder = Path(settings.KEYS_DIR) / "checkpoints"
    assert folder.stat().st_mode & 0o077 == 0


def kept_by_an_earlier_release(model: Model) -> tuple[Path, str]:
    """Its folder, and what it kept of this log, beside a longer one, of a database that was here before."""
    folder, note = Path(settings.KEYS_DIR) / "checkpoints", kept.newest()
    (folder / kept.NEWEST).rename(folder / Entry.objects.get(position=0).leaf_hash[:32])
    name, key = log_name(), keys.configured().checkpoint_key()
    (folder / ("5" * 32)).write_text(notes.sign_note(notes.checkpoint_body(name, 5000, b"5" * 32), name, key))
    return folder, note


def test_what_an_earlier_release_kept_of_a_database_that_was_here_before_counts_no_more(model):
    _, note = kept_by_an_earlier_release(model)
    assert "was cut off, or is another one" in verify_trail().fault
    call_command("prepare")
    assert kept.newest() == note and verify_trail().holds
    edit(model, "Signed again.")
    newer = sign_checkpoint()
    assert kept.newest() == newer.note


def test_where_an_earlier_release_kept_nothing_of_a_log_with_this_first_entry_the_longest_counts(model):
    folder, _ = kept_by_an_earlier_release(model)
    (folder / Entry.objects.get(position=0).leaf_hash[:32]).unlink()
    call_command("prepare")
    edit(model, "Another history.")
    with pytest.raises(RuleBroken, match="to 4999 are missing"):
        sign_checkpoint()


def test_a_checkpoint_whose_transaction_fails_is_not_kept(workspace):
    make_model()
    sign_checkpoint()  # The test's own transaction is never committed.
    assert kept.newest() == ""


class Clock:
    """The clock of the server, set back."""

    def __init__(self, by: timedelta):
        self.by = by
        self.now = timezone.now

    def __call__(self):
        return self.now() - self.by


def test_an_entry_is_not_dated_back_by_setting_the_clock_back(workspace, monkeypatch):
    model = make_model()
    before = Entry.objects.first().at
    monkeypatch.setattr(timezone, "now", Clock(timedelta(days=30)))
    edit_model(model, changes={"purpose": "Back-dated?"}, actor=None)
    edit_model(Model.objects.get(pk=model.pk), changes={"purpose": "And again?"}, actor=None)
    last, middle, noticed = Entry.objects.all()[:3]
    assert [last.action, middle.action, noticed.action] == ["model.edited", "model.edited", "clock.set_back"]
    assert last.at == middle.at == noticed.at == before
    assert noticed.details["clock"] < noticed.details["last_entry"]
    assert Head.objects.get().clock_is_behind
    assert verify_trail().holds


def test_a_clock_that_has_caught_up_is_noticed_again_when_it_is_set_back_again(workspace, monkeypatch):
    model = make_model()
    for by in (timedelta(days=1), timedelta(), timedelta(days=2)):
        with monkeypatch.context() as patched:
            patched.setattr(timezone, "now", Clock(by))
            edit_model(Model.objects.get(pk=model.pk), changes={"purpose": f"Set back by {by}."}, actor=None)
    assert Entry.objects.filter(action=Action.CLOCK_SET_BACK).count() == 2


def test_clocks_that_differ_by_a_moment_are_no_event(workspace, monkeypatch):
    model = make_model()
    monkeypatch.setattr(timezone, "now", Clock(timedelta(seconds=1)))
    edit_model(model, changes={"purpose": "From another host."}, actor=None)
    assert not Entry.objects.filter(action=Action.CLOCK_SET_BACK).exists()
    assert verify_trail().holds


def test_nothing_is_dated_ahead_by_a_clock_set_forward_or_by_sql(workspace, monkeypatch):
    """Else all that is recorded later would bear that time, and of nothing would be asked when it was signed."""
    model = make_model()
    length = Head.objects.get().length
    with monkeypatch.context() as patched, pytest.raises(RuleBroken, match="clock of the server that writes"):
        patched.setattr(timezone, "now", Clock(-timedelta(days=1)))
        edit_model(model, changes={"purpose": "Tomorrow's."}, actor=None)
    ahead = "UPDATE trail_head SET last_at = '9999-01-01'"
    with pytest.raises(DatabaseError, match="dated ahead"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ahead)
    assert Head.objects.get().length == length
    monkeypatch.setattr(timezone, "now", Clock(-timedelta(seconds=30)))
    edit(model, "From a host whose clock is a little ahead.")
    assert verify_trail().holds
