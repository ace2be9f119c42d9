"""The rows as the child sees them, and how a framework takes them: as a matrix of numbers or a data frame by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits.scoring.errors import ScoringFailed

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class FeatureTable:
    """Numbers and, for each column, its name, its kind and its texts; see ``tables.EncodedTable``."""

    numbers: np.ndarray
    columns: list[dict]

    @property
    def rows(self) -> int:
        return self.numbers.shape[0]

    @property
    def names(self) -> list[str]:
        return [column["name"] for column in self.columns]

    @property
    def holds_text(self) -> bool:
        return any(column["kind"] == "text" for column in self.columns)

    def pick(self, names: Sequence[str] | None, count: int | None) -> "FeatureTable":
        """The columns a model was trained on, in its order; by position when it does not know their names."""
        if names is None:
            if count is not None and len(self.columns) != count:
                raise ScoringFailed(
                    f"The model takes {count} features and does not know their names, but the rows have "
                    f"{len(self.columns)} columns; give feature_names in the order of the training."
                )
            positions = range(len(self.columns))
        else:
            where = {name: position for position, name in enumerate(self.names)}
            if missing := [name for name in names if name not in where]:
                raise ScoringFailed(f"The rows lack the column “{missing[0]}”, which the model was trained on.")
            positions = [where[name] for name in names]
        columns = [self.columns[position] for position in positions]
        for column in columns:
            if column["kind"] == "unusable":
                raise ScoringFailed(
                    f"Column “{column['name']}” holds {column['type']}, which is neither number nor text."
                )
        return FeatureTable(self.numbers[:, list(positions)], columns)

    def slice(self, begin: int, end: int) -> "FeatureTable":
        return FeatureTable(self.numbers[begin:end], self.columns)

    def with_numbers(self, numbers: np.ndarray) -> "FeatureTable":
        """The same columns over other rows."""
        return FeatureTable(numbers, self.columns)

    def matrix(self) -> np.ndarray:
        """The numbers, for a model that takes nothing else."""
        self.refuse_text_unless([False] * len(self.columns))
        return self.numbers

    def refuse_text_unless(self, categorical: Sequence[bool]) -> None:
        """Texts are only for the features that were categories in the training."""
        for column, allowed in zip(self.columns, categorical, strict=True):
            if column["kind"] == "text" and not allowed:
                raise ScoringFailed(
                    f"Column “{column['name']}” holds text, but the model takes numbers there: encode it as the "
                    "training did, or upload the whole pipeline with skops."
                )

    def frame(self, *, categorical: bool = False) -> "pandas.DataFrame":
        """A data frame by column name; with ``categorical``, texts become the categories boosters understand."""
        # Imported here because models that take a matrix need not wait for pandas.
        import pandas

        values = {}
        for position, column in enumerate(self.columns):
            content = values_of(column, self.numbers[:, position])
            values[column["name"]] = (
                pandas.Categorical(content) if categorical and column["kind"] == "text" else content
            )
        return pandas.DataFrame(values, copy=False)


def values_of(column: dict, numbers: np.ndarray) -> np.ndarray:
    """One column as it was before it travelled; whole numbers and booleans stay numbers where some are missing."""
    missing = np.isnan(numbers)
    if column["kind"] == "text":
        texts = np.array([*column["texts"], None], dtype=object)
        return texts[np.where(missing, len(texts) - 1, numbers).astype(np.int64)]
    if column["kind"] == "whole" and not missing.any():
        return numbers.astype(np.int64)
    if column["kind"] == "truth" and not missing.any():
        return numbers.astype(bool)
    return numbers
