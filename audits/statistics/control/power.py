"""What a comparison of these sizes could have found."""

import math
from collections.abc import Callable

import scipy
from scipy import special

from audits.statistics.estimates import Estimate, could_not_compute

MEASURES = ("psi", "jensen_shannon", "hellinger", "ks", "mean", "share")
# scale·distance^power/(1/N + 1/M) is noncentral chi-squared to first order, as in `drift`.
DIVERGENCES = {"psi": (1.0, 1), "jensen_shannon": (8.0 * math.log(2.0), 2), "hellinger": (8.0, 2)}


def minimum_detectable_shift(
    reference_size: int,
    current_size: int,
    *,
    measure: str = "psi",
    cells: int = 10,
    tolerance: float = 0.0,
    base_rate: float | None = None,
    power: float = 0.80,
    significance: float = 0.05,
) -> Estimate:
    """The smallest true shift that a test with these sizes finds with probability `power`, in the unit of the measure.

    measure: "psi", "jensen_shannon" or "hellinger" over `cells` cells, beyond `tolerance` where one is allowed; "ks"
    (the gap D, an upper bound by the Kolmogorov band); "mean" (standard deviations, two-sided z test); "share" (rise of
    `base_rate`, two-sided z test). Sizes are rows. Raises ValueError for sizes below 1, another measure, probabilities
    outside (0, 1), or a share without base rate. Source: Cohen 1988; noncentral chi-squared Patnaik 1949.
    """
    if reference_size < 1 or current_size < 1 or cells < 2 or tolerance < 0.0:
        raise ValueError("Sizes are at least 1, cells at least 2, and a tolerance is not negative.")
    if not 0.0 < significance < power < 1.0:
        raise ValueError("Significance and power lie between 0 and 1, the power above the significance.")
    if measure not in MEASURES:
        raise ValueError(f"{measure!r} has no power statement; choose one of {', '.join(MEASURES)}.")
    sampling = 1.0 / reference_size + 1.0 / current_size
    sizes = {"reference": reference_size, "current": current_size}
    method = f"smallest shift ({measure}) found with {100 * power:.3g} % power at a significance of {significance:g}"
    if measure in DIVERGENCES:
        value = _divergence(measure, sampling, cells - 1, tolerance, power, significance)
        method += f", {cells} cells, tolerance {tolerance:g}"
    elif measure == "ks":
        value = tolerance + math.sqrt(sampling) * float(special.kolmogi(significance) + special.kolmogi(1.0 - power))
    elif measure == "mean":
        value = _solved(lambda shift: _two_sided_power(shift / math.sqrt(sampling), significance) - power, 100.0)
    else:
        if base_rate is None or not 0.0 < base_rate < 1.0:
            raise ValueError("A shift of a share needs its base rate, between 0 and 1.")
        value = _share(base_rate, reference_size, current_size, power, significance)
        method += f", rise of a rate of {base_rate:g}"
    highest = 1.0 - (base_rate or 0.0) if measure == "share" else math.inf if measure in ("psi", "mean") else 1.0
    if value is None or value > highest:
        reason = f"With {reference_size} and {current_size} rows, no shift can be found with {100 * power:.3g} % power."
        return could_not_compute(reason, method=method, sizes=sizes)
    return Estimate(value=value, level=power, sizes=sizes, method=method, detail={"measure": measure, "power": power})


def _divergence(measure, sampling, freedom, tolerance, power, significance) -> float:
    scale, exponent = DIVERGENCES[measure]
    allowed = scale * tolerance**exponent / sampling
    if allowed == 0.0:
        critical = special.chdtri(freedom, significance)
    else:
        critical = special.chndtrix(1.0 - significance, freedom, allowed)
    needed = float(special.chndtrinc(critical, freedom, 1.0 - power))
    return (needed * sampling / scale) ** (1.0 / exponent)


def _two_sided_power(noncentrality: float, significance: float) -> float:
    reach = float(special.ndtri(1.0 - significance / 2.0))
    return float(special.ndtr(noncentrality - reach) + special.ndtr(-noncentrality - reach))


def _share(base: float, n: int, m: int, power: float, significance: float) -> float | None:
    reach = float(special.ndtri(1.0 - significance / 2.0))

    def excess(shift: float) -> float:
        raised = base + shift
        pooled = (n * base + m * raised) / (n + m)
        under_null = math.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m))
        under_shift = math.sqrt(base * (1.0 - base) / n + raised * (1.0 - raised) / m)
        return float(special.ndtr((shift - reach * under_null) / under_shift)) - power

    return _solved(excess, 1.0 - base)


def _solved(excess: Callable[[float], float], most: float) -> float | None:
    """Where `excess` crosses zero between 0 and `most`; None when it does not."""
    if excess(most) < 0.0:
        return None
    return float(scipy.optimize.brentq(excess, 0.0, most, xtol=1e-14))
