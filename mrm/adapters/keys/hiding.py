"""Hiding small secrets from whoever reads the database: the key stands in a file of the keys' folder, not beside them.

The file has a key per line. The first hides; each of them reveals, so that another is put above it and nothing is lost.
"""

from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mrm.adapters.keys.authority import only_one_process, read_private, write_whole
from mrm.errors import RuleBroken

MARK = "hidden:"


class Hiding:
    def __init__(self, file: Path):
        self.file = file

    def hide(self, text: str) -> str:
        return MARK + self._keys().encrypt(text.encode()).decode()

    def reveal(self, kept: str) -> str:
        """What was hidden; a text from before anything was hidden is itself."""
        if not self.is_hidden(kept):
            return kept
        try:
            return self._keys().decrypt(kept.removeprefix(MARK).encode()).decode()
        except InvalidToken as problem:
            raise RuleBroken(
                f"A secret of this account was hidden with a key that {self.file} does not hold. Ask an administrator "
                "to put that file back from the backup of the keys."
            ) from problem

    @staticmethod
    def is_hidden(kept: str) -> bool:
        return kept.startswith(MARK)

    def _keys(self) -> MultiFernet:
        return _read(self.file)


@lru_cache(maxsize=8)
def _read(file: Path) -> MultiFernet:
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_one_process(file.parent / ".lock"):
            if not file.exists():
                write_whole(file, Fernet.generate_key() + b"\n")
    return MultiFernet([Fernet(line) for line in read_private(file).split()])
