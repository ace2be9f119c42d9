"""A backup in one archive, and a restore that loses nothing unsaid."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections

from audits.trail.models import Action, Entry, Head
from audits.trail.services import sign_checkpoint, verify_trail
from audits.trail.services.backups.archive import DATABASE, LEAVES, MANIFEST, SIGNATURE, signature_of
from inventory.models import Model
from inventory.services import edit_model
from mrm import embedded
from mrm.adapters import keys, storage
from tests.factories import make_model
from tests.migrated import administer


@pytest.fixture
def installation(own_database, tmp_path, settings):
    """A database with a trail, and a storage of its own with one file."""
    settings.STORAGE_URL = (tmp_path / "storage").as_uri()
    make_model(name="Card limits")
    storage.put(b"scored rows")
    return own_database


@pytest.fixture
def backup(installation, tmp_path) -> Path:
    file = tmp_path / "monday.tar"
    call_command("backup", file)
    return file


@pytest.fixture
def empty(own_database):
    """Makes the database one that nobody ever migrated, in place of the present one."""

    def make_empty():
        connections.close_all()
        administer(f"DROP DATABASE {own_database} WITH (FORCE)", role="postgres")
        administer(f"CREATE DATABASE {own_database}")

    return make_empty


def edit(text: str) -> None:
    edit_model(Model.objects.get(), changes={"purpose": text}, actor=None)


def rewritten(file: Path, change) -> Path:
    """The archive with its members changed: `change` is handed a dictionary of name to bytes."""
    with tarfile.open(file) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    change(members)
    with tarfile.open(file, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file


def with_manifest(**changes):
    """As it would be had we written and signed it so."""

    def change(members):
        members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | changes).encode()
        members[SIGNATURE] = signature_of(members[MANIFEST])

    return change


def forged(members) -> None:
    """Another dump, and a manifest that states its digest."""
    members[DATABASE] = b"COPY secrets TO PROGRAM 'curl';"
    stated = json.loads(members[MANIFEST])
    stated["database"] = {"sha256": hashlib.sha256(members[DATABASE]).hexdigest(), "bytes": len(members[DATABASE])}
    members[MANIFEST] = json.dumps(stated).encode()


def test_a_backup_restores_an_installation_on_an_empty_machine(backup, empty, tmp_path, settings, capsys):
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as archive:
        assert archive.extractfile(LEAVES).read(32).hex() == Entry.objects.get(position=0).leaf_hash
    before = Head.objects.get()
    settings.STORAGE_URL = (tmp_path / "elsewhere").as_uri()
    empty()
    call_command("restore", backup)
    assert Model.objects.get().name == "Card limits"
    assert storage.read(storage.digest_of(b"scored rows")) == b"scored rows"
    after = Head.objects.get()
    assert (after.length, after.last_leaf, after.frontier) == (before.length, before.last_leaf, before.frontier)
    assert "The trail holds" in capsys.readouterr().out
    edit("The next entry follows the last one of the backup.")
    assert verify_trail().holds
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM trail_entry")


def test_a_restore_that_would_lose_entries_names_them_and_changes_nothing(backup):
    edit("After the backup.")
    length = Head.objects.get().length
    with pytest.raises(CommandError, match=rf"Entries {length - 1} to {length - 1} of this database .*Card limits: "):
        call_command("restore", backup)
    assert Head.objects.get().length == length and Model.objects.get().purpose == "After the backup."


def test_entries_are_lost_only_for_a_reason_which_the_trail_keeps_with_what_is_lost(backup):
    edit("After the backup.")
    with pytest.raises(CommandError, match="--reason"):
        call_command("restore", backup, "--lose-entries")
    length = Head.objects.get().length
    call_command("restore", backup, "--lose-entries", "--reason", "The import of Tuesday went wrong.")
    entry = Entry.objects.get(action=Action.TRAIL_RESTORED)
    assert entry.details["reason"] == "The import of Tuesday went wrong."
    assert f"Entries {length - 1} to {length - 1}" in entry.details["fault"]
    assert f"\n{length}\n" in entry.details["kept"]  # A last checkpoint was signed over what is lost.
    assert Model.objects.get().purpose != "After the backup."
    assert verify_trail().holds


def test_a_database_that_went_another_way_since_the_backup_is_not_replaced(backup, empty, tmp_path):
    edit("One history.")
    newer = tmp_path / "tuesday.tar"
    call_command("backup", newer)
    empty()
    call_command("restore", backup, "--lose-entries", "--reason", "A rehearsal.")
    with pytest.raises(CommandError, match="of this database are not in the backup"):
        call_command("restore", newer)


def test_a_backup_older_than_the_checkpoint_beside_the_keys_is_not_restored_even_onto_an_empty_database(backup, empty):
    edit("After the backup, signed.")
    newest = sign_checkpoint()
    empty()
    with pytest.raises(CommandError, match=f"A checkpoint over {newest.size} entries was signed"):
        call_command("restore", backup)


def test_the_same_backup_may_be_restored_twice_and_never_replaces_another(backup):
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", backup)
    call_command("restore", backup)
    call_command("restore", backup)
    assert verify_trail().holds and not Entry.objects.filter(action=Action.TRAIL_RESTORED).exists()


DAMAGES = {
    "no manifest": (lambda members: members.pop(MANIFEST), "no complete backup"),
    "another format": (with_manifest(format="zip"), "not of the format"),
    "a field missing": (with_manifest(entries=None), "does not say what a backup states: entries"),
    "another manifest": (forged, "not signed with the key in KEYS_DIR"),
    "no signature": (lambda members: members.pop(SIGNATURE), "not signed with the key in KEYS_DIR"),
    "another dump": (lambda members: members.update({DATABASE: b"DROP TABLE"}), "not what was backed up"),
    "other leaves": (lambda members: members.update({LEAVES: bytes(32)}), "not what was backed up"),
    "another root": (with_manifest(root="00" * 32), "does not have the root"),
    "no dump": (lambda members: members.pop(DATABASE), "holds no database.dump"),
    "a newer release": (with_manifest(migrations=[["trail", "9999_of_tomorrow"]]), "trail.9999_of_tomorrow"),
    "a file missing": (
        with_manifest(files=[{"sha256": "ab" * 32, "bytes": 1}]),
        "1 files are neither in .* nor in storage",
    ),
}


def test_an_archive_that_was_changed_is_refused_before_anything_is_touched(backup):
    length, whole = Head.objects.get().length, backup.read_bytes()
    for change, words in DAMAGES.values():
        backup.write_bytes(whole)
        with pytest.raises(CommandError, match=words):
            call_command("restore", rewritten(backup, change))
        assert Head.objects.get().length == length


def test_a_backup_from_before_they_were_signed_is_restored_by_who_vouches_for_it(backup):
    rewritten(backup, lambda members: members.pop(SIGNATURE))
    call_command("restore", backup, "--unsigned")
    assert verify_trail().holds


def test_a_member_with_holes_is_none_of_a_backup(backup):
    """A sparse member of a few bytes could unpack to more than any disk holds."""
    with tarfile.open(backup) as archive:
        members = [(member, archive.extractfile(member).read()) for member in archive]
    with tarfile.open(backup, "w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            if info.name == LEAVES:
                info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(2**50)}
                info.pax_headers |= {"GNU.sparse.numblocks": "1", "GNU.sparse.map": f"0,{len(content)}"}
            archive.addfile(info, io.BytesIO(content))
    with pytest.raises(CommandError, match="holds no leaves"):
        call_command("restore", backup)


def test_an_archive_that_was_cut_off_is_refused(backup):
    backup.write_bytes(backup.read_bytes()[:5000])
    with pytest.raises(CommandError, match="cut off or damaged|no complete backup"):
        call_command("restore", backup)
    backup.write_text("Nothing of the kind.")
    with pytest.raises(CommandError, match="cannot be read as a backup"):
        call_command("restore", backup)


def test_a_backup_of_other_keys_is_refused_with_what_to_restore_first(backup, tmp_path, settings):
    settings.KEYS_DIR = tmp_path / "other keys"
    assert keys.configured().checkpoint_key()
    with pytest.raises(CommandError, match="Restore the folder of the keys first"):
        call_command("restore", backup)


def test_nothing_is_restored_while_others_use_the_database(backup):
    with (
        psycopg.connect(embedded.database_url(configured.VAR, connection.settings_dict["NAME"])),
        pytest.raises(CommandError, match="Stop web, worker and scheduler first"),
    ):
        call_command("restore", backup)


def test_a_damaged_file_is_left_out_of_the_backup_and_named(installation, tmp_path):
    damaged = storage.put(b"as it was")
    storage.local_path(damaged).write_bytes(b"as somebody wishes it had been")
    with pytest.raises(CommandError, match=damaged):
        call_command("backup", tmp_path / "monday.tar")
    with tarfile.open(tmp_path / "monday.tar") as archive:
        assert not [name for name in archive.getnames() if damaged in name]


def test_a_backup_without_files_names_them_and_is_restored_beside_its_storage(installation, tmp_path):
    file = tmp_path / "monday.tar"
    call_command("backup", file, "--without-files")
    with tarfile.open(file) as archive:
        assert archive.getnames() == [DATABASE, LEAVES, MANIFEST, SIGNATURE]
    call_command("restore", file)
    storage.local_path(storage.digest_of(b"scored rows")).unlink()
    with pytest.raises(CommandError, match="neither in"):
        call_command("restore", file)
