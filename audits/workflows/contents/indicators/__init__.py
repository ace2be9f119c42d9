"""What a board looks at: numbers about all models, each against the appetite of the policy, or why there is none."""

from audits.workflows.contents.indicators.scope import Found, Scope
from audits.workflows.contents.indicators.shown import Shown, Trend, indicators_of, trend_of
from audits.workflows.contents.indicators.table import BY_NAME, INDICATORS, Indicator

__all__ = ["BY_NAME", "INDICATORS", "Found", "Indicator", "Scope", "Shown", "Trend", "indicators_of", "trend_of"]
