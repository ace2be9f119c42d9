"""The group table: every rate of every group, through Fairlearn's MetricFrame on weighted cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import GroupCounts, count_groups, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.shares import share_estimate

RATES = (
    "selection_rate",
    "base_rate",
    "accuracy",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
)


@dataclass(frozen=True, kw_only=True)
class GroupTable:
    """Rates of all rows together and of each group, by name; a group that is too small holds the reason instead."""

    overall: dict[str, Estimate]
    groups: dict[str, dict[str, Estimate]]
    sizes: dict[str, int]


def group_table(
    cells: Any,
    attributes: str | Sequence[str],
    *,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> GroupTable:
    """Rates per group with Wilson intervals, from a cells table (see `cells`).

    Fairlearn's MetricFrame takes the rates over the cells, their counts given as `sample_params`, so the numbers are
    those of the rows. Rates that need outcomes are over the rows with a known one. Raises ValueError as `count_groups`.
    Source: Bird et al. 2020 (Fairlearn).
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    reasons = too_small(counts.names, counts.rows, minimum_size)
    overall, by_group = _measured(counts)
    groups = {}
    for name, measured, rows in zip(counts.names, by_group, counts.rows, strict=True):
        if name in reasons:
            reason, sizes = f"{name}: {reasons[name]}", {"rows": round(rows)}
            groups[name] = {rate: could_not_compute(reason, method=rate, sizes=sizes) for rate in RATES}
        else:
            groups[name] = _estimates(name, measured, level)
    sizes = {name: round(rows) for name, rows in zip(counts.names, counts.rows, strict=True)}
    return GroupTable(overall=_estimates("all groups", overall, level), groups=groups, sizes=sizes)


def weighted_rates(y_true: Any, y_pred: Any, sample_weight: Any) -> np.ndarray:
    """Numerators and denominators of RATES, shape (2, 7), for MetricFrame: one pass where seven metrics would take
    seven.

    `y_true` holds 2 where the outcome is not known; such rows count for the selection rate only.
    """
    place = 2 * np.asarray(y_true) + np.asarray(y_pred)
    tn, fp, fn, tp, unselected, selected = np.bincount(place, np.asarray(sample_weight), 6)
    known = tn + fp + fn + tp
    return np.array(
        [
            [tp + fp + selected, tp + fn, tp + tn, tp, fp, fn, tp],
            [known + unselected + selected, known, known, tp + fn, fp + tn, tp + fn, tp + fp],
        ]
    )


def _measured(counts: GroupCounts) -> tuple[np.ndarray, list[np.ndarray]]:
    """Numerators and denominators of all rows and of each group in the order of `counts.names`."""
    from fairlearn.metrics import MetricFrame

    group, outcome, decision = (axis.ravel() for axis in np.indices(counts.table.shape))
    if not len(group):
        return np.zeros((2, len(RATES))), []
    frame = MetricFrame(
        metrics=weighted_rates,
        y_true=outcome,
        y_pred=decision,
        sensitive_features=group,
        sample_params={"sample_weight": counts.table.ravel()},
    )
    return frame.overall, [frame.by_group[place] for place in range(len(counts.names))]


def _estimates(name: str, measured: np.ndarray, level: float) -> dict[str, Estimate]:
    return {
        rate: share_estimate(
            successes,
            total,
            method=rate.replace("_", " "),
            empty=f"{name}: no row that the {rate.replace('_', ' ')} could be taken over",
            level=level,
        )
        for rate, successes, total in zip(RATES, *measured, strict=True)
    }
