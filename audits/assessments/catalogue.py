"""What each measure is called, how its number is written, and the question it answers. One visible table."""

from dataclasses import dataclass

from mrm.pages.wording import percent


@dataclass(frozen=True)
class Measure:
    """A measure as people read it.

    title    in full, for documents; pages and reports call it by its identifier in words (`mrm.pages.wording`)
    kind     which kind of run measures it
    written  how its value is printed: a share ("percent"), a plain number ("number")
    """

    title: str
    kind: str
    question: str
    written: str = "number"


MEASURES: dict[str, Measure] = {
    "psi": Measure("Population stability index", "drift", "Has the distribution moved away from the reference?"),
    "psi_of_season": Measure("PSI against a year ago", "drift", "Has it moved away from the same weeks a year ago?"),
    "jensen_shannon": Measure("Jensen–Shannon distance", "drift", "How far apart are the two distributions, 0 to 1?"),
    "kolmogorov_smirnov": Measure(
        "Kolmogorov–Smirnov distance", "drift", "How far apart do the cumulative shares lie?"
    ),
    "chi_square": Measure("Chi-square test", "drift", "Could both samples come from one population?"),
    "wasserstein": Measure("Wasserstein distance", "drift", "How far have values moved, in reference deviations?"),
    "missing_rate": Measure("Missing values", "drift", "Are more values missing than in the reference?", "percent"),
    "out_of_range_rate": Measure("Values out of range", "drift", "Do values lie outside the reference's?", "percent"),
    "new_category_rate": Measure("New categories", "drift", "Do values appear that were unknown?", "percent"),
    "type_mismatch_rate": Measure("Values of a wrong type", "drift", "Are values what the schema says?", "percent"),
    "duplicate_rate": Measure("Repeated rows", "drift", "Were rows logged more than once?", "percent"),
    "freshness": Measure("Age of the newest row, hours", "drift", "Do predictions still arrive?"),
    "volume_change": Measure("Change of volume", "drift", "Do as many predictions arrive as before?", "percent"),
    "reconstruction_error": Measure(
        "Change of reconstruction error", "drift", "Do features still hang together as in the reference?", "percent"
    ),
    "domain_classifier": Measure("Domain classifier, AUC", "drift", "Can a model tell new rows from the reference?"),
    "maximum_mean_discrepancy": Measure(
        "Maximum mean discrepancy", "drift", "How far apart do the features lie, all together?"
    ),
    "text_domain_classifier": Measure(
        "Domain classifier on words, AUC", "drift", "Can a model tell new texts from the reference by their words?"
    ),
    "new_segment": Measure("Segments that grew", "drift", "Which groups are more of the population than before?"),
    "estimated_auc_change": Measure(
        "Estimated change of AUC", "drift", "What do the scores promise before outcomes are known?"
    ),
    "impact_ratio": Measure("Impact ratio", "bias", "How often is the group favoured, against the comparison group?"),
    "demographic_parity": Measure("Demographic parity gap", "bias", "How far apart are the groups' selection rates?"),
    "equalized_odds": Measure("Equalized odds gap", "bias", "How far apart are the groups' error rates?"),
    "importance": Measure("Share of attribution", "explainability", "How much does the feature drive it?", "percent"),
    "attribution_drift": Measure("Attribution agreement (nDCG)", "explainability", "Do the same features drive it?"),
    "attribution_precision": Measure(
        "Precision of attributions", "explainability", "Were enough rows explained to know the shares?", "percent"
    ),
    "reason_code_stability": Measure(
        "Same reasons as before", "explainability", "Would the version before give people the same reasons?", "percent"
    ),
    "top_reason_changed": Measure(
        "Other first reason than before", "explainability", "For how many is the first reason another?", "percent"
    ),
    "additivity_gap": Measure("Additivity gap", "explainability", "Do the attributions add up to the output?"),
    "replication_gap": Measure("Replication gap", "explainability", "Does the artifact give the logged outputs?"),
    "auc": Measure("Area under the ROC curve", "performance", "Does the score rank those with the event higher?"),
    "gain_on_champion": Measure(
        "AUC against the version before", "performance", "Does it rank the same rows as well as what it replaces?"
    ),
    "error_against_champion": Measure(
        "Error against the version before", "performance", "Is its error on the same rows larger than before?"
    ),
    "auc_change": Measure("Change of AUC", "performance", "Does it rank as well as on the reference?"),
    "realised_against_estimated": Measure(
        "Realised against estimated AUC", "performance", "Did the scores keep what they promised?"
    ),
    "segment_error": Measure("Errors by segment", "performance", "In which groups does it err more than expected?"),
    "brier_score": Measure("Brier score", "performance", "How far are probabilities from what happened?"),
    "calibration_in_the_large": Measure("Calibration in the large", "performance", "Is the overall level right?"),
    "calibration_slope_deviation": Measure("Calibration slope", "performance", "Are high and low scores right?"),
    "rmse": Measure("Root mean squared error", "performance", "How large are the errors?"),
    "rmse_ratio": Measure("Error against the reference", "performance", "Have the errors grown?"),
    "mae": Measure("Mean absolute error", "performance", "How large is a typical error?"),
    "mean_error": Measure("Mean error", "performance", "Does it predict too high or too low overall?"),
    "r_squared": Measure("R squared", "performance", "How much of the variation is predicted?"),
}


def written(measure: str, value: float | None) -> str:
    """A value as it is printed everywhere: three significant digits, or percent."""
    if value is None:
        return "–"
    if MEASURES[measure].written == "percent":
        return percent(value)
    if value and abs(value) < 1e-3:
        return f"{value:.2g}"
    return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.1f}"
