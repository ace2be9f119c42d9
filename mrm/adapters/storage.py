"""Files under their SHA-256: in a folder by default, in an object store where `STORAGE_URL` names one.

The address is the evidence: whoever holds a digest can check that the bytes are still the ones that were stored. An
object appears whole or not at all, and is never overwritten.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from pyarrow import fs

PIECE = 1 << 20
DIGEST = re.compile(r"[0-9a-f]{64}")


class Damaged(Exception):
    """What is stored under a digest no longer has it, or is gone."""


def put(source: Path | str | bytes) -> str:
    """Store a file or bytes; the digest it is found under. Storing the same again changes nothing."""
    digest = digest_of(source)
    if not exists(digest):
        store, root = _store(settings.STORAGE_URL)
        write = _write_local if isinstance(store, fs.LocalFileSystem) else _write_remote
        write(source, store, f"{root}/{_place(digest)}")
    return digest


def exists(digest: str) -> bool:
    store, root = _store(settings.STORAGE_URL)
    return store.get_file_info(f"{root}/{_place(digest)}").type == fs.FileType.File


def read(digest: str) -> bytes:
    """The bytes themselves, checked against their digest."""
    content = local_path(digest).read_bytes()
    if digest_of(content) != digest:
        raise Damaged(f"The stored file {digest} was changed: its bytes have another digest.")
    return content


def local_path(digest: str) -> Path:
    """Where the bytes can be read on this machine; fetched first, and checked, where the store is elsewhere."""
    store, root = _store(settings.STORAGE_URL)
    if isinstance(store, fs.LocalFileSystem):
        path = Path(root, _place(digest))
        if not path.is_file():
            raise Damaged(f"The stored file {digest} is gone.")
        return path
    kept = Path(settings.VAR, "fetched", _place(digest))
    if not kept.is_file():
        _fetch(store, f"{root}/{_place(digest)}", kept, digest)
    return kept


def everything() -> list[tuple[str, int]]:
    """Every stored file by its digest, with its size, in the order of the digests."""
    store, root = _store(settings.STORAGE_URL)
    found = store.get_file_info(fs.FileSelector(root, allow_not_found=True, recursive=True))
    return sorted((one.base_name, one.size) for one in found if one.is_file and DIGEST.fullmatch(one.base_name))


def is_intact(digest: str) -> bool:
    """Whether the bytes are there and still have their digest."""
    try:
        return digest_of(local_path(digest)) == digest
    except Damaged:
        return False


def digest_of(source: Path | str | bytes) -> str:
    """SHA-256 in hexadecimal."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with open(source, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _store(url: str) -> tuple[fs.FileSystem, str]:
    return fs.FileSystem.from_uri(url)


def _place(digest: str) -> str:
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is not a SHA-256 in hexadecimal.")
    return f"{digest[:2]}/{digest}"


def _write_local(source: Path | str | bytes, store: fs.FileSystem, target: str) -> None:
    with _appearing(Path(target)) as file:
        for piece in _pieces(source):
            file.write(piece)


def _write_remote(source: Path | str | bytes, store: fs.FileSystem, target: str) -> None:
    # Closing the stream is what makes an object appear, even after an error, so it first gets a name nobody asks for.
    unfinished = f"{target}.{uuid4().hex}"
    store.create_dir(target.rpartition("/")[0])
    with store.open_output_stream(unfinished) as stream:
        for piece in _pieces(source):
            stream.write(piece)
    store.move(unfinished, target)


def _fetch(store: fs.FileSystem, place: str, kept: Path, digest: str) -> None:
    seen = hashlib.sha256()
    try:
        with store.open_input_stream(place) as stream, _appearing(kept) as file:
            while piece := stream.read(PIECE):
                seen.update(piece)
                file.write(piece)
            if seen.hexdigest() != digest:
                raise Damaged(f"The stored file {digest} was changed: its bytes have another digest.")
    except FileNotFoundError:
        raise Damaged(f"The stored file {digest} is gone.") from None


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name complete and on the disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115 - closed below
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _pieces(source: Path | str | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as file:
        while piece := file.read(PIECE):
            yield piece
