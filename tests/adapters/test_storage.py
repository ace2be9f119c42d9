"""Files under their digest: whole or not at all, here or in an object store."""

import hashlib
import os
import threading

import pytest
from pyarrow import fs

from mrm.adapters import storage
from tests.full_disk import no_room_beyond

CONTENT = b"evidence" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(settings, tmp_path):
    settings.STORAGE_URL = (tmp_path / "storage").as_uri()
    settings.VAR = tmp_path / "var"
    return tmp_path / "storage"


@pytest.fixture
def remote(settings, tmp_path):
    """An object store: pyarrow's own in-memory file system, reached by its address as s3:// would be."""
    settings.STORAGE_URL = f"mock:///{tmp_path.name}"
    settings.VAR = tmp_path / "var"
    store, root = storage._store(settings.STORAGE_URL)
    store.create_dir(root)
    return store, root


def names(store: fs.FileSystem, root: str) -> list[str]:
    found = store.get_file_info(fs.FileSelector(root, recursive=True))
    return [info.base_name for info in found if info.type == fs.FileType.File]


def test_bytes_and_files_are_found_under_their_digest(folder, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    assert storage.put(path) == storage.put(CONTENT) == storage.put(str(path)) == DIGEST
    assert storage.exists(DIGEST) and storage.is_intact(DIGEST)
    assert storage.read(DIGEST) == CONTENT
    assert storage.local_path(DIGEST).read_bytes() == CONTENT


def test_storing_the_same_again_leaves_what_is_there(folder):
    storage.put(CONTENT)
    before = storage.local_path(DIGEST).stat()
    storage.put(CONTENT)
    assert storage.local_path(DIGEST).stat().st_ino == before.st_ino


@pytest.fixture
def full_disk():
    with no_room_beyond(1000):
        yield


def test_a_full_disk_leaves_nothing_half_written(folder, full_disk):
    with pytest.raises(OSError, match="too large"):
        storage.put(CONTENT)
    assert not [path for path in folder.rglob("*") if path.is_file()]
    assert not storage.exists(DIGEST)


def test_many_writers_of_the_same_bytes_leave_one_whole_file(folder):
    threads = [threading.Thread(target=storage.put, args=(CONTENT,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [DIGEST]
    assert storage.is_intact(DIGEST)


def test_what_was_changed_or_removed_is_noticed(folder):
    storage.put(CONTENT)
    path = storage.local_path(DIGEST)
    path.write_bytes(b"other")
    assert not storage.is_intact(DIGEST)
    with pytest.raises(storage.Damaged, match="was changed"):
        storage.read(DIGEST)
    os.unlink(path)
    assert not storage.exists(DIGEST)
    with pytest.raises(storage.Damaged, match="is gone"):
        storage.read(DIGEST)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/.."])
def test_only_a_digest_is_an_address(folder, digest):
    for look in (storage.exists, storage.read, storage.local_path):
        with pytest.raises(ValueError, match="not a SHA-256"):
            look(digest)


def test_an_object_store_is_used_in_the_same_way(remote, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    assert not storage.exists(DIGEST)
    assert storage.put(path) == DIGEST
    assert storage.exists(DIGEST) and storage.read(DIGEST) == CONTENT and storage.is_intact(DIGEST)
    assert names(*remote) == [DIGEST]


def test_what_is_fetched_from_an_object_store_is_checked(remote):
    store, root = remote
    storage.put(CONTENT)
    with store.open_output_stream(f"{root}/{DIGEST[:2]}/{DIGEST}") as stream:
        stream.write(b"other")
    with pytest.raises(storage.Damaged, match="was changed"):
        storage.local_path(DIGEST)
    assert not storage.is_intact(DIGEST)
    store.delete_file(f"{root}/{DIGEST[:2]}/{DIGEST}")
    with pytest.raises(storage.Damaged, match="is gone"):
        storage.read(DIGEST)
