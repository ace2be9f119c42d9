"""Conditional parity: are groups treated alike among people who share a legitimate factor?"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.fairness.cells import count_groups, count_strata, too_small
from audits.statistics.fairness.gaps import MINIMUM_SIZE
from audits.statistics.fairness.impact import LARGEST, choose_reference
from audits.statistics.shares import normal_quantile


def mantel_haenszel(
    cells: Any,
    attributes: str | Sequence[str],
    strata: str | Sequence[str],
    *,
    reference: str = LARGEST,
    favourable: int = 1,
    minimum_size: int = MINIMUM_SIZE,
    level: float = 0.95,
) -> dict[str, Estimate]:
    """Odds of selection of each group over the reference group's, compared only within strata of legitimate factors.

    `cells` is a cells table (see `cells`), `strata` one or more of its columns, `reference` "largest", "best" or a
    group's name. The value is the common odds ratio, 1 for parity, with the Robins-Breslow-Greenland interval; the
    p-value is the Cochran-Mantel-Haenszel test without continuity correction. `detail` holds the Breslow-Day test,
    with Tarone's adjustment, that one odds ratio fits all strata. A group below `minimum_size` has the reason instead
    of a value. Raises ValueError as `count_groups` and for an unknown reference.
    Source: Mantel & Haenszel 1959; Robins, Breslow & Greenland 1986; Breslow & Day 1980; Tarone 1985.
    """
    counts = count_groups(cells, attributes, favourable=favourable)
    reasons = too_small(counts.names, counts.rows, minimum_size)
    base = choose_reference(counts, reference, reasons)
    tables = count_strata(cells, attributes, strata, favourable=favourable)
    answers = {}
    for at, name in enumerate(counts.names):
        method = (
            f"common odds ratio of selection against {'the reference group' if base is None else counts.names[base]}"
        )
        method += f" over {len(tables)} strata"
        sizes = {name: round(counts.rows[at])}
        if name in reasons:
            answers[name] = could_not_compute(f"odds ratio of {name}: {reasons[name]}", method=method, sizes=sizes)
        elif base is None or len(counts.names) - len(reasons) < 2:
            reason = f"odds ratio of {name}: no other group is large enough to compare with"
            answers[name] = could_not_compute(reason, method=method, sizes=sizes)
        elif at == base:
            detail = {"reference": True}
            answers[name] = Estimate(value=1.0, level=level, sizes=sizes, method=method, detail=detail)
        else:
            sizes[counts.names[base]] = round(counts.rows[base])
            answers[name] = common_odds_ratio(name, tables[:, [at, base]], method=method, sizes=sizes, level=level)
    return answers


def common_odds_ratio(name: str, tables: np.ndarray, *, method: str, sizes: dict, level: float = 0.95) -> Estimate:
    """Mantel-Haenszel odds ratio of 2 by 2 tables, shape (strata, 2, 2): group, reference; not selected, selected."""
    tables = tables[(tables.sum(2) > 0).all(1)]
    if not len(tables):
        reason = f"odds ratio of {name}: the group shares no stratum with the reference group"
        return could_not_compute(reason, method=method, sizes=sizes)
    b, a, d, c = tables.reshape(-1, 4).T
    rows = a + b + c + d
    agreeing, opposing = a * d / rows, b * c / rows
    if agreeing.sum() <= 0 or opposing.sum() <= 0:
        reason = f"odds ratio of {name}: in every shared stratum one group was selected, or rejected, without exception"
        return could_not_compute(reason, method=method, sizes=sizes)
    ratio = float(agreeing.sum() / opposing.sum())
    weight, other = (a + d) / rows, (b + c) / rows
    variance = (weight * agreeing).sum() / (2 * agreeing.sum() ** 2)
    variance += (weight * opposing + other * agreeing).sum() / (2 * agreeing.sum() * opposing.sum())
    variance += (other * opposing).sum() / (2 * opposing.sum() ** 2)
    half = normal_quantile(level) * math.sqrt(variance)
    margin, other_margin, selected = a + b, c + d, a + c
    informative = rows > 1
    spread = (margin * other_margin * selected * (b + d))[informative] / (rows**2 * (rows - 1))[informative]
    statistic = float((a - margin * selected / rows).sum() ** 2 / spread.sum())
    detail = {"strata_used": len(tables), "standard_error_of_log": math.sqrt(variance)}
    return Estimate(
        value=ratio,
        low=ratio * math.exp(-half),
        high=ratio * math.exp(half),
        level=level,
        statistic=statistic,
        p_value=float(special.chdtrc(1, statistic)),
        sizes=sizes,
        method=f"{method}, Robins-Breslow-Greenland interval, Cochran-Mantel-Haenszel test",
        detail=detail | _breslow_day(a, margin, other_margin, selected, ratio),
    )


def _breslow_day(a, margin, other_margin, selected, ratio) -> dict[str, float | int]:
    """Breslow-Day test, with Tarone's adjustment, that all strata share the odds ratio."""
    varies = (selected > 0) & (selected < margin + other_margin)
    a, margin, other_margin, selected = (side[varies] for side in (a, margin, other_margin, selected))
    # The expected count e solves e (d + e) / ((margin - e)(selected - e)) = ratio with d = other margin - selected.
    square, linear = 1 - ratio, other_margin - selected + ratio * (margin + selected)
    constant = -ratio * margin * selected
    if abs(square) < 1e-12:
        expected = -constant / linear
    else:
        root = np.sqrt(linear**2 - 4 * square * constant)
        expected = 2 * constant / (-linear - root)
    parts = (expected, margin - expected, selected - expected, other_margin - selected + expected)
    variance = 1 / sum(1 / part for part in parts)
    tarone = (a - expected).sum() ** 2 / variance.sum()
    statistic = float(((a - expected) ** 2 / variance).sum() - tarone)
    freedom = len(a) - 1
    p_value = float(special.chdtrc(freedom, max(0.0, statistic))) if freedom else 1.0
    return {
        "breslow_day_statistic": statistic,
        "breslow_day_p_value": p_value,
        "breslow_day_degrees_of_freedom": freedom,
    }
