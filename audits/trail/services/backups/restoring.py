"""Restoring a backup: everything is examined first, and nothing is lost that was not named and agreed to."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.dateparse import parse_datetime

from audits.trail.models import Entry, Head
from audits.trail.services.backups.archive import DATABASE, FILES, Backup, opened, room_for
from audits.trail.services.checkpoints import sign_checkpoint
from mrm.adapters import dumps, kept, keys, notes, storage
from mrm.errors import RuleBroken
from mrm_verify.faults import Fault
from mrm_verify.notes import Checkpoint as Note
from mrm_verify.notes import VerifierKey

AT_ONCE = 10_000
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@dataclass(frozen=True)
class Restored:
    """What was restored; `lost` says which entries this cost, and is empty where it cost none."""

    entries: int
    files: int
    lost: str


def restore_backup(
    source: Path, *, lose_entries: bool = False, unsigned: bool = False, progress: Callable[[int, int], None]
) -> Restored:
    """Put a backup that we signed in the place of what the database holds, and its files into storage.

    Refused where entries would be lost, unless that is agreed to; what is lost is then signed over a last time, so that
    the checkpoint kept beside the keys shows it.
    """
    with opened(source, unsigned=unsigned) as backup:
        _refuse_what_does_not_hold(backup)
        _refuse_while_others_work()
        lost = what_would_be_lost(backup)
        if lost and not lose_entries:
            raise RuleBroken(f"{lost} Nothing was restored. To lose them, say so: --lose-entries --reason …")
        if lost and _has_trail():
            with suppress(RuleBroken):  # A trail that was cut off before; the checkpoint that shows it is kept already.
                sign_checkpoint()
        _restore_files(backup, progress)
        Path(settings.VAR).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.VAR) as folder:
            room_for(Path(folder), backup.manifest["database"]["bytes"])
            dump = Path(folder, DATABASE)
            backup.unpack(DATABASE, dump, backup.manifest["database"]["sha256"])
            dumps.restore(dump)
        return Restored(backup.manifest["entries"], len(backup.manifest["files"]), lost)


def what_would_be_lost(backup: Backup) -> str:
    """Which entries of this database, or of a checkpoint kept beside the keys, the backup does not hold; or nothing.

    The entries are compared one by one, by their hashes: a trail is kept where it is a beginning of the backup's.
    """
    taken = f"the backup of {parse_datetime(backup.manifest['taken_at']):%d %B %Y, %H:%M} UTC"
    if _has_trail():
        shared, length = _shared(backup), Head.objects.values_list("length", flat=True).get(pk=1)
        if shared < length:
            first, last = Entry.objects.get(position=shared), Entry.objects.order_by("-position")[0]
            return (
                f"Entries {shared} to {length - 1} of this database are not in {taken}, which ends with entry "
                f"{len(backup.leaves) - 1}. They begin on {first.at:%d %B %Y, %H:%M} UTC with “{first.subject_name}: "
                f"{first.get_action_display()}” and end on {last.at:%d %B %Y, %H:%M} UTC with “{last.subject_name}: "
                f"{last.get_action_display()}”."
            )
    note = kept.newest()
    newest = Note.read(note) if note else None
    if newest and newest.size > len(backup.leaves):
        return (
            f"A checkpoint over {newest.size} entries was signed and is kept beside the keys; {taken} ends with entry "
            f"{len(backup.leaves) - 1}, so entries {len(backup.leaves)} to {newest.size - 1} would be lost."
        )
    if newest and backup.root_at(newest.size) != newest.root.hex():
        return f"The checkpoint over {newest.size} entries kept beside the keys is over other entries than {taken}."
    return ""


def _shared(backup: Backup) -> int:
    """How many entries this database and the backup begin with alike."""
    hashes = Entry.objects.order_by("position").values_list("leaf_hash", flat=True).iterator(chunk_size=AT_ONCE)
    shared = 0
    for here, there in zip(hashes, backup.leaves, strict=False):
        if bytes.fromhex(here) != there:
            break
        shared += 1
    return shared


def _has_trail() -> bool:
    """Whether the database holds entries; a new one has no tables yet."""
    return Entry._meta.db_table in connection.introspection.table_names() and Entry.objects.exists()


def _refuse_what_does_not_hold(backup: Backup) -> None:
    """The leaves make the root that the manifest states, and our signature is under a checkpoint over them."""
    stated, leaves = backup.manifest, backup.leaves
    if len(leaves) != stated["entries"] or backup.root_at(len(leaves)) != stated["root"]:
        raise RuleBroken(f"The trail in {backup.path} does not have the root that its manifest states.")
    try:
        note = Note.read(stated["checkpoint"])
    except Fault as fault:
        raise RuleBroken(f"The checkpoint of {backup.path} cannot be read: {fault}") from fault
    key = notes.verifier_key(stated["log"], keys.configured().checkpoint_key().public_key())
    if note.origin != stated["log"] or not note.is_signed_by(VerifierKey.read(key)):
        raise RuleBroken(
            f"The checkpoint of {backup.path} was signed by another key than the one in KEYS_DIR, so its trail would "
            "not verify. Restore the folder of the keys first."
        )
    if note.size > len(leaves) or backup.root_at(note.size) != note.root.hex():
        raise RuleBroken(f"The checkpoint of {backup.path} was signed over other entries than the archive holds.")
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if newer := [f"{app}.{name}" for app, name in stated["migrations"] if (app, name) not in known]:
        raise RuleBroken(
            f"{backup.path} comes from another release: this one does not know its migration {newer[0]}. "
            "Install the release that took the backup."
        )


def _refuse_while_others_work() -> None:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        [others] = cursor.fetchone()
    if others:
        raise RuleBroken(
            f"{others} other connections use the database. Stop web, worker and scheduler first (make run: Ctrl-C)."
        )


def _restore_files(backup: Backup, progress: Callable[[int, int], None]) -> None:
    """Every file of the backup into storage, before the rows that name it; first those that are nowhere are named."""
    wanted = [file["sha256"] for file in backup.manifest["files"]]
    missing = [digest for digest in wanted if not storage.exists(digest)]
    nowhere = [digest for digest in missing if _place(digest) not in backup.members]
    if nowhere:
        raise RuleBroken(
            f"{len(nowhere)} files are neither in {backup.path} nor in storage, among them {nowhere[0]}. Restore the "
            "storage of STORAGE_URL first."
        )
    with tempfile.TemporaryDirectory(dir=settings.VAR) as folder:
        for done, digest in enumerate(missing, 1):
            unpacked = Path(folder, digest)
            backup.unpack(_place(digest), unpacked, digest)
            storage.put(unpacked)
            unpacked.unlink()
            progress(done, len(missing))


def _place(digest: str) -> str:
    return f"{FILES}/{digest[:2]}/{digest}"
