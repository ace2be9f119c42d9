"""The newest checkpoint, kept beside the keys and so outside the database.

Whoever puts an older copy of the database in place of the newer one, or another trail from its first entry on, does not
put this file back with it. So it depends on nothing that stands in the database.
"""

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from mrm_verify.notes import Checkpoint

NEWEST = "newest"


def newest() -> str:
    """The note that was kept last; empty where there is none.

    Earlier releases named it by the first entry of its log; of such the longest counts until one is taken over.
    """
    file = _folder() / NEWEST
    if file.exists():
        return file.read_text()
    return max((file.read_text() for file in _folder().glob("[!.]*")), key=_size, default="")


def take_over(log: str) -> None:
    """Go on from what an earlier release kept of the log with this first entry, if it did and nothing is kept since.

    What it kept of others, of databases that were here before this one, counts no more.
    """
    of_the_log, folder = _folder() / log[:32], _folder()
    if of_the_log.exists():
        with _alone(folder):
            if not (folder / NEWEST).exists():
                of_the_log.replace(folder / NEWEST)


def keep(note: str) -> None:
    """Keep this note, unless a longer one is there already."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        before = newest()
        if not before or _size(before) < _size(note):
            draft = folder / f".{NEWEST}"
            draft.write_text(note)
            draft.replace(folder / NEWEST)


def forget() -> None:
    """Give up what was kept, because somebody accepted the loss."""
    for file in _folder().glob("[!.]*"):
        file.unlink(missing_ok=True)


def _size(note: str) -> int:
    return Checkpoint.read(note).size


def _folder() -> Path:
    return Path(settings.KEYS_DIR) / "checkpoints"


@contextmanager
def _alone(folder: Path):
    descriptor = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
