"""Two sides of one column, counted over the same cells."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from audits.statistics.counts import Counts
from audits.statistics.observations import TEXT, TIME, Observations, observe

OTHER_VALUES = "values outside the grid"
UNSEEN = "values unseen in the reference"
NO_ORDER = "Categories have no order, so there is no cumulative distribution to compare."
MOST_BINS_SHOWN = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedCells:
    """Both sides counted over the same cells, or the reason why they cannot be.

    reference, current  int64, shape (k,)
    labels              k names, in the order of the cells
    grouping            how the cells came about, in words
    apart               rows in no cell, by side: {"missing": {...}, "nonfinite": {...}}
    """

    reference: np.ndarray
    current: np.ndarray
    labels: tuple[str, ...]
    grouping: str
    sizes: Mapping[str, int]
    apart: Mapping[str, Mapping[str, int]]
    reason: str = ""

    def occupied(self) -> tuple[np.ndarray, np.ndarray]:
        """The counts of the cells that at least one side fills."""
        filled = (self.reference > 0) | (self.current > 0)
        return self.reference[filled], self.current[filled]

    def bins(self) -> list[dict[str, Any]]:
        """Label and both shares of each cell, at most 20; the smallest cells beyond that are shown as one."""
        reference = self.reference / self.reference.sum()
        current = self.current / self.current.sum()
        shown = np.arange(len(reference))
        if len(shown) > MOST_BINS_SHOWN:
            largest = np.argsort(-np.maximum(reference, current), kind="stable")[: MOST_BINS_SHOWN - 1]
            shown = np.sort(largest)
        rows = [
            {"label": self.labels[cell], "reference": float(reference[cell]), "current": float(current[cell])}
            for cell in shown.tolist()
        ]
        if len(shown) < len(reference):
            rest = np.ones(len(reference), dtype=bool)
            rest[shown] = False
            name = f"{int(rest.sum())} smaller cells"
            rows.append(
                {"label": name, "reference": float(reference[rest].sum()), "current": float(current[rest].sum())}
            )
        return rows

    def method(self, what: str) -> str:
        """`what` was computed, on which cells, and which rows are in none of them."""
        return f"{what}; {self.grouping}{counted_apart(self.apart)}"


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedRows:
    """The usable values of both sides, in one common type, or the reason why they cannot be compared."""

    reference: np.ndarray
    current: np.ndarray
    kind: str
    sizes: Mapping[str, int]
    apart: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reason: str = ""

    def method(self, what: str) -> str:
        return f"{what}{counted_apart(self.apart)}"


def are_counts(reference, current) -> bool:
    """Whether both sides are Counts (True) or both are rows (False).

    Raises TypeError for one of each, ValueError for two grids that differ.
    """
    if isinstance(reference, Counts) != isinstance(current, Counts):
        raise TypeError("Compare rows with rows or Counts with Counts, not one with the other.")
    if not isinstance(reference, Counts):
        return False
    same_edges = reference.edges is current.edges or (
        reference.is_numeric and current.is_numeric and np.array_equal(reference.edges, current.edges)
    )
    if not same_edges or reference.categories != current.categories:
        raise ValueError("The two Counts are cut by different grids; count both over the grid of the reference.")
    return True


def paired_rows(reference, current, *, ordered: bool = False) -> PairedRows:
    """The usable values of two 1-d arrays, ready to be compared; `ordered` refuses text, which has no order."""
    left, right = observe(reference), observe(current)
    sizes = {"reference": left.observed, "current": right.observed}
    apart = _apart(left, right)
    reason = _why_empty(sizes, apart)
    if not reason and left.kind != right.kind:
        reason = f"The reference holds {left.kind} and the current side {right.kind}; they cannot be compared."
    if not reason and ordered and left.kind == TEXT:
        reason = NO_ORDER
    if reason:
        nothing = np.array([])
        return PairedRows(reference=nothing, current=nothing, kind=left.kind, sizes=sizes, apart=apart, reason=reason)
    first, second = left.values, right.values
    if first.dtype != second.dtype and left.kind != TEXT:
        common = np.result_type(first, second)
        first, second = first.astype(common), second.astype(common)
    return PairedRows(reference=first, current=second, kind=left.kind, sizes=sizes, apart=apart)


def paired_cells(reference, current, *, bins: int) -> PairedCells:
    """Both sides over the same cells: numbers in `bins` groups of about equal reference mass, text per category.

    A number that holds more than a group's share gets a group of its own, so there may be fewer groups than `bins`.
    A constant reference makes three: below it, the constant, above it.
    Raises ValueError for fewer than two bins.
    """
    if bins < 2:
        raise ValueError(f"At least 2 bins are needed to compare shares, not {bins}.")
    if are_counts(reference, current):
        return _cells_from_counts(reference, current, bins)
    rows = paired_rows(reference, current)
    if rows.reason:
        nothing = np.zeros(0, dtype=np.int64)
        return PairedCells(
            reference=nothing, current=nothing, labels=(), grouping="", sizes=rows.sizes, apart=rows.apart,
            reason=rows.reason,
        )  # fmt: skip
    if rows.kind == TEXT:
        return _cells_from_text(rows)
    edges = quantile_edges(rows.reference, bins)
    return PairedCells(
        reference=_count(rows.reference, edges),
        current=_count(rows.current, edges),
        labels=interval_labels(edges, edges, is_time=rows.kind == TIME),
        grouping=f"{len(edges) + 1} groups cut at the reference's quantiles",
        sizes=rows.sizes,
        apart=rows.apart,
    )


def quantile_edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Inner edges of at most `bins` groups of about equal mass; group i holds edge[i-1] <= x < edge[i].

    The edges are the linear sample quantiles (Hyndman & Fan 1996, type 7). A value on which several of them fall is
    cut off on both sides, so that it fills a group alone; of at most `bins` distinct values, each fills one.
    """
    if len(np.unique(values[:1000])) <= bins:  # the first rows tell whether a full look is worth its sorting
        distinct = np.unique(values)
        if 1 < len(distinct) <= bins:
            return distinct[1:]
    shares = np.arange(1, bins) / bins
    quantiles = np.quantile(values, shares, method="linear" if _can_interpolate(values) else "higher")
    edges, times = np.unique(quantiles, return_counts=True)
    smallest = values.min()
    for atom in edges[times > 1]:
        above = values[values > atom]
        if len(above):
            edges = np.append(edges, above.min().astype(edges.dtype))
    edges = np.unique(edges[edges > smallest])
    return edges if len(edges) else np.array([smallest, _next_above(smallest)])


def _can_interpolate(values: np.ndarray) -> bool:
    """Whether a point between two values is one in float64: not so for huge integers and spans beyond its range."""
    if values.dtype.kind == "f":
        return float(values.max()) / 2.0 - float(values.min()) / 2.0 < np.finfo(np.float64).max / 2.0
    return max(abs(int(values.min())), abs(int(values.max()))) <= 2**53


def _next_above(value):
    return np.nextafter(value, np.inf) if value.dtype.kind == "f" else value + 1


def _count(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)


def _cells_from_text(rows: PairedRows) -> PairedCells:
    categories, reference = np.unique(rows.reference, return_counts=True)
    seen, times = np.unique(rows.current, return_counts=True)
    place = np.searchsorted(categories, seen)
    known = categories[np.minimum(place, len(categories) - 1)] == seen
    current = np.zeros(len(categories) + 1, dtype=np.int64)
    current[place[known]] = times[known]
    current[-1] = times[~known].sum()
    unseen = int((~known).sum())
    return PairedCells(
        reference=np.append(reference, 0),
        current=current,
        labels=(*categories.tolist(), UNSEEN),
        grouping=f"{len(categories)} categories of the reference, and one cell for the {unseen} it never saw",
        sizes=rows.sizes,
        apart=rows.apart,
    )


def _cells_from_counts(reference: Counts, current: Counts, bins: int) -> PairedCells:
    sizes = {"reference": reference.observed, "current": current.observed}
    apart = _apart(reference, current)
    first, second = reference.cells, current.cells
    reason = _why_empty(sizes, apart)
    if reason or not reference.is_numeric:
        labels = (*(reference.categories or ()), OTHER_VALUES)
        grouping = f"{len(labels) - 1} categories of the grid, and one cell for {OTHER_VALUES}"
        return PairedCells(
            reference=first, current=second, labels=labels, grouping=grouping, sizes=sizes, apart=apart, reason=reason
        )
    cuts = _cuts_of_equal_mass(first, bins)
    starts = np.concatenate(([0], cuts))
    return PairedCells(
        reference=np.add.reduceat(first, starts),
        current=np.add.reduceat(second, starts),
        labels=interval_labels(reference.edges[cuts - 1], reference.edges),
        grouping=(
            f"{len(starts)} groups of about equal reference mass, from the {len(first)} cells of the frozen grid"
        ),
        sizes=sizes,
        apart=apart,
    )


def _cuts_of_equal_mass(cells: np.ndarray, bins: int) -> np.ndarray:
    """The first cell of every group but the first: the cuts nearest to 1/bins, 2/bins, ... of the mass."""
    if len(cells) <= bins:
        return np.arange(1, len(cells))
    below = np.cumsum(cells)  # below[i] is the mass before cell i + 1
    total = below[-1]
    targets = total * np.arange(1, bins) / bins
    right = np.searchsorted(below, targets)
    left = np.maximum(right - 1, 0)
    nearest = np.where(targets - below[left] <= below[right] - targets, left, right)
    nearest = np.unique(nearest)
    mass = below[nearest]
    cuts = nearest[(mass > 0) & (mass < total)] + 1
    if len(cuts):
        return cuts
    only = int(np.argmax(cells))
    return np.array([cut for cut in (only, only + 1) if 0 < cut < len(cells)])


def interval_labels(edges: np.ndarray, grid: np.ndarray, *, is_time: bool = False) -> tuple[str, ...]:
    """The names of the groups between `edges`, a part of `grid`.

    An edge that is the next number after another edge of the grid only closes that one's cell, so it is named after it.
    """
    if len(edges) == 0:
        return ("all values",)
    before = grid[np.maximum(np.searchsorted(grid, edges) - 1, 0)]
    closes = (before < edges) & (np.nextafter(before, np.inf) >= edges) if edges.dtype.kind == "f" else edges < edges
    named = np.where(closes, before, edges).tolist()
    if is_time:
        start = dt.datetime(1970, 1, 1)
        texts = [(start + dt.timedelta(microseconds=int(edge))).isoformat(sep=" ") for edge in named]
    else:
        texts = [f"{edge:.6g}" for edge in named]
        if len(set(zip(texts, closes.tolist(), strict=True))) < len(texts):
            texts = [repr(edge) for edge in named]
    ends = list(zip(texts, closes.tolist(), strict=True))
    middle = [_between(*low, *high) for low, high in zip(ends, ends[1:], strict=False)]
    first = f"{texts[0]} and below" if closes[0] else f"below {texts[0]}"
    last = f"above {texts[-1]}" if closes[-1] else f"{texts[-1]} and above"
    return (first, *middle, last)


def _between(low: str, low_is_left_out: bool, high: str, high_is_included: bool) -> str:
    if low == high:
        return low
    return f"{'above ' if low_is_left_out else ''}{low} to {high}{' included' if high_is_included else ''}"


def _apart(reference: Observations | Counts, current: Observations | Counts) -> dict[str, dict[str, int]]:
    return {
        "missing": {"reference": reference.missing, "current": current.missing},
        "nonfinite": {"reference": reference.nonfinite, "current": current.nonfinite},
    }


def _why_empty(sizes: Mapping[str, int], apart: Mapping[str, Mapping[str, int]]) -> str:
    for side, observed in sizes.items():
        if observed == 0:
            missing, nonfinite = apart["missing"][side], apart["nonfinite"][side]
            if missing + nonfinite == 0:
                return f"The {side} side has no rows."
            return f"The {side} side has no usable value: {missing} rows are missing and {nonfinite} are not finite."
    return ""


def counted_apart(apart: Mapping[str, Mapping[str, int]]) -> str:
    """The half-sentence that says which rows took no part, empty where all did."""
    parts = [
        f"{sides['reference']} reference and {sides['current']} current rows {words}"
        for sides, words in ((apart["missing"], "without a value"), (apart["nonfinite"], "not finite"))
        if sides["reference"] or sides["current"]
    ]
    return f"; counted apart: {', '.join(parts)}" if parts else ""
