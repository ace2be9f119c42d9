"""Weighted cells: rows with the same group, outcome and decision, counted once.

A cells table is a mapping of columns, a pandas or a polars frame, with one column per protected attribute, `label` (the
outcome, 0 or 1; missing or left out where it is not known yet), `prediction` (the decision, 0 or 1) and `count` (how
many rows the cell stands for; 1 each when left out). Rows themselves are therefore a cells table too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audits.statistics.arrays import binary_vector, frequency_vector

NOT_STATED = "(not stated)"
JOINER = " & "
UNKNOWN_OUTCOME = 2


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """Rows per group, outcome and decision.

    names  one per group, sorted; a group of several attributes joins their values with " & "
    table  float64, shape (groups, 3, 2): outcome 0, 1 or not known; decision unfavourable or favourable. Outcome 1 is
    the
           favourable one too.
    """

    names: tuple[str, ...]
    table: np.ndarray

    @property
    def rows(self) -> np.ndarray:
        return self.table.sum((1, 2))

    @property
    def selected(self) -> tuple[np.ndarray, np.ndarray]:
        """Favourable decisions and all decisions, per group."""
        return self.table[:, :, 1].sum(1), self.rows

    def decided(self, outcome: int) -> tuple[np.ndarray, np.ndarray]:
        """Favourable decisions among rows with this outcome, and those rows, per group."""
        return self.table[:, outcome, 1], self.table[:, outcome].sum(1)

    @property
    def favoured_and_right(self) -> tuple[np.ndarray, np.ndarray]:
        """Favourable outcomes among favourable decisions with a known outcome, and those decisions, per group."""
        return self.table[:, 1, 1], self.table[:, :2, 1].sum(1)

    @property
    def without_outcome(self) -> int:
        return round(self.table[:, UNKNOWN_OUTCOME].sum())

    def keep(self, chosen: np.ndarray) -> "GroupCounts":
        return GroupCounts(
            tuple(name for name, kept in zip(self.names, chosen, strict=True) if kept), self.table[chosen]
        )


def count_groups(cells: Any, attributes: str | Sequence[str], *, favourable: int = 1) -> GroupCounts:
    """Add the cells of each group up.

    `favourable` is the outcome and decision that people want: 1 for a loan granted, 0 for a default predicted. Raises
    ValueError when a column is missing, holds other values, or `favourable` is neither 0 nor 1.
    """
    names, group = group_codes(cells, attributes)
    outcome, decision, weights = _decided(cells, len(group), favourable)
    table = np.bincount((group * 3 + outcome) * 2 + decision, weights, len(names) * 6).reshape(-1, 3, 2)
    return GroupCounts(names, table).keep(table.sum((1, 2)) > 0)


def count_strata(
    cells: Any, attributes: str | Sequence[str], strata: str | Sequence[str], *, favourable: int = 1
) -> np.ndarray:
    """Rows per stratum, group (as `count_groups` orders them) and decision: shape (strata, groups, 2).

    Raises likewise.
    """
    names, group = group_codes(cells, attributes)
    strata_names, stratum = group_codes(cells, strata)
    _, decision, weights = _decided(cells, len(group), favourable)
    place = (stratum * len(names) + group) * 2 + decision
    tables = np.bincount(place, weights, len(strata_names) * len(names) * 2).reshape(len(strata_names), len(names), 2)
    return tables[:, tables.sum((0, 2)) > 0]


def group_codes(cells: Any, attributes: str | Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Sorted group names and each cell's place among them. Raises ValueError when a column is missing."""
    attributes = [attributes] if isinstance(attributes, str) else list(attributes)
    if not attributes:
        raise ValueError("attributes must name at least one column")
    coded = [_codes(column(cells, attribute), attribute) for attribute in attributes]
    if len({len(place) for _, place in coded}) != 1:
        raise ValueError("the columns of the cells table differ in length")
    joint = np.ravel_multi_index([place for _, place in coded], [max(1, len(kinds)) for kinds, _ in coded])
    present, place = np.unique(joint, return_inverse=True)
    parts = np.unravel_index(present, [max(1, len(kinds)) for kinds, _ in coded])
    named = zip(*([kinds[at] for at in side] for (kinds, _), side in zip(coded, parts, strict=True)), strict=True)
    names = tuple(JOINER.join(values) for values in named)
    if len(set(names)) < len(names):
        raise ValueError(
            f"two groups of {', '.join(attributes)} would share a name; rename values that contain {JOINER!r}"
        )
    return names, place


def outcome_codes(cells: Any, length: int, favourable: int) -> np.ndarray:
    """Per cell: 1 for the favourable outcome, 0 for the other, 2 where it is not known. Raises ValueError otherwise."""
    if "label" not in columns(cells):
        return np.full(length, UNKNOWN_OUTCOME)
    raw = column(cells, "label")
    if len(raw) != length:
        raise ValueError(f"label has {len(raw)} entries; {length} were expected, as in the columns beside it")
    if raw.dtype.kind in "biu":
        return (binary_vector(raw, "label") == favourable).astype(np.int64)
    known = np.array([not _is_missing(value) for value in raw.tolist()], dtype=bool)
    outcome = np.full(length, UNKNOWN_OUTCOME)
    outcome[known] = binary_vector(raw[known], "label") == favourable
    return outcome


def columns(cells: Any) -> list[str]:
    """Names of the columns of a cells table."""
    return list(cells.keys() if isinstance(cells, Mapping) else cells.columns)


def column(cells: Any, name: str) -> np.ndarray:
    """One column of a cells table. Raises ValueError when there is none of that name."""
    if name not in columns(cells):
        raise ValueError(f"the cells table has no column {name!r}; it has {', '.join(map(str, columns(cells)))}")
    return np.asarray(cells[name])


def too_small(names: Sequence[str], rows: np.ndarray, minimum_size: int) -> dict[str, str]:
    """Groups below the minimum size, each with the reason it is not judged."""
    return {
        name: f"the group has {round(size)} rows, fewer than the minimum of {minimum_size}"
        for name, size in zip(names, rows, strict=True)
        if size < minimum_size
    }


def _decided(cells: Any, length: int, favourable: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per cell: outcome (see `outcome_codes`), 1 for a favourable decision, and rows."""
    if favourable not in (0, 1):
        raise ValueError(f"favourable must be 0 or 1, not {favourable!r}")
    prediction = binary_vector(column(cells, "prediction"), "prediction", length=length)
    counted = column(cells, "count") if "count" in columns(cells) else None
    weights = frequency_vector(counted, length=length, name="count")
    return outcome_codes(cells, length, favourable), (prediction == favourable).astype(np.int64), weights


def _codes(values: np.ndarray, attribute: str) -> tuple[list[str], np.ndarray]:
    if values.ndim != 1:
        raise ValueError(f"column {attribute} must be one-dimensional; its shape is {values.shape}")
    if values.dtype.kind in "iubU":
        kinds, place = np.unique(values, return_inverse=True)
        return [str(kind) for kind in kinds], place
    text = np.array([NOT_STATED if _is_missing(value) else str(value) for value in values.tolist()], dtype=np.str_)
    kinds, place = np.unique(text, return_inverse=True)
    return [str(kind) for kind in kinds], place


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT and pandas.NA: what is present equals itself."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
