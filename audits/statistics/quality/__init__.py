"""Quality of the data themselves: rates of faults, with intervals, alone and against the reference."""

from audits.statistics.quality.arrival import freshness, volume_change
from audits.statistics.quality.faults import (
    duplicate_rate,
    missing_rate,
    new_category_rate,
    out_of_range_rate,
    type_mismatch_rate,
)

__all__ = [
    "duplicate_rate",
    "freshness",
    "missing_rate",
    "new_category_rate",
    "out_of_range_rate",
    "type_mismatch_rate",
    "volume_change",
]
