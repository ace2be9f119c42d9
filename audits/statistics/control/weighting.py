"""Drift weighted by what matters to the model."""

import math
from collections.abc import Mapping

from audits.statistics.estimates import Estimate, could_not_compute


def importance_weighted_drift(
    drifts: Mapping[str, Estimate | float | None], importances: Mapping[str, float], *, top: int = 10
) -> Estimate:
    """Σ wⱼ·dⱼ, the mean drift of the features weighted by their importance, Σ wⱼ = 1; in the unit of the drifts.

    drifts: per feature its distance, as a number or an Estimate; importances: per feature mean |SHAP| or the like, not
    negative. A drift that could not be computed takes no part; the share of importance it leaves out is in
    `detail["left_out"]`. `detail["features"]` holds importance, drift and contribution of the `top` most important.
    Raises ValueError for a drift without importance, or an importance that is negative or not finite.
    Source: our own definition, for want of an established one.
    """
    unweighted = sorted(set(drifts) - set(importances))
    if unweighted:
        raise ValueError(f"No importance is given for {', '.join(unweighted)}.")
    if any(not math.isfinite(importance) or importance < 0.0 for importance in importances.values()):
        raise ValueError("An importance is finite and not negative.")
    method = "drift weighted by importance"
    total = math.fsum(importances.values())
    values = {name: drift.value if isinstance(drift, Estimate) else drift for name, drift in drifts.items()}
    known = {name: float(value) for name, value in values.items() if value is not None and math.isfinite(value)}
    weight = math.fsum(importances[name] for name in known)
    sizes = {"features": len(known)}
    if weight <= 0.0:
        reason = "No feature has both a drift that could be computed and an importance above zero."
        return could_not_compute(reason, method=method, sizes=sizes)
    contributions = {name: importances[name] / weight * value for name, value in known.items()}
    left_out = max(0.0, 1.0 - weight / total)
    ranked = sorted(importances, key=lambda name: (-importances[name], name))[:top]
    if left_out > 0.0:
        method += f"; features with {100 * left_out:.3g} % of the importance have no drift and take no part"
    return Estimate(
        value=math.fsum(contributions.values()),
        sizes=sizes,
        method=method,
        detail={
            "left_out": left_out,
            "features": [
                {
                    "feature": name,
                    "importance": importances[name] / total,
                    "drift": known.get(name),
                    "contribution": contributions.get(name),
                }
                for name in ranked
            ],
        },
    )
