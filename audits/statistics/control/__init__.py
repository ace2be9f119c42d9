"""Error control: across features, across time, and what a comparison could have found at all."""

from audits.statistics.control.charts import Chart, cusum, dynamic_limits, ewma, page_hinkley
from audits.statistics.control.multiplicity import Adjustment, benjamini_hochberg, benjamini_yekutieli, holm
from audits.statistics.control.online import OnlineDecisions, lord, saffron
from audits.statistics.control.power import minimum_detectable_shift
from audits.statistics.control.sequences import (
    ConfidenceSequence,
    EProcess,
    betting_e_process,
    confidence_sequence,
)
from audits.statistics.control.weighting import importance_weighted_drift

__all__ = [
    "Adjustment",
    "Chart",
    "ConfidenceSequence",
    "EProcess",
    "OnlineDecisions",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "betting_e_process",
    "confidence_sequence",
    "cusum",
    "dynamic_limits",
    "ewma",
    "holm",
    "importance_weighted_drift",
    "lord",
    "minimum_detectable_shift",
    "page_hinkley",
    "saffron",
]
