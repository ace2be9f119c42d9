"""Rows: checked against a version's schema when they come in, stored as Parquet, read back as lazy frames.

What the schema's `required` means: a batch without the column, or with missing values in it, is refused. The id and the
time of a batch are always required; its label never, because outcomes come later; its prediction not where it can be
derived from score and threshold. A reference needs neither id, time nor label.
"""

from inventory.frames import sources
from inventory.frames.bodies import READERS
from inventory.frames.cloud_events import EVENT_TYPES, CloudEvent, read_event
from inventory.frames.inference import columns_of_half, values_of
from inventory.frames.reading import (
    ID,
    LABEL,
    already_logged,
    days_of,
    labelled,
    outcomes,
    reference,
    rows_of,
    unknown_ids,
    window,
    with_outcomes,
)
from inventory.frames.writing import Written, derivable, write

CONTENT_TYPES = tuple(READERS)

__all__ = [
    "CONTENT_TYPES",
    "EVENT_TYPES",
    "ID",
    "LABEL",
    "CloudEvent",
    "Written",
    "already_logged",
    "columns_of_half",
    "days_of",
    "derivable",
    "labelled",
    "outcomes",
    "read_event",
    "reference",
    "rows_of",
    "sources",
    "unknown_ids",
    "values_of",
    "window",
    "with_outcomes",
    "write",
]
