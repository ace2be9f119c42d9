"""The archive of a backup: a tar file, whose manifest says what the other members must be, and is signed.

A dump is a program that the database runs, so nothing of an archive is believed before its signature holds.

database.dump       the database, as pg_dump writes it (custom format)
leaves              the hash of every entry of the trail, 32 bytes each, in order
files/ab/abcdef…    everything in storage, under its SHA-256
manifest.json       what the archive holds and which checkpoint is over it
manifest.sig        its digest, signed as a note by the key of the checkpoints; last, so that what was cut off has none
"""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hmac import compare_digest
from pathlib import Path
from typing import BinaryIO

from mrm.adapters import keys, notes
from mrm.errors import RuleBroken
from mrm_verify import merkle

FORMAT = "mrm-backup/1"
DATABASE, LEAVES, FILES, MANIFEST, SIGNATURE = "database.dump", "leaves", "files", "manifest.json", "manifest.sig"
SIGNED_AS = "mrm-backup"
STATED = {
    "taken_at": str,
    "log": str,
    "entries": int,
    "root": str,
    "checkpoint": str,
    "migrations": list,
    "database": dict,
    "leaves": dict,
    "files": list,
    "damaged": list,
}
LEAF = 32
PIECE = 1 << 20
LONGEST_MANIFEST = 1 << 30


class Writer:
    """An archive on its way; what was added is known by size and digest."""

    def __init__(self, archive: tarfile.TarFile):
        self.archive = archive

    def add(self, name: str, path: Path) -> dict:
        """One more member; what the manifest says of it."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            info = _member(name, file.seek(0, io.SEEK_END))
            file.seek(0)
            self.archive.addfile(info, file)
        return {"sha256": digest, "bytes": info.size}

    def finish(self, manifest: dict) -> None:
        content = json.dumps(manifest, indent=1, sort_keys=True).encode()
        for name, written in ((MANIFEST, content), (SIGNATURE, signature_of(content))):
            self.archive.addfile(_member(name, len(written)), io.BytesIO(written))


def signature_of(manifest: bytes) -> bytes:
    """That this is the manifest of a backup of ours, as a signed note; the same manifest gives the same bytes."""
    said = f"{FORMAT}\n{hashlib.sha256(manifest).hexdigest()}\n"
    return notes.sign_note(said, SIGNED_AS, keys.configured().checkpoint_key()).encode()


@dataclass(frozen=True)
class Backup:
    """An archive that is read: its members are looked up, never unpacked by the names they bear."""

    path: Path
    archive: tarfile.TarFile
    members: dict[str, tarfile.TarInfo]
    manifest: dict

    @cached_property
    def leaves(self) -> list[bytes]:
        """The hash of every entry, checked against the manifest."""
        with self._open(LEAVES) as member:
            content = member.read()
        self._expect(LEAVES, hashlib.sha256(content).hexdigest(), self.manifest["leaves"]["sha256"])
        return [content[start : start + LEAF] for start in range(0, len(content), LEAF)]

    @cached_property
    def _levels(self) -> list[list[bytes]]:
        return merkle.levels_over(self.leaves)

    def root_at(self, size: int) -> str:
        """The root of the tree over the first `size` entries of the backup."""
        return merkle.root(merkle.frontier_at(self._levels, size)).hex()

    def unpack(self, name: str, target: Path, digest: str) -> None:
        """One member as a file, if its bytes have this digest."""
        seen = hashlib.sha256()
        with self._open(name) as member, target.open("wb") as file:
            while piece := member.read(PIECE):
                seen.update(piece)
                file.write(piece)
        self._expect(name, seen.hexdigest(), digest)

    def _open(self, name: str) -> BinaryIO:
        member = self.members.get(name)
        opened = self.archive.extractfile(member) if member else None
        if opened is None:
            raise RuleBroken(f"{self.path} holds no {name}, although its manifest says so.")
        return opened

    def _expect(self, name: str, digest: str, stated: str) -> None:
        if digest != stated:
            raise RuleBroken(f"{name} in {self.path} is not what was backed up: its bytes have another digest.")


@contextmanager
def written(target: Path) -> Iterator[Writer]:
    """A new archive, readable for its owner only, that gets its name when it is complete."""
    if target.exists():
        raise RuleBroken(f"{target} is there already; a backup never replaces another one.")
    unfinished = target.with_name(f".{target.name}.part")
    try:
        unfinished.touch(mode=0o600)
        with tarfile.open(unfinished, "w", format=tarfile.PAX_FORMAT) as archive:
            yield Writer(archive)
        unfinished.rename(target)
    except OSError as fault:
        raise RuleBroken(f"{target} could not be written: {fault.strerror}.") from fault
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def opened(source: Path, *, unsigned: bool = False) -> Iterator[Backup]:
    """An archive for reading; refused where it is none, is incomplete or, unless agreed to, was not signed by us."""
    try:
        archive = tarfile.open(source, "r:")  # noqa: SIM115 - closed below
    except (OSError, tarfile.TarError) as fault:
        raise RuleBroken(f"{source} cannot be read as a backup: {fault}.") from fault
    with archive:
        try:  # A member with holes could be of any size.
            members = {member.name: member for member in archive if member.isreg() and not member.issparse()}
        except (tarfile.TarError, ValueError) as fault:
            raise RuleBroken(f"{source} was cut off or damaged: {fault}.") from fault
        content = _small(archive, members, MANIFEST)
        if not content:
            raise RuleBroken(f"{source} is no complete backup: its manifest, which is written at the end, is missing.")
        if not unsigned and not compare_digest(_small(archive, members, SIGNATURE), signature_of(content)):
            raise RuleBroken(
                f"{source} was not signed with the key in KEYS_DIR: it was changed or cut off, or another installation "
                "took it. Restore the folder of the keys first. One from before backups were signed is restored with "
                "--unsigned, by somebody who knows where it has been: it runs with all rights of the database."
            )
        yield Backup(source, archive, members, _manifest(source, content))


def _small(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> bytes:
    """The bytes of a member that is no larger than a manifest may be; none where there is no such member."""
    member = members.get(name)
    return archive.extractfile(member).read() if member and member.size <= LONGEST_MANIFEST else b""


def _manifest(source: Path, content: bytes) -> dict:
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as fault:
        raise RuleBroken(f"The manifest of {source} cannot be read: {fault}.") from fault
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RuleBroken(f"{source} is not of the format {FORMAT}, the only one that this release restores.")
    if wrong := [name for name, kind in STATED.items() if not isinstance(manifest.get(name), kind)]:
        raise RuleBroken(f"The manifest of {source} does not say what a backup states: {', '.join(wrong)}.")
    return manifest


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info


def room_for(folder: Path, size: int) -> None:
    """Refuses where a folder has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise RuleBroken(f"{folder} has room for {free:,} bytes, and {size:,} are needed. Make room, or set MRM_VAR.")
