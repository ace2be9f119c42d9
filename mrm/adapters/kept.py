"""The newest checkpoint of each log, kept beside the keys and so outside the database.

Whoever puts an older copy of the database in place of the newer one does not put this file back with it.
"""

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from mrm_verify.notes import Checkpoint


def newest(log: str) -> str:
    """The note that was kept last for this log, named by the hash of its first entry; empty where there is none."""
    file = _file(log)
    return file.read_text() if file.exists() else ""


def keep(log: str, note: str) -> None:
    """Keep this note, unless a longer one is there already."""
    file = _file(log)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(file.parent):
        before = newest(log)
        if not before or Checkpoint.read(before).size < Checkpoint.read(note).size:
            draft = file.with_name(f".{file.name}")
            draft.write_text(note)
            draft.replace(file)


def forget(log: str) -> None:
    """Give up what was kept of this log, because somebody accepted the loss."""
    _file(log).unlink(missing_ok=True)


def _file(log: str) -> Path:
    return Path(settings.KEYS_DIR) / "checkpoints" / log[:32]


@contextmanager
def _alone(folder: Path):
    descriptor = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
