"""Explainability: SHAP on the version's own artifact; what drives it now against what drove it on the reference."""

import numpy as np

from audits.assessments.measures.champion import champion_of, named_champion
from audits.assessments.measures.explaining import BACKGROUND_ROWS, Side, draw, explain_until_enough
from audits.assessments.measures.reasons import reason_stability
from audits.assessments.measures.subject import Measured, Measurement, NotEnoughData, Subject, environment
from audits.assessments.measures.windows import inputs, logged_rows, nothing_logged
from audits.scoring.service import Explanation
from audits.statistics import explanation, robustness
from audits.statistics.estimates import Estimate, could_not_compute
from audits.statistics.limits import Verdict
from inventory import artifacts, frames

PRECISION = 0.05  # Of a share of attribution, where the policy says nothing.


def measure_explainability(subject: Subject) -> Measured:
    """Share of |SHAP| per feature and how precisely it is known, drift of that ranking, stability of reasons against
    the version before, the additivity gap, and whether logged scores replicate."""
    version = subject.version
    subject.report_progress(5, "Drawing the rows to explain")
    logged, elsewhere = logged_rows(subject)
    columns = [*artifacts.feature_names(version), artifacts.output_column(version).name]
    before, lacking = champion_of(subject, what="Stability of reasons")
    columns += artifacts.feature_names(before) if before else []
    reference = draw(frames.reference(version).select(list(dict.fromkeys(columns))), seed=subject.seed)
    current = draw(logged.select(list(dict.fromkeys(columns))), seed=subject.seed)
    if not current.population:
        raise NotEnoughData(nothing_logged(subject))
    background = reference.drawn.head(BACKGROUND_ROWS)
    limit = subject.limit("attribution_precision")
    precision = limit.amber if limit and limit.amber else PRECISION
    subject.report_progress(15, "Explaining rows until enough are")
    explained = explain_until_enough(
        version, [reference, current], background=background, seed=subject.seed, precision=precision
    )
    subject.report_progress(75, "Comparing attributions")
    measurements = _measurements(subject, explained, reference, current)
    measurements += [_precision(subject, name, side) for name, side in (("reference", reference), ("window", current))]
    if before:
        subject.report_progress(85, f"Comparing reasons with those of version {before.number}")
        measurements += reason_stability(
            subject, before, current.drawn, current.joined("shap_values"), explained.feature_names,
            background=background,
        )  # fmt: skip
    facts = inputs(
        subject,
        elsewhere,
        rows={"reference": reference.rows, "current": current.rows, "background": background.height},
        not_examined=[lacking] if lacking else [],
        **named_champion(subject),
    )
    made = environment(subject, explainer=explained.method, confinement=explained.confinement)
    return Measured(measurements=measurements, inputs=facts, environment=made)


def _measurements(subject: Subject, explained: Explanation, reference: Side, current: Side) -> list[Measurement]:
    names = explained.feature_names
    values = [side.joined("shap_values") for side in (reference, current)]
    importance_then, importance_now = (explanation.global_importance(side, names) for side in values)
    logged = current.drawn[artifacts.output_column(subject.version).name].to_numpy()[: current.rows]
    bases, outputs = (
        np.concatenate([reference.joined(name), current.joined(name)]) for name in ("base_values", "outputs")
    )
    single = {
        "attribution_drift": explanation.attribution_drift(_values(importance_then), _values(importance_now)),
        "additivity_gap": explanation.additivity_gap(np.concatenate(values), bases, outputs),
        "replication_gap": robustness.replication_gap(logged, current.joined("scores")),
    }
    measurements = [
        Measurement(measure=measure, estimate=estimate, limit=subject.limit(measure))
        for measure, estimate in single.items()
    ]
    measurements += [
        Measurement(measure="importance", column=name, estimate=_share(importance_then[name], estimate))
        for name, estimate in importance_now.items()
    ]
    return measurements


def _precision(subject: Subject, name: str, side: Side) -> Measurement:
    """The largest standard error of a top share, as a part of it; nothing where every row was explained.

    Where the order of the top features is sure, small shares need no precision and no limit judges it.
    """
    sampling, sizes = side.sampling, {"rows": side.rows, "of": side.population}
    method = f"largest standard error among the top shares of mean |SHAP|; {sampling.reason}"
    limit = subject.limit("attribution_precision")
    if side.is_census:
        return Measurement(
            measure="attribution_precision", segment=name, limit=limit,
            estimate=Estimate(value=0.0, sizes=sizes, method=f"every one of the {side.rows} rows is explained"),
        )  # fmt: skip
    if sampling.relative_error is None:
        estimate = could_not_compute(sampling.reason, method=method, sizes=sizes)
    else:
        estimate = Estimate(value=sampling.relative_error, sizes=sizes, method=method)
    is_short = not sampling.enough and limit is not None
    return Measurement(
        measure="attribution_precision",
        segment=name,
        estimate=estimate,
        limit=None if sampling.separated and not sampling.precise else limit,
        verdict=Verdict.INSUFFICIENT if is_short else None,
    )


def _values(importance: dict[str, Estimate]) -> dict[str, float]:
    return {name: estimate.value or 0.0 for name, estimate in importance.items()}


def _share(then: Estimate, now: Estimate) -> Estimate:
    """A feature's share of all attribution, beside its share on the reference."""
    if "share" not in now.detail:
        reason = now.reason or "no feature contributes anything, so there are no shares"
        return could_not_compute(reason, method=now.method, sizes=now.sizes)
    return Estimate(
        value=now.detail["share"],
        low=now.detail["share_low"],
        high=now.detail["share_high"],
        sizes=now.sizes,
        method="share of the sum of mean |SHAP|, delta-method interval over rows",
        detail={"reference": then.detail.get("share", 0.0), "mean_absolute": now.value, "rank": now.detail["rank"]},
    )
