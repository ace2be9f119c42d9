"""Explainability: SHAP on the version's own artifact; what drives it now against what drove it on the reference."""

import polars as pl

from audits.assessments.measures.subject import Measured, Measurement, NotEnoughData, Subject, environment
from audits.assessments.measures.windows import inputs, logged_rows, nothing_logged
from audits.statistics import explanation, robustness
from audits.statistics.estimates import Estimate, could_not_compute
from inventory import artifacts, frames

MOST_ROWS = 500
BACKGROUND_ROWS = 100


def measure_explainability(subject: Subject) -> Measured:
    """Share of |SHAP| per feature, drift of that ranking, the additivity gap, and whether logged scores replicate."""
    version = subject.version
    subject.report_progress(5, "Drawing the rows to explain")
    logged, elsewhere = logged_rows(subject)
    reference, current = (sample(rows, MOST_ROWS, seed=subject.seed) for rows in (frames.reference(version), logged))
    if current.is_empty():
        raise NotEnoughData(nothing_logged(subject))
    background = sample(reference.lazy(), BACKGROUND_ROWS, seed=subject.seed)
    subject.report_progress(
        15, f"Explaining {reference.height} rows of the reference and {current.height} of the window"
    )
    both = pl.concat([rows.select(artifacts.feature_names(version)) for rows in (reference, current)])
    explained = artifacts.explain(version, both, background=background, seed=subject.seed)
    subject.report_progress(85, "Comparing attributions")
    facts = inputs(
        subject,
        elsewhere,
        rows={"reference": reference.height, "current": current.height, "background": background.height},
    )
    return Measured(
        measurements=_measurements(subject, explained, reference.height, current),
        inputs=facts,
        environment=environment(subject, explainer=explained.method, confinement=explained.confinement),
    )


def sample(rows: pl.LazyFrame, most: int, *, seed: int) -> pl.DataFrame:
    """At most this many rows, drawn without replacement; the same for the same rows and seed."""
    table = rows.collect()
    return table if table.height <= most else table.sample(most, seed=seed)


def _measurements(subject: Subject, explained, cut: int, current: pl.DataFrame) -> list[Measurement]:
    """The first `cut` explained rows are the reference's, the others those of the window."""
    names = explained.feature_names
    importance_then = explanation.global_importance(explained.shap_values[:cut], names)
    importance_now = explanation.global_importance(explained.shap_values[cut:], names)
    logged = current[artifacts.output_column(subject.version).name].to_numpy()
    single = {
        "attribution_drift": explanation.attribution_drift(_values(importance_then), _values(importance_now)),
        "additivity_gap": explanation.additivity_gap(explained.shap_values, explained.base_values, explained.outputs),
        "replication_gap": robustness.replication_gap(logged, explained.scores[cut:]),
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
