"""Explaining as many rows as it takes to know what drives the model, and no more."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from audits.scoring.service import Explanation
from audits.statistics.explanation import Sampling, enough_rows
from inventory import artifacts
from inventory.models import ModelVersion

FIRST_ROWS = 500
MOST_EXACT, MOST_SAMPLED = 10_000, 500  # Rows a side: trees and linear models in closed form, all others by asking.
MOST_LOOKS = 4
MARGIN = 1.1  # More rows than the last look asked for, so that the next look seldom needs a few more.
BACKGROUND_ROWS = 100
EXACT = ("TreeSHAP", "exact, additive model")


@dataclass
class Side:
    """Rows in random order, of which the first are explained; `rows` of them at the last look.

    population  how many rows these were drawn from; where all are explained, nothing is left to chance
    """

    drawn: pl.DataFrame
    population: int
    rows: int = 0
    parts: list[Explanation] = field(default_factory=list)
    spans: list[slice] = field(default_factory=list)
    sampling: Sampling | None = None

    @property
    def is_census(self) -> bool:
        return self.rows == self.population

    @property
    def is_enough(self) -> bool:
        return self.is_census or self.sampling.enough

    def joined(self, name: str) -> np.ndarray:
        """One of the arrays of the explanation, over all rows explained."""
        return np.concatenate([getattr(part, name)[span] for part, span in zip(self.parts, self.spans, strict=True)])

    def take(self, explained: Explanation, span: slice) -> None:
        self.parts.append(explained)
        self.spans.append(span)
        self.rows += span.stop - span.start


def draw(rows: pl.LazyFrame, *, seed: int) -> Side:
    """At most MOST_EXACT rows in random order; the same for the same rows and seed."""
    table = rows.collect()
    return Side(table.sample(min(table.height, MOST_EXACT), seed=seed, shuffle=True), table.height)


def explain_until_enough(
    version: ModelVersion, sides: list[Side], *, background: pl.DataFrame, seed: int, precision: float
) -> Explanation:
    """Explain more and more rows of each side until `enough_rows` says so, all are explained, or it takes too long.

    Gives the last explanation, for its method; the sides hold what was found. Which rows are explained depends on the
    rows and the seed alone, never on a clock, so that it can be repeated.
    """
    wanted = [min(FIRST_ROWS, side.drawn.height) for side in sides]
    for look in range(1, MOST_LOOKS + 1):
        new = [side.drawn[side.rows : rows] for side, rows in zip(sides, wanted, strict=True)]
        explained = artifacts.explain(version, pl.concat(new), background=background, seed=seed)
        cut = new[0].height
        for side, span in zip(sides, (slice(0, cut), slice(cut, cut + new[1].height)), strict=True):
            if span.stop > span.start:
                side.take(explained, span)
            side.sampling = enough_rows(side.joined("shap_values"), look=look, precision=precision)
        most = MOST_EXACT if explained.method.get("algorithm") in EXACT else MOST_SAMPLED
        wanted = [_next_rows(side, most) for side in sides]
        if all(rows == side.rows for side, rows in zip(sides, wanted, strict=True)):
            break
    return explained


def _next_rows(side: Side, most: int) -> int:
    if side.is_enough:
        return side.rows
    asked = 2 * side.rows if side.sampling.rows_needed is None else int(MARGIN * side.sampling.rows_needed) + 1
    return max(side.rows, min(asked, most, side.drawn.height))
