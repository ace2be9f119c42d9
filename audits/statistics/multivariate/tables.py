"""Two tables of numbers with the same columns, made comparable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedTables:
    """Both sides standardised by the reference, or the reason why they cannot be compared.

    reference, current  float64, shape (rows, kept columns), finite, in standard deviations of the reference
    columns             positions of the kept columns: those that vary in the reference
    facts               what was replaced and left out, for `Estimate.detail`
    """

    reference: np.ndarray
    current: np.ndarray
    columns: np.ndarray
    sizes: Mapping[str, int]
    facts: Mapping[str, Any]
    reason: str = ""

    def method(self, what: str) -> str:
        """`what` was computed, and what was done to the entries and columns that could not take part."""
        replaced, left_out = self.facts["replaced"], self.facts["constant_columns"]
        text = f"{what}, columns standardised by the reference"
        if any(replaced.values()):
            text += (
                f"; {replaced['reference']} reference and {replaced['current']} current entries that are missing or "
                "not finite replaced by the reference's mean"
            )
        return text + (f"; {len(left_out)} columns that do not vary in the reference left out" if left_out else "")


def paired_tables(reference, current, *, fewest_columns: int = 1) -> PairedTables:
    """Standardise two tables, shape (rows, columns), by the reference's means and deviations (divisor n).

    Raises ValueError when a side is not two-dimensional or the numbers of columns differ.
    """
    first, second = (_table(side, name) for side, name in ((reference, "reference"), (current, "current side")))
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"The reference has {first.shape[1]} columns and the current side {second.shape[1]}.")
    sizes = {"reference": len(first), "current": len(second)}
    usable = [np.isfinite(side) for side in (first, second)]
    facts = {
        "replaced": {"reference": int((~usable[0]).sum()), "current": int((~usable[1]).sum())},
        "constant_columns": [],
    }
    nothing = {
        "reference": first,
        "current": second,
        "columns": np.array([], dtype=int),
        "sizes": sizes,
        "facts": facts,
    }
    for side, rows in sizes.items():
        if rows < 2:
            return PairedTables(**nothing, reason=f"The {side} side has {rows} rows; at least 2 are needed.")
    counts = np.maximum(usable[0].sum(axis=0), 1)
    means = np.where(usable[0], first, 0.0).sum(axis=0) / counts
    deviations = np.sqrt((np.where(usable[0], first - means, 0.0) ** 2).sum(axis=0) / counts)
    # A deviation that is only the rounding of a large constant is none.
    varies = deviations > 1e-12 * np.maximum(1.0, np.abs(means))
    facts["constant_columns"] = np.flatnonzero(~varies).tolist()
    columns = np.flatnonzero(varies)
    if len(columns) < fewest_columns:
        reason = f"Only {len(columns)} columns vary in the reference; at least {fewest_columns} are needed."
        return PairedTables(**nothing, reason=reason)
    sides = [
        (np.where(good, side, means)[:, columns] - means[columns]) / deviations[columns]
        for side, good in zip((first, second), usable, strict=True)
    ]
    return PairedTables(reference=sides[0], current=sides[1], columns=columns, sizes=sizes, facts=facts)


def thinned(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` rows, evenly spaced through the table: the same ones every time."""
    if len(rows) <= most:
        return rows
    return rows[np.floor(np.arange(most) * (len(rows) / most)).astype(int)]


def _table(side, name: str) -> np.ndarray:
    table = np.asarray(side, dtype=float)
    if table.ndim != 2:
        raise ValueError(f"The {name} is a table, rows by columns; this one has {table.ndim} dimensions.")
    return np.where(np.abs(table) < 1e150, table, np.nan)  # squares beyond that are not finite
