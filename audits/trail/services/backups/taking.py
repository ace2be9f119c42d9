"""Taking a backup: the database at one moment, then everything in storage, which by then holds what the rows name."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from audits.trail import chain
from audits.trail.models import Checkpoint, Entry, Head
from audits.trail.services.backups.archive import DATABASE, FILES, FORMAT, LEAVES, Writer, written
from audits.trail.services.checkpoints import log_name, sign_checkpoint
from mrm.adapters import dumps, storage
from mrm.errors import RuleBroken

AT_ONCE = 10_000


@dataclass(frozen=True)
class Taken:
    """What a backup holds; `damaged` are the stored files that are no longer what their digest says."""

    entries: int
    files: int
    damaged: list[str]


def take_backup(target: Path, *, with_files: bool = True, progress: Callable[[int, int], None]) -> Taken:
    """Write database, storage and checkpoint into one archive. Others may go on working meanwhile."""
    if sign_checkpoint() is None:
        raise RuleBroken("There is nothing to back up: the trail is empty. Run manage.py prepare first.")
    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    with written(target) as archive, tempfile.TemporaryDirectory(dir=settings.VAR) as folder:
        manifest = {"format": FORMAT, "taken_at": timezone.now().isoformat(), "with_files": with_files}
        manifest |= _database(archive, Path(folder))
        manifest["files"], manifest["damaged"] = _stored(archive, with_files, progress)
        archive.finish(manifest)
    return Taken(manifest["entries"], len(manifest["files"]), manifest["damaged"])


def _database(archive: Writer, folder: Path) -> dict:
    """The database as it is now, and the hash of every entry in it."""
    dump, leaves = folder / DATABASE, folder / LEAVES
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
        head = Head.objects.get(pk=1)
        told = {
            "log": log_name(),
            "entries": head.length,
            "root": chain.root([bytes.fromhex(node) for node in head.frontier]).hex(),
            "checkpoint": Checkpoint.objects.first().note,
            "migrations": sorted(map(list, MigrationRecorder(connection).applied_migrations())),
        }
        with leaves.open("wb") as file:
            hashes = Entry.objects.order_by("position").values_list("leaf_hash", flat=True)
            for leaf in hashes.iterator(chunk_size=AT_ONCE):
                file.write(bytes.fromhex(leaf))
        dumps.dump(dump, snapshot=snapshot)
    return told | {"database": archive.add(DATABASE, dump), "leaves": archive.add(LEAVES, leaves)}


def _stored(archive: Writer, with_files: bool, progress: Callable[[int, int], None]) -> tuple[list[dict], list[str]]:
    """What storage holds, each file added whose bytes are still what their digest says."""
    found, files, damaged = storage.everything(), [], []
    for done, (digest, size) in enumerate(found, 1):
        if not with_files:
            files.append({"sha256": digest, "bytes": size})
        elif storage.is_intact(digest):
            files.append(archive.add(f"{FILES}/{digest[:2]}/{digest}", storage.local_path(digest)))
        else:
            damaged.append(digest)
        progress(done, len(found))
    return files, damaged
