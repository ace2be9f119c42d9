"""What is wrong with a body: every fault counted, the first ones told with their row and column."""

from collections.abc import Iterable

from mrm.errors import UnusableData

MOST_TOLD = 20
LONGEST_SHOWN = 60


class Faults:
    """Collects faults while a body is read; rows are counted from 1, without the header."""

    def __init__(self):
        self.total = 0
        self._told: list[tuple[int, dict]] = []

    def __bool__(self) -> bool:
        return self.total > 0

    def add(self, message: str, *, column: str = "") -> None:
        """A fault of a whole column, or of the whole body."""
        self._keep(0, {"message": message, **({"column": column} if column else {})})
        self.total += 1

    def add_rows(self, column: str, count: int, first: Iterable[tuple[int, str]]) -> None:
        """Faults in `count` rows of a column; `first` tells the first of them as (row, what is wrong)."""
        self.total += count
        for row, wrong in first:
            message = f"Row {row}, column {shown(column)}: {wrong}"
            self._keep(row, {"message": message, "row": row, "column": column})

    def raise_if_any(self) -> None:
        if not self:
            return
        self._shorten()
        errors = [error for _, error in self._told]
        if self.total > len(errors):
            errors.append({"message": f"These are the first {len(errors)} of {self.total} faults."})
        raise UnusableData(*errors)

    def _keep(self, row: int, error: dict) -> None:
        self._told.append((row, error))
        if len(self._told) > 2 * MOST_TOLD:
            self._shorten()

    def _shorten(self) -> None:
        self._told = sorted(self._told, key=lambda told: told[0])[:MOST_TOLD]


def shown(value) -> str:
    """A value as a message may show it: quoted, on one line, not endless."""
    text = repr(value) if isinstance(value, str) else str(value)
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
