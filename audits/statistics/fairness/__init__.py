"""Are groups treated alike? Rates, gaps and ratios by group, from weighted cells."""

from audits.statistics.fairness.cells import GroupCounts, count_groups
from audits.statistics.fairness.gaps import demographic_parity, equal_opportunity, equalized_odds, predictive_parity
from audits.statistics.fairness.geocoding import proxy_impact_ratio, surname_geocoding
from audits.statistics.fairness.impact import impact_ratio
from audits.statistics.fairness.proxies import conditional_mutual_information, proxy_detection
from audits.statistics.fairness.scan import IntersectionalScan, intersectional_scan
from audits.statistics.fairness.scores import calibration_by_group, scoring_rate_ratio, standardized_mean_difference
from audits.statistics.fairness.search import Alternative, AlternativeSearch, less_discriminatory_search
from audits.statistics.fairness.strata import mantel_haenszel
from audits.statistics.fairness.table import GroupTable, group_table

__all__ = [
    "Alternative",
    "AlternativeSearch",
    "GroupCounts",
    "GroupTable",
    "IntersectionalScan",
    "calibration_by_group",
    "conditional_mutual_information",
    "count_groups",
    "demographic_parity",
    "equal_opportunity",
    "equalized_odds",
    "group_table",
    "impact_ratio",
    "intersectional_scan",
    "less_discriminatory_search",
    "mantel_haenszel",
    "predictive_parity",
    "proxy_detection",
    "proxy_impact_ratio",
    "scoring_rate_ratio",
    "standardized_mean_difference",
    "surname_geocoding",
]
