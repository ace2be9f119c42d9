"""Detectors that read a stream one value at a time and say where it changed: ADWIN and DDM.

Both are run over a series that is at hand and return every change they would have announced. Neither controls its
false alarms over an unlimited time as the e-processes of `control` do; they are here because they are widely known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from audits.statistics.arrays import binary_vector, finite_vector, open_share


@dataclass(frozen=True, kw_only=True)
class StreamChanges:
    """What a detector announced.

    changes   the 1-based observations at which it announced a change
    warnings  those at which it first warned since the start or the last change; () for a detector without warnings
    mean      mean of what it still holds to be one regime; None when nothing is left
    size      observations in that regime
    """

    changes: tuple[int, ...]
    warnings: tuple[int, ...]
    mean: float | None
    size: int
    method: str


def adwin(
    values: Sequence[float],
    *,
    significance: float = 0.002,
    clock: int = 32,
    buckets: int = 5,
    minimum_window: int = 5,
    grace_period: int = 10,
) -> StreamChanges:
    """Adaptive window: old values are dropped while some split of it shows two different means, which is a change.

    values: numbers in order of time, shape (n,), any unit. The means of the two parts differ when their distance
    exceeds √(2/m·v·ln(2 ln n/δ)) + 2/(3m)·ln(2 ln n/δ), v being the window's variance, 1/m = 1/n₀ + 1/n₁ (each less
    `minimum_window` − 1) and δ the `significance`; the bound is for values of about unit range. Values are kept in
    `buckets` + 1 at most of each power of two, so that memory grows with the logarithm of the window, and splits lie
    between buckets; a split is looked for at every `clock`-th value. Raises ValueError on NaN or infinity, a
    significance outside (0, 1), or whole numbers below 1. Source: Bifet & Gavaldà 2007 (ADWIN2).
    """
    series = finite_vector(values, "values")
    open_share(significance, "significance")
    if min(clock, buckets, minimum_window, grace_period) < 1:
        raise ValueError("clock, buckets, minimum_window and grace_period are at least 1.")
    window = _Window(buckets)
    changes = []
    for place, value in enumerate(series.tolist(), start=1):
        window.add(value)
        if place % clock == 0 and window.size > grace_period and window.shrink(significance, minimum_window):
            changes.append(place)
    method = f"ADWIN, significance {significance:g}, a split looked for at every {clock}. value"
    mean = window.total / window.size if window.size else None
    return StreamChanges(changes=tuple(changes), warnings=(), mean=mean, size=window.size, method=method)


def ddm(errors: Sequence[int], *, warm_up: int = 30, warning_at: float = 2.0, change_at: float = 3.0) -> StreamChanges:
    """Drift detection method: a change is announced when the error rate p + s exceeds its lowest by 3 deviations.

    errors: 0 for a right and 1 for a wrong prediction, in order of time, shape (n,). With p the rate since the last
    change and s = √(p(1 − p)/i), pₘ and sₘ are those at which p + s was lowest; a warning is given above
    pₘ + `warning_at`·sₘ, a change above pₘ + `change_at`·sₘ, after which all starts anew. Nothing is judged before
    `warm_up` values. Raises ValueError for other values, a warm-up below 1 or limits not above 0.
    Source: Gama, Medas, Castillo & Rodrigues 2004.
    """
    series = binary_vector(errors, "errors").tolist()
    if warm_up < 1 or not 0.0 < warning_at <= change_at:
        raise ValueError("warm_up is at least 1 and 0 < warning_at <= change_at.")
    changes, warnings = [], []
    wrong = size = 0
    lowest, lowest_rate, lowest_spread, warned = math.inf, 0.0, 0.0, False
    for place, error in enumerate(series, start=1):
        wrong, size = wrong + error, size + 1
        if size <= warm_up:
            continue
        rate = wrong / size
        spread = math.sqrt(rate * (1.0 - rate) / size)
        if rate + spread <= lowest:
            lowest, lowest_rate, lowest_spread = rate + spread, rate, spread
        if rate + spread > lowest_rate + change_at * lowest_spread:
            changes.append(place)
            wrong = size = 0
            lowest, warned = math.inf, False
        elif rate + spread > lowest_rate + warning_at * lowest_spread and not warned:
            warnings.append(place)
            warned = True
    method = f"DDM, warning at {warning_at:g} and change at {change_at:g} deviations after {warm_up} values"
    mean = wrong / size if size else None
    return StreamChanges(changes=tuple(changes), warnings=tuple(warnings), mean=mean, size=size, method=method)


class _Window:
    """The current window as buckets of 1, 2, 4, ... values, the newest first: (values, total, squared deviations)."""

    def __init__(self, most: int):
        self.most = most
        self.levels: list[list[tuple[float, float]]] = [[]]  # per power of two, oldest last: (total, squares)
        self.size, self.total, self.squares = 0, 0.0, 0.0

    def add(self, value: float) -> None:
        self.levels[0].insert(0, (value, 0.0))
        if self.size:
            self.squares += self.size * (value - self.total / self.size) ** 2 / (self.size + 1)
        self.size, self.total = self.size + 1, self.total + value
        self._compress()

    def _compress(self) -> None:
        for power, level in enumerate(self.levels):
            if len(level) <= self.most:
                return
            if power + 1 == len(self.levels):
                self.levels.append([])
            oldest, next_oldest = level.pop(), level.pop()
            each = 2**power
            apart = (oldest[0] - next_oldest[0]) / each
            self.levels[power + 1].insert(
                0, (oldest[0] + next_oldest[0], oldest[1] + next_oldest[1] + each / 2 * apart**2)
            )

    def shrink(self, significance: float, minimum_window: int) -> bool:
        """Drop the oldest buckets while some split shows a change; whether any was dropped."""
        shrunk = False
        while self._splits(significance, minimum_window):
            self._drop_oldest()
            shrunk = True
        return shrunk

    def _splits(self, significance: float, minimum_window: int) -> bool:
        older, older_total = 0, 0.0
        for power in range(len(self.levels) - 1, -1, -1):
            for total, _ in reversed(self.levels[power]):
                older, older_total = older + 2**power, older_total + total
                newer = self.size - older
                if newer < minimum_window:
                    return False
                if older >= minimum_window and self._differ(older, older_total, significance, minimum_window):
                    return True
        return False

    def _differ(self, older: int, older_total: float, significance: float, minimum_window: int) -> bool:
        newer = self.size - older
        apart = abs(older_total / older - (self.total - older_total) / newer)
        log_odds = math.log(2.0 * math.log(self.size) / significance)
        inverse = 1.0 / (older - minimum_window + 1) + 1.0 / (newer - minimum_window + 1)
        variance = max(0.0, self.squares / self.size)
        return apart > math.sqrt(2.0 * inverse * variance * log_odds) + 2.0 / 3.0 * inverse * log_odds

    def _drop_oldest(self) -> None:
        power = len(self.levels) - 1
        while not self.levels[power]:
            power -= 1
        total, squares = self.levels[power].pop()
        gone, left = 2**power, self.size - 2**power
        if left:
            apart = total / gone - (self.total - total) / left
            self.squares -= squares + gone * left * apart**2 / (gone + left)
        else:
            self.squares = 0.0
        self.size, self.total = left, self.total - total
        while len(self.levels) > 1 and not self.levels[-1]:
            self.levels.pop()
