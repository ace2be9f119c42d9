"""Forecasts of risk against what happened: value at risk, losses, migrations, concentration."""

from audits.statistics.backtest.exceptions import christoffersen, kupiec_pof
from audits.statistics.backtest.losses import herfindahl_index, loss_shortfall
from audits.statistics.backtest.migration import migration_matrix_tests

__all__ = ["christoffersen", "herfindahl_index", "kupiec_pof", "loss_shortfall", "migration_matrix_tests"]
