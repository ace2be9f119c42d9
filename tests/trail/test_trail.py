"""What the trail records, and what it withstands."""

import threading

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audits.trail import chain
from audits.trail.models import Action, Checkpoint, Entry, Head, Subtree, subject_name
from audits.trail.services import (
    consistency_proof,
    governed,
    inclusion_proof,
    log_name,
    record,
    sign_checkpoint,
    verify_trail,
)
from audits.trail.services.writing import entry_of, handed_over
from inventory.services import edit_model
from mrm import embedded
from mrm.adapters import keys, notes
from mrm.context import RequestContext, enter, leave
from mrm.errors import RuleBroken
from tests.factories import make_model, make_person, make_version, make_workspace


def test_an_entry_says_who_did_what_to_which_and_how_they_proved_it(workspace, engineer):
    model = make_model()
    token = enter(RequestContext("request-1", "token"))
    try:
        edit_model(model, changes={"purpose": "Other."}, actor=engineer)
    finally:
        leave(token)
    entry = Entry.objects.first()
    assert entry.action == Action.MODEL_EDITED
    assert (entry.actor_id, entry.actor_name) == (str(engineer.pk), "Erin Engineer")
    assert (entry.authenticated_by, entry.request_id) == ("token", "request-1")
    assert (entry.subject, entry.subject_name, entry.model_slug) == (subject_name(model), model.name, model.slug)
    assert entry.details["changes"]["purpose"]["after"] == "Other."


def test_what_the_system_does_is_recorded_as_the_systems(workspace):
    make_model()
    entry = Entry.objects.first()
    assert (entry.actor_id, entry.actor_name, entry.authenticated_by) == ("", "system", "system")


def test_a_name_is_copied_so_that_a_later_one_does_not_change_the_past(workspace, engineer):
    make_model(actor=engineer)
    engineer.display_name = "Somebody Else"
    engineer.save(update_fields=["display_name"])
    assert Entry.objects.first().actor_name == "Erin Engineer"
    assert verify_trail().holds


def test_each_entry_is_linked_to_the_one_before(trail):
    entries = list(Entry.objects.order_by("position"))
    assert [entry.position for entry in entries] == list(range(len(entries)))
    assert entries[0].previous == ""
    for before, after in zip(entries, entries[1:], strict=False):
        assert after.previous == before.leaf_hash
        assert after.at >= before.at
    assert all(chain.leaf_hash(chain.canonical(entry.body())).hex() == entry.leaf_hash for entry in entries)


def test_nothing_is_recorded_outside_a_governed_change(trail):
    with pytest.raises(RuntimeError, match="inside governed"):
        record(Action.MODEL_EDITED, actor=None, subject=trail)


def test_an_unknown_action_cannot_be_recorded(trail):
    with pytest.raises(ValueError, match="not a valid"), governed():
        record("model.vanished", actor=None, subject=trail)


def test_a_change_that_fails_leaves_no_entry_and_a_later_one_holds(trail):
    before = Entry.objects.count()
    with pytest.raises(RuleBroken), governed():
        record(Action.MODEL_EDITED, actor=None, subject=trail)
        raise RuleBroken("No.")
    assert Entry.objects.count() == before
    edit_model(trail, changes={"purpose": "After."}, actor=None)
    assert verify_trail() == verify_trail()
    assert verify_trail().holds and verify_trail().entries == before + 1


def test_a_refusal_inside_a_governed_change_that_goes_on_leaves_the_trail_whole(trail):
    before = Entry.objects.count()
    with governed():
        record(Action.MODEL_EDITED, actor=None, subject=trail, part="kept")
        with pytest.raises(RuleBroken), governed():
            record(Action.MODEL_EDITED, actor=None, subject=trail, part="undone")
            raise RuleBroken("Only this part is undone.")
        record(Action.MODEL_EDITED, actor=None, subject=trail, part="kept too")
    assert [entry.details["part"] for entry in Entry.objects.all()[:2]] == ["kept too", "kept"]
    assert verify_trail().entries == before + 2
    assert verify_trail().holds, verify_trail().fault


@pytest.mark.parametrize("table", ["trail_entry", "trail_subtree", "trail_checkpoint"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET {} = {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_refuses_to_change_the_past(trail, table, statement):
    sign_checkpoint()
    column = "position" if table == "trail_entry" else "id"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


def test_the_orm_is_refused_too(trail):
    for change in (
        lambda: Entry.objects.all().delete(),
        lambda: Entry.objects.filter(position=0).update(actor_name="Nobody"),
        lambda: Entry.objects.first().delete(),
        lambda: Entry.objects.first().save(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_six_writers_at_once_make_one_unbroken_trail(own_database):
    models = [make_model() for _ in range(6)]
    before, faults = Entry.objects.count(), []

    def edit(model):
        try:
            for number in range(5):
                edit_model(model, changes={"purpose": f"{number}"}, actor=None)
        except Exception as fault:  # noqa: BLE001 - whatever went wrong in a thread must fail the test
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=edit, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    result = verify_trail()
    assert result.holds, result.fault
    assert result.entries == before + 30


def test_a_checkpoint_is_a_signed_note_that_others_can_check(trail):
    checkpoint = sign_checkpoint()
    head = Head.objects.get()
    assert checkpoint.size == head.length
    body, _, signature = checkpoint.note.partition("\n\n")
    origin, size, _ = body.split("\n")
    assert (origin, int(size)) == (log_name(), checkpoint.size)
    assert signature.startswith(f"— {log_name()} ")
    key = keys.configured().checkpoint_key().public_key()
    assert notes.note_holds(checkpoint.note, body + "\n", log_name(), key)
    assert not notes.note_holds(checkpoint.note.replace(str(checkpoint.size), "1", 1), body + "\n", log_name(), key)


def test_a_log_keeps_its_name_and_its_checkpoints_hold_when_its_address_changes(trail, settings):
    name = log_name()
    sign_checkpoint()
    settings.PUBLIC_URL = "https://elsewhere.bank.example"
    assert log_name() == name
    edit_model(trail, changes={"purpose": "After the move."}, actor=None)
    sign_checkpoint()
    assert verify_trail().holds, verify_trail().fault


def test_the_same_size_is_signed_once(trail):
    assert sign_checkpoint() == sign_checkpoint()
    assert Checkpoint.objects.count() == 1


def test_an_empty_trail_is_not_signed(unprepared_database):
    assert sign_checkpoint() is None
    assert verify_trail().holds


def test_an_empty_trail_has_nothing_to_export(unprepared_database, tmp_path):
    with pytest.raises(CommandError, match="Nothing is recorded"):
        call_command("export_trail", str(tmp_path / "none.zip"))
    assert list(tmp_path.iterdir()) == []


def test_proofs_from_the_tables_hold(trail):
    first = sign_checkpoint()
    for number in range(9):
        edit_model(trail, changes={"purpose": f"Again {number}."}, actor=None)
    second = sign_checkpoint()
    for entry in Entry.objects.all():
        proof = [bytes.fromhex(node) for node in inclusion_proof(entry, second.size)]
        leaf, root = bytes.fromhex(entry.leaf_hash), bytes.fromhex(second.root)
        assert chain.verify_inclusion(leaf, entry.position, second.size, proof, root)
    proof = [bytes.fromhex(node) for node in consistency_proof(first.size, second.size)]
    roots = bytes.fromhex(first.root), bytes.fromhex(second.root)
    assert chain.verify_consistency(first.size, second.size, *roots, proof)


def test_an_entry_is_kept_even_of_a_long_name(workspace):
    make_workspace("x", name="y" * 200)
    model = make_model(name="n" * 200)
    make_version(model)
    assert verify_trail().holds
    assert make_person(name="p" * 60)


def test_subtrees_are_kept_as_they_are_completed(trail):
    length = Head.objects.get().length
    assert Subtree.objects.filter(level=1).count() == length // 2
    assert Subtree.objects.filter(level=2).count() == length // 4


def test_the_command_says_that_the_trail_holds(trail, capsys):
    sign_checkpoint()
    call_command("verify_trail")
    assert "The trail holds" in capsys.readouterr().out


def test_the_command_fails_and_names_the_fault(own_database, superuser):
    superuser("UPDATE trail_entry SET actor_name = 'Nobody' WHERE position = 1")
    with pytest.raises(CommandError, match=r"Entry 1 \(.*\) was edited"):
        call_command("verify_trail")


@pytest.fixture
def superuser(own_database):
    """Runs SQL as the administrator of the server, who can switch the triggers off."""

    def run(statement: str) -> None:
        with psycopg.connect(embedded.database_url(settings.VAR, own_database, "postgres"), autocommit=True) as server:
            server.execute("SET session_replication_role = replica")
            server.execute(statement)

    return run


FAULTS = {
    "UPDATE trail_entry SET actor_name = 'Nobody' WHERE position = 4": "Entry 4 ",
    "UPDATE trail_entry SET details = details || '{\"x\": 1}' WHERE position = 4": "Entry 4 ",
    "UPDATE trail_entry SET at = at - interval '1 day' WHERE position = 4": "Entry 4 ",
    "UPDATE trail_entry SET action = 'model.retired' WHERE position = 4": "Entry 4 ",
    "DELETE FROM trail_entry WHERE position = 4": "Entry 4 is missing",
    "DELETE FROM trail_entry WHERE position = 0": "Entry 0 is missing",
    "DELETE FROM trail_entry WHERE position >= 6": "missing",
    "TRUNCATE trail_entry": "missing",
    "UPDATE trail_entry SET position = CASE position WHEN 3 THEN -1 ELSE position END": "Entry 3 is missing",
    "UPDATE trail_head SET length = length - 1": "more entries",
    "UPDATE trail_head SET length = length + 1": "missing at the end",
    "UPDATE trail_head SET frontier = '[]'": "head",
    "UPDATE trail_head SET last_leaf = repeat('0', 64)": "head",
    "UPDATE trail_checkpoint SET root = repeat('0', 64)": "signed over other entries",
    "UPDATE trail_checkpoint SET note = replace(note, '—', '-')": "signature",
    "UPDATE trail_checkpoint SET size = size + 5": "missing",
    "UPDATE trail_subtree SET hash = repeat('0', 64) WHERE level = 1 AND index = 0": "subtree",
    "DELETE FROM trail_subtree WHERE level = 1 AND index = 0": "subtree",
}


@pytest.fixture
def written(own_database):
    """A trail of a dozen entries in a database of its own, with a checkpoint over it."""
    model = make_model()
    for number in range(6):
        edit_model(model, changes={"purpose": f"Purpose {number}."}, actor=None)
    sign_checkpoint()
    assert verify_trail().holds
    return model


def test_every_way_to_change_the_past_by_sql_is_found_and_named(written, superuser, own_database):
    for statement, named in FAULTS.items():
        keep = [f"CREATE TABLE kept_{table} AS TABLE {table}" for table in TABLES]
        for command in keep:
            superuser(command)
        superuser(statement)
        result = verify_trail()
        assert named in result.fault, f"{statement}: {result.fault or 'nothing was found'}"
        for table in TABLES:
            superuser(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}; DROP TABLE kept_{table}")
    assert verify_trail().holds


BACK = "UPDATE trail_head SET last_at = '2020-01-01'"


def test_what_is_appended_after_the_head_was_dated_back_by_sql_is_refused_and_found(written, superuser):
    with pytest.raises(DatabaseError, match="never dated"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BACK)
    superuser(BACK)
    rows = handed_over([entry_of(Action.MODEL_EDITED, actor=None, subject=written, details={})])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM append_to_trail('2020-01-02', %s)", [rows])
    last = Entry.objects.first()
    assert verify_trail().fault == f"Entry {last.position} (model.edited) is dated before the entry before it."


TABLES = ("trail_entry", "trail_subtree", "trail_checkpoint", "trail_head")


def test_two_entries_that_changed_places_are_found(written, superuser):
    superuser(
        "UPDATE trail_entry SET position = -1 WHERE position = 3;"
        "UPDATE trail_entry SET position = 3 WHERE position = 4;"
        "UPDATE trail_entry SET position = 4 WHERE position = -1"
    )
    assert verify_trail().fault.startswith("Entry 3 ")


def rewritten(*edited: int) -> str:
    """The statements that rewrite the trail consistently, every hash in it, so that nobody did these entries."""
    previous, frontier, statements = "", [], []
    for entry in Entry.objects.order_by("position"):
        if entry.position in edited:
            entry.actor_name = "Nobody"
        entry.previous = previous
        leaf = chain.leaf_hash(chain.canonical(entry.body()))
        frontier, completed = chain.append(frontier, entry.position, leaf)
        previous = leaf.hex()
        statements.append(
            f"UPDATE trail_entry SET actor_name = '{entry.actor_name}', previous = '{entry.previous}', "
            f"leaf_hash = '{previous}' WHERE position = {entry.position}"
        )
        for level, index, node in completed:
            statements.append(
                f"UPDATE trail_subtree SET hash = '{node.hex()}' WHERE level = {level} AND index = {index}"
            )
    nodes = str([node.hex() for node in frontier]).replace("'", '"')
    statements.append(f"UPDATE trail_head SET frontier = '{nodes}', last_leaf = '{previous}'")
    return "; ".join(statements)


def test_a_forger_who_recomputes_every_hash_is_caught_by_the_checkpoint(written, superuser):
    """The whole tail rewritten consistently: only the signature over the old root gives it away."""
    superuser(rewritten(5))
    assert "signed over other entries" in verify_trail().fault


@pytest.mark.parametrize("edited", [(5,), (0, 5)], ids=["the tail", "all of it, from the first entry on"])
def test_a_forger_who_also_deletes_every_checkpoint_is_caught_by_the_one_beside_the_keys(written, superuser, edited):
    superuser(f"DELETE FROM trail_checkpoint; {rewritten(*edited)}")
    assert "kept beside the keys was signed over other entries" in verify_trail().fault
    with pytest.raises(RuleBroken, match="signed over other entries"):
        sign_checkpoint()
