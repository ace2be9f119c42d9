"""People against the model: how often it is overridden, which way, with what outcome, and whom it covers at all."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from audits.statistics.arrays import binary_vector, outcome_vector
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.performance.comparison import mcnemar_test
from audits.statistics.shares import newcombe_difference, share_estimate, two_share_test


def override_rate(model_decision: ArrayLike, final_decision: ArrayLike, *, level: float = 0.95) -> dict[str, Estimate]:
    """How often the final decision is not the model's, and which way it was turned.

    Both hold 0 (declined) and 1 (accepted), shape (n,). "rate" is the share of all decisions that were overridden,
    "accepted_against_model" the share of the model's declines turned into acceptances (low-side overrides),
    "declined_against_model" that of its acceptances turned down (high-side), all with Wilson intervals;
    "direction" is the acceptance rate of the final decisions less the model's: positive when people are more lenient,
    with McNemar's test that they are as often more lenient as stricter. Raises ValueError on other values or lengths
    that differ. Source: CRR (EU) 575/2013, article 172(3); OCC Bulletin 97-24 (1997); McNemar 1947.
    """
    model = binary_vector(model_decision, "model_decision")
    final = binary_vector(final_decision, "final_decision", length=len(model))
    lenient, strict = final & ~model, model & ~final
    shares = {
        "rate": (model != final, len(model), "share of decisions that override the model", "there are no decisions"),
        "accepted_against_model": (
            lenient, (~model).sum(), "share of the model's declines that were accepted", "the model declined nobody"
        ),
        "declined_against_model": (
            strict, model.sum(), "share of the model's acceptances that were declined", "the model accepted nobody"
        ),
    }  # fmt: skip
    answers = {
        name: share_estimate(
            int(chosen.sum()), int(total), method=method, empty=f"override rate: {empty}", level=level,
            overridden=int(chosen.sum()),
        )
        for name, (chosen, total, method, empty) in shares.items()
    }  # fmt: skip
    return answers | {"direction": _direction(model, final, level)}


def override_outcomes(
    model_decision: ArrayLike, final_decision: ArrayLike, outcome: ArrayLike, *, level: float = 0.95
) -> dict[str, Estimate]:
    """What became of those accepted against the model, beside those accepted with it: rate of bad outcomes.

    Decisions hold 0 (declined) and 1 (accepted); `outcome` 1 for bad and 0 for good, missing where it is not known
    (the declined, and whoever is not mature yet), all shape (n,). "overridden" and "agreed" are bad rates with Wilson
    intervals; "difference" is overridden less agreed with Newcombe's interval and the test of two shares: above 0, the
    model was right to decline. Rows without outcome are counted in `detail`. Raises ValueError on other values or
    lengths that differ. Source: CRR (EU) 575/2013, article 172(3); Newcombe 1998.
    """
    model = binary_vector(model_decision, "model_decision")
    final = binary_vector(final_decision, "final_decision", length=len(model))
    is_known, is_bad = outcome_vector(outcome, "outcome", length=len(model))
    sides = {}
    for name, chosen in (("overridden", final & ~model), ("agreed", final & model)):
        counted = (chosen & is_bad, chosen & is_known, chosen & ~is_known)
        sides[name] = tuple(int(rows.sum()) for rows in counted)
    answers = {
        name: share_estimate(
            bad, total, method=f"bad rate of those accepted, {name}", level=level,
            empty=f"override outcomes: no outcome is known of those accepted, {name}", without_outcome=unknown,
        )
        for name, (bad, total, unknown) in sides.items()
    }  # fmt: skip
    method = "bad rate of acceptances against the model less that of acceptances with it"
    sizes = {name: total for name, (_, total, _) in sides.items()}
    if reason := next((answer.reason for answer in answers.values() if answer.value is None), ""):
        return answers | {"difference": could_not_compute(reason, method=method, sizes=sizes)}
    numbers = (*sides["overridden"][:2], *sides["agreed"][:2])
    statistic, p_value, test = two_share_test(*numbers)
    low, high = newcombe_difference(*numbers, level=level)
    difference = Estimate(
        value=answers["overridden"].value - answers["agreed"].value,
        low=low,
        high=high,
        level=level,
        statistic=statistic,
        p_value=p_value,
        sizes=sizes,
        method=f"{method}, Newcombe interval, {test}",
    )
    return answers | {"difference": difference}


def coverage(scored: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Share of the eligible cases that the model scored, with a Wilson interval; 1 when it covers all.

    `scored` holds 1 for each eligible case with a score and 0 for each decided without one, shape (n,). Raises
    ValueError on other values. Source: CRR (EU) 575/2013, article 172(3); Wilson 1927.
    """
    scored = binary_vector(scored, "scored")
    return share_estimate(
        int(scored.sum()),
        len(scored),
        method="share of eligible cases that the model scored",
        empty="coverage: there are no eligible cases",
        level=level,
        not_scored=int((~scored).sum()),
    )


def _direction(model: np.ndarray, final: np.ndarray, level: float) -> Estimate:
    """McNemar's test with "right" meaning "accepts": its difference of accuracies is that of acceptance rates."""
    tested = mcnemar_test(np.ones(len(model)), model, final, level=level)
    method = f"acceptance rate of the final decisions less that of the model's; {tested.method}"
    if tested.value is None:
        return could_not_compute("override direction: there are no decisions", method=method, sizes=tested.sizes)
    counts = {
        "accepted_against_model": int((final & ~model).sum()),
        "declined_against_model": int((model & ~final).sum()),
    }
    return replace(tested, method=method, detail=counts)
