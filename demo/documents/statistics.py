"""docs/statistics.md: what runs measure, under which limits, and every statistic with its definition and source."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module

from audits.assessments.catalogue import MEASURES
from audits.assessments.measures import season
from audits.assessments.models import Kind
from audits.statistics import (
    calibration,
    changes,
    drift,
    explanation,
    fairness,
    multivariate,
    performance,
    quality,
    robustness,
    segments,
)
from demo.documents.tables import table
from inventory import policies
from inventory.contents.policies import decided_by_in_words

PREFACE = """# Statistics

*Written by `make docs` from the catalogue of measures, the standard policy and the docstrings; edit those.*

A statistic never sees its limit: it gives an estimate with interval, sizes and method, or says why it could not be
computed. `audits.statistics.limits.judge` then gives one of five verdicts: *within*, *amber*, *red*, *insufficient*
(the sample does not allow a decision) and *unknown* (it could not be computed). The last two never count as passed.

The limits below are those of the standard policy, with which a new installation begins. The policy in force is at
`GET /api/v1/policies/current/`; every result keeps a copy of the limit that judged it.

**A verdict keeps to the limits of its day.** A policy that tightens or loosens a limit holds for runs made from then
on; no stored verdict is judged again, so that nobody passes or fails afterwards by what was not in force. The gate goes
by the verdicts as they were given, and says under which policy where that has other limits than the one in force.
Whoever wants to know how the same window fares under the new ones asks for a run over it.
"""
LIBRARY = """
# The library

Every public function of `audits/statistics`, whether or not a run uses it yet. None knows Django or a global seed, and
only `limits` knows what a limit is. Where no source stands, the definition is the whole of it.
"""
MEASURED_WITH: dict[str, Callable] = {
    "psi": drift.population_stability_index,
    "psi_of_season": drift.population_stability_index,
    "jensen_shannon": drift.jensen_shannon_distance,
    "kolmogorov_smirnov": drift.kolmogorov_smirnov,
    "chi_square": drift.chi_square_test,
    "wasserstein": drift.wasserstein_distance,
    "missing_rate": quality.missing_rate,
    "out_of_range_rate": quality.out_of_range_rate,
    "new_category_rate": quality.new_category_rate,
    "type_mismatch_rate": quality.type_mismatch_rate,
    "duplicate_rate": quality.duplicate_rate,
    "freshness": quality.freshness,
    "volume_change": quality.volume_change,
    "reconstruction_error": multivariate.pca_reconstruction_shift,
    "domain_classifier": multivariate.domain_classifier_auc,
    "maximum_mean_discrepancy": multivariate.maximum_mean_discrepancy,
    "text_domain_classifier": multivariate.text_domain_classifier_auc,
    "new_segment": segments.worst_segments,
    "estimated_auc_change": changes.difference,
    "impact_ratio": fairness.impact_ratio,
    "demographic_parity": fairness.demographic_parity,
    "equalized_odds": fairness.equalized_odds,
    "importance": explanation.global_importance,
    "attribution_drift": explanation.attribution_drift,
    "attribution_precision": explanation.enough_rows,
    "reason_code_stability": explanation.reason_code_stability,
    "top_reason_changed": explanation.reason_code_stability,
    "additivity_gap": explanation.additivity_gap,
    "replication_gap": robustness.replication_gap,
    "auc": performance.auc,
    "gain_on_champion": performance.delong_test,
    "error_against_champion": performance.diebold_mariano_test,
    "auc_change": changes.difference,
    "realised_against_estimated": changes.difference,
    "segment_error": segments.worst_segments,
    "brier_score": performance.brier_score,
    "calibration_in_the_large": calibration.calibration_intercept_slope,
    "calibration_slope_deviation": calibration.calibration_intercept_slope,
    "rmse": performance.rmse,
    "rmse_ratio": changes.ratio,
    "mae": performance.mae,
    "mean_error": performance.mean_error,
    "r_squared": performance.r_squared,
}
MODULES = (
    "drift", "multivariate", "quality", "performance", "segments", "calibration", "backtest", "estimation", "streams",
    "fairness", "explanation", "robustness", "control", "chunks", "changes", "resampling", "limits",
)  # fmt: skip


def statistics() -> str:
    sections = [_measures_of(kind) for kind in Kind]
    return PREFACE + "".join(sections) + LIBRARY + "".join(_functions_of(name) for name in MODULES)


def _measures_of(kind: Kind) -> str:
    limits = policies.standard()["limits"]
    rows = []
    for name, measure in MEASURES.items():
        if measure.kind == kind:
            own = [limit for limit in limits if limit["measure"] == name]
            measured_with = f"`{_path(MEASURED_WITH[name])}`"
            rows.append((measure.title, f"`{name}`", measure.question, measured_with, _limits(name, own)))
    columns = ("measure", "name", "question", "computed by", "limits of the standard policy")
    return f"\n## {kind.label}\n\n{table(columns, rows)}\n"


def _limits(measure: str, limits: list[dict]) -> str:
    if not limits:
        return "none: measured where a policy sets one" if measure == season.MEASURE else "none: shown, not judged"
    return "; ".join(_limit(limit) for limit in limits)


def _limit(limit: dict) -> str:
    side = "below" if limit.get("direction") == "lower" else "above"
    ends = [f"{colour} {side} {limit[colour]:g}" for colour in ("amber", "red") if limit.get(colour) is not None]
    facts = [f"decided by {decided_by_in_words(limit)}"]
    if "minimum_size" in limit:
        facts.append(f"at least {limit['minimum_size']} rows")
    about = f"{limit['role']}: " if "role" in limit else ""
    return f"{about}{', '.join(ends)} ({', '.join(facts)})"


def _functions_of(name: str) -> str:
    module = import_module(f"audits.statistics.{name}")
    rows = [(f"`{function.__name__}`", _definition(function), _source(function)) for function in _public(module)]
    return f"\n## {name}\n\n{_paragraphs(module)[0]}\n\n{table(('function', 'definition', 'source'), rows)}\n"


def _public(module) -> Iterator[Callable]:
    names = getattr(module, "__all__", None) or sorted(vars(module))
    for name in names:
        member = getattr(module, name)
        own = inspect.isfunction(member) and member.__module__.startswith(module.__name__)
        if own and not name.startswith("_"):
            yield member


def _definition(function: Callable) -> str:
    """The first sentences, before what the arguments are."""
    return _paragraphs(function)[0]


def _source(function: Callable) -> str:
    """What follows "Source:" or "Sources:" in the docstring; empty where the definition is plain arithmetic."""
    for paragraph in _paragraphs(function):
        for mark in ("Sources:", "Source:"):
            if mark in paragraph:
                return paragraph.partition(mark)[2].strip()
    return ""


def _paragraphs(thing) -> list[str]:
    text = inspect.getdoc(thing) or ""
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _path(function: Callable) -> str:
    return f"{function.__module__}.{function.__name__}"
