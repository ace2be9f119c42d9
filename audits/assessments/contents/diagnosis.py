"""Why is it beyond its limit? The causes in the order in which they are ruled out, each with its verdict and evidence.

Each rests on the newest run of every plan: what those runs judged, nothing that is weighed or scored anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from audits.assessments.models import Breach, Result, Run
from audits.statistics.limits import SEVERITY, Verdict, worst
from inventory.models import Series

ALARMS = (Verdict.RED, Verdict.AMBER)
MOST_SHOWN = 5
EVERYTHING_ELSE = "Fairness and explanations"

# The causes, first to be ruled out first: a broken feed looks like drift, and drift like a model that has aged.
CAUSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Data quality": (
        "Do the rows arrive as they should?",
        (
            "missing_rate",
            "type_mismatch_rate",
            "out_of_range_rate",
            "new_category_rate",
            "duplicate_rate",
            "freshness",
            "volume_change",
        ),
    ),
    "Covariate drift": (
        "Have the inputs or the scores moved?",
        (
            "psi",
            "psi_of_season",
            "jensen_shannon",
            "kolmogorov_smirnov",
            "chi_square",
            "wasserstein",
            "domain_classifier",
            "text_domain_classifier",
            "maximum_mean_discrepancy",
            "reconstruction_error",
        ),
    ),
    "Segments": ("Is it one group, new or treated worse?", ("new_segment", "segment_error")),
    "Concept": (
        "Do outcomes follow the scores less than before?",
        ("estimated_auc_change", "realised_against_estimated", "auc_change", "rmse_ratio"),
    ),
    "Calibration": (
        "Is the ranking right and the level wrong?",
        ("calibration_in_the_large", "calibration_slope_deviation"),
    ),
}
CAUSE_OF = {measure: cause for cause, (_, measures) in CAUSES.items() for measure in measures}
WHAT_IT_MEANS = {
    "Data quality": "Begin with the feed: while data are faulty, no other number can be trusted.",
    "Segments": "Look at the groups named below first; the rest of the population may be as before.",
    "Concept": "Outcomes follow the scores less than before: retraining on recent outcomes is what helps.",
    "Covariate drift": "Inputs moved, and no fall in performance is shown: watch it, retrain if outcomes confirm it.",
    "Calibration": "The ranking holds and the level does not: recalibration may do, without another model.",
}
UNLESS_KNOWN = {  # What is said where nothing shows that outcomes still follow the scores.
    "Covariate drift": "Inputs moved; whether performance fell is not known, so outcomes are needed first.",
    "Calibration": "The level is wrong; whether the ranking holds is not known, so recalibration may not be enough.",
}
SEASONAL = ("psi_of_season", Verdict.WITHIN)
THE_SEASON = (
    "Inputs are other than in the reference, and as they were in the same weeks a year ago: the season explains it."
)
FIRST_TO_SAY = ("Data quality", "Concept", "Segments", "Calibration", "Covariate drift")


@dataclass
class Cause:
    """One cause: its question, the worst verdict of what bears on it, and the results behind that, worst first."""

    name: str
    question: str
    results: list[Result] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Empty where nothing bearing on it was judged; that is never within."""
        judged = [Verdict(result.verdict) for result in self.results if result.verdict]
        return worst(judged) if judged else ""

    @property
    def alarms(self) -> list[Result]:
        return [result for result in self.results if result.verdict in ALARMS]

    @property
    def shown(self) -> list[Result]:
        return self.alarms[:MOST_SHOWN]

    @property
    def more(self) -> int:
        return len(self.alarms) - len(self.shown)


@dataclass(frozen=True)
class Diagnosis:
    """What to do first, and every cause; `series` is how many operational series can be looked at beside them."""

    reading: str
    causes: list[Cause]
    runs: list[Run]
    series: int


def diagnosis_of(breach: Breach) -> Diagnosis:
    runs = list(breach.version.runs.latest_per_plan().select_related("plan"))
    causes = causes_of(Result.objects.filter(run__in=runs).select_related("run__plan"))
    series = Series.objects.filter(model=breach.version.model, pillar=Series.Pillar.OPERATIONAL).count()
    return Diagnosis(_reading(causes), causes, runs, series)


def causes_of(results: Iterable[Result]) -> list[Cause]:
    """Every cause, whether anything bears on it or not; what is judged and is no cause of its own comes last."""
    causes = {name: Cause(name, question) for name, (question, _) in CAUSES.items()}
    causes[EVERYTHING_ELSE] = Cause(EVERYTHING_ELSE, "Who is affected, and for which reasons?")
    for result in results:
        causes[CAUSE_OF.get(result.measure, EVERYTHING_ELSE)].results.append(result)
    for cause in causes.values():
        cause.results.sort(key=_severity)
    return list(causes.values())


def _severity(result: Result) -> tuple:
    place = SEVERITY.index(Verdict(result.verdict)) if result.verdict else len(SEVERITY)
    return place, -(abs(result.value) if result.value is not None else 0), result.measure, result.column, result.segment


def _reading(causes: list[Cause]) -> str:
    """One sentence: where to begin, and what is not known."""
    by_name = {cause.name: cause for cause in causes}
    first = next((name for name in FIRST_TO_SAY if by_name[name].alarms), "")
    if not first:
        return "The newest runs show nothing beyond a limit."
    if first == "Covariate drift" and _is_the_season(by_name[first]):
        return THE_SEASON
    follows = by_name["Concept"].verdict == Verdict.WITHIN
    return WHAT_IT_MEANS[first] if follows else UNLESS_KNOWN.get(first, WHAT_IT_MEANS[first])


def _is_the_season(cause: Cause) -> bool:
    """Whether all that is beyond its limit are columns away from the reference that are within theirs against a year
    ago."""
    seasonal = {result.column for result in cause.results if (result.measure, result.verdict) == SEASONAL}
    return bool(cause.alarms) and all(one.measure == "psi" and one.column in seasonal for one in cause.alarms)
