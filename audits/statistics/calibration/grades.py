"""Did as many default as each grade's PD said? Tests over counts, and the traffic lights built on them."""

import bisect
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import scipy
from scipy import special

from audits.statistics.arrays import open_share
from audits.statistics.control import holm
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.shares import jeffreys

# Plus factors for 5 to 9 exceptions in 250 days, and for 10 or more (Basel Committee 1996, table 2).
BASEL_PLUS_FACTORS = {5: 0.40, 6: 0.50, 7: 0.65, 8: 0.75, 9: 0.85}
BASEL_RED_PLUS_FACTOR = 1.00


def jeffreys_test(defaults: float, obligors: float, pd: float, *, level: float = 0.95) -> Estimate:
    """Observed default rate of a grade, tested one-sided against its PD: p = F(PD), F being Beta(D + 1/2, N - D + 1/2).

    A small p-value says that the PD is too low. The interval is Jeffreys', two-sided. Raises ValueError when counts are
    negative, D exceeds N, or PD lies outside (0, 1). Source: Tasche 2008; ECB, Instructions for reporting the
    validation results, 2019, section 2.5.3.1.
    """
    method = f"observed default rate against PD {pd:g}, Jeffreys test, one-sided"
    return _grade_test(defaults, obligors, pd, method, level, _jeffreys_p_value)


def binomial_test(defaults: float, obligors: float, pd: float, *, level: float = 0.95) -> Estimate:
    """Observed default rate of a grade, tested one-sided against its PD: p = P(at least D defaults), binomial.

    Raises as `jeffreys_test`. Source: Tasche 2008.
    """
    method = f"observed default rate against PD {pd:g}, binomial test, one-sided"
    return _grade_test(
        defaults, obligors, pd, method, level, lambda d, n, chance: float(scipy.stats.binom.sf(d - 1, n, chance))
    )


def binomial_test_by_grade(
    grades: Mapping[str, tuple[float, float, float]], *, test: str = "jeffreys", level: float = 0.95
) -> dict[str, Estimate]:
    """`jeffreys_test` or `binomial_test` of every grade; `grades` maps a name to (defaults, obligors, PD).

    `detail["adjusted_p_value"]` of each is Holm's, over the grades that could be tested (Holm 1979). Raises ValueError
    for another `test` and as the test itself.
    """
    tests = {"jeffreys": jeffreys_test, "binomial": binomial_test}
    if test not in tests:
        raise ValueError(f"test must be one of {', '.join(tests)}, not {test!r}")
    answers = {name: tests[test](*numbers, level=level) for name, numbers in grades.items()}
    adjusted = holm([answer.p_value for answer in answers.values()]).adjusted
    family = sum(p_value is not None for p_value in adjusted)
    return {
        name: answer
        if p_value is None
        else replace(
            answer,
            method=f"{answer.method}; Holm over {family} grades",
            detail=dict(answer.detail) | {"adjusted_p_value": p_value},
        )
        for (name, answer), p_value in zip(answers.items(), adjusted, strict=True)
    }


def traffic_light(exceptions: int, observations: int = 250, *, coverage: float = 0.99) -> Estimate:
    """Basel's zone of a value-at-risk backtest: green below 95 % cumulative probability, red from 99.99 %, else yellow.

    With 250 days at 99 % that is 0-4, 5-9 and 10 or more exceptions. `detail` holds the zone, the cumulative
    probability and, for 250 days at 99 %, the plus factor. The p-value is P(at least as many). Raises ValueError when
    counts are negative or exceptions exceed observations. Source: Basel Committee 1996.
    """
    open_share(coverage, "coverage")
    _require_counts(exceptions, observations, "exceptions", "observations")
    method = f"exceptions in {observations} observations at {coverage:.4g} coverage, Basel 1996 zones"
    if not observations:
        return could_not_compute("traffic light: there are no observations", method=method, sizes={"observations": 0})
    cumulative = float(scipy.stats.binom.cdf(exceptions, observations, 1 - coverage))
    zone = "green" if cumulative < 0.95 else "yellow" if cumulative < 0.9999 else "red"
    detail: dict[str, object] = {"zone": zone, "cumulative_probability": cumulative}
    if (observations, coverage) == (250, 0.99):
        detail["plus_factor"] = (
            BASEL_RED_PLUS_FACTOR if exceptions >= 10 else BASEL_PLUS_FACTORS.get(int(exceptions), 0.0)
        )
    return Estimate(
        value=float(exceptions),
        p_value=float(scipy.stats.binom.sf(exceptions - 1, observations, 1 - coverage)),
        sizes={"observations": int(observations)},
        method=method,
        detail=detail,
    )


def pd_traffic_light(
    defaults: float,
    obligors: float,
    pd: float,
    *,
    asset_correlation: float = 0.05,
    confidences: tuple[float, float] = (0.95, 0.999),
) -> Estimate:
    """One period's light for a grade with correlated defaults: yellow and red limits by Vasicek's one-factor model.

    Green when defaults do not exceed the number reached with `confidences[0]`, red beyond that of `confidences[1]`. The
    probability of at most k defaults integrates the binomial over the common factor, so it is right for small grades.
    The p-value is P(at least as many). Raises as `jeffreys_test`. Source: Tasche 2003; Vasicek 2002.
    """
    _require_counts(defaults, obligors, "defaults", "obligors")
    open_share(pd, "pd")
    if not 0 <= asset_correlation < 1:
        raise ValueError(f"asset_correlation must lie between 0 and 1, not {asset_correlation}")
    method = f"defaults against PD {pd:g} with asset correlation {asset_correlation:g}, one-factor traffic light"
    if not obligors:
        return could_not_compute("traffic light: the grade has no obligors", method=method, sizes={"obligors": 0})
    rows = round(obligors)
    limits = [_most_defaults(rows, pd, asset_correlation, confidence) for confidence in confidences]
    zone = "green" if defaults <= limits[0] else "yellow" if defaults <= limits[1] else "red"
    return Estimate(
        value=defaults / obligors,
        p_value=1 - _chance_of_at_most(round(defaults) - 1, rows, pd, asset_correlation),
        sizes={"obligors": rows},
        method=method,
        detail={"zone": zone, "most_in_green": limits[0], "most_in_yellow": limits[1]},
    )


def pluto_tasche(
    defaults: Mapping[str, int], obligors: Mapping[str, int], *, confidence: float = 0.75
) -> dict[str, Estimate]:
    """Most prudent PD of low-default grades: the PD at which so few defaults in this grade and all worse have chance 1
    - confidence.

    Both maps go from the best grade to the worst, with the same names (ValueError otherwise); defaults are independent.
    The value is the upper bound; `detail["observed"]` the raw rate. Source: Pluto & Tasche 2005.
    """
    open_share(confidence, "confidence")
    if list(defaults) != list(obligors):
        raise ValueError("defaults and obligors must name the same grades in the same order")
    answers = {}
    names = list(obligors)
    for place, name in enumerate(names):
        found = sum(defaults[other] for other in names[place:])
        exposed = sum(obligors[other] for other in names[place:])
        _require_counts(found, exposed, "defaults", "obligors")
        method = f"most prudent PD at {confidence:g} confidence, grades {name} and worse together, independent defaults"
        sizes = {"obligors": int(exposed)}
        if not exposed:
            answers[name] = could_not_compute(f"PD of grade {name}: it has no obligors", method=method, sizes=sizes)
            continue
        bound = 1.0 if found == exposed else float(special.betaincinv(found + 1, exposed - found, confidence))
        observed = defaults[name] / obligors[name] if obligors[name] else None
        answers[name] = Estimate(value=bound, sizes=sizes, method=method, detail={"observed": observed})
    return answers


def vasicek_default_rate(pd: float, *, asset_correlation: float, confidence: float) -> float:
    """Default rate of an infinitely fine portfolio that the one-factor model exceeds with chance 1 - confidence.

    Raises ValueError when an argument lies outside (0, 1). Source: Vasicek 2002.
    """
    open_share(pd, "pd"), open_share(confidence, "confidence"), open_share(asset_correlation, "asset_correlation")
    shift = math.sqrt(asset_correlation) * special.ndtri(confidence)
    return float(special.ndtr((special.ndtri(pd) + shift) / math.sqrt(1 - asset_correlation)))


def _grade_test(defaults, obligors, pd, method, level, p_value) -> Estimate:
    _require_counts(defaults, obligors, "defaults", "obligors")
    open_share(pd, "pd")
    sizes = {"obligors": round(obligors)}
    if not obligors:
        return could_not_compute("default rate: the grade has no obligors", method=method, sizes=sizes)
    low, high = jeffreys(defaults, obligors, level=level)
    return Estimate(
        value=defaults / obligors,
        low=low,
        high=high,
        level=level,
        p_value=p_value(defaults, obligors, pd),
        sizes=sizes,
        method=method,
        detail={"defaults": float(defaults), "pd": float(pd)},
    )


def _jeffreys_p_value(defaults: float, obligors: float, pd: float) -> float:
    return float(special.betainc(defaults + 0.5, obligors - defaults + 0.5, pd))


def _chance_of_at_most(defaults: int, obligors: int, pd: float, asset_correlation: float) -> float:
    """P(D <= defaults) in the one-factor model, the binomial integrated over the common factor."""
    if defaults < 0:
        return 0.0
    # The trapezium rule on a smooth integrand that vanishes at both ends errs far below 1e-9 at this spacing.
    factor = np.linspace(-9, 9, 4001)
    share = np.exp(-(factor**2) / 2)
    threshold = special.ndtri(pd) - math.sqrt(asset_correlation) * factor
    chance = special.ndtr(threshold / math.sqrt(1 - asset_correlation))
    return float(min(1.0, share @ scipy.stats.binom.cdf(defaults, obligors, chance) / share.sum()))


def _most_defaults(obligors: int, pd: float, asset_correlation: float, confidence: float) -> int:
    """The smallest number of defaults that is not exceeded with the chance given."""
    open_share(confidence, "confidences")
    return bisect.bisect_left(
        range(obligors), confidence, key=lambda defaults: _chance_of_at_most(defaults, obligors, pd, asset_correlation)
    )


def _require_counts(part: float, whole: float, part_name: str, whole_name: str) -> None:
    if not (math.isfinite(part) and math.isfinite(whole)) or part < 0 or whole < 0:
        raise ValueError(f"{part_name} and {whole_name} must be finite counts of at least 0, not {part} and {whole}")
    if part > whole:
        raise ValueError(f"{part_name} ({part:g}) exceed {whole_name} ({whole:g})")
