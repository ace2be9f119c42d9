"""The lists of what is measured of a model: what they are sorted and searched by."""

from datetime import datetime

from mrm.pages.listing import Column, Listing

PLANS = Listing(
    (
        Column("created_at", "Created", "created_at", holds=datetime),
        Column("version", "Version", "version__number"),
        Column("kind", "Assessment", "kind"),
        Column("next_due_at", "Next due", "next_due_at", holds=datetime),
    ),
    usual="created_at",
)
RUNS = Listing(
    (
        Column("window_end", "Until", "window_end", holds=datetime),
        Column("queued_at", "Asked for", "queued_at", holds=datetime),
        Column("version", "Version", "version__number"),
        Column("kind", "Assessment", "plan__kind"),
        Column("state", "State", "state"),
        Column("verdict", "Verdict", "verdict"),
    ),
    usual="-window_end",
    searched=("reason",),
    ties=("queued_at", "id"),
)
BREACHES = Listing(
    (
        Column("opened_at", "Opened", "opened_at", holds=datetime),
        Column("closed_at", "Closed", "closed_at", holds=datetime),
        Column("version", "Version", "version__number"),
        Column("measure", "Measure", "measure"),
        Column("verdict", "Verdict", "verdict"),
        Column("occurrences", "Runs", "occurrences"),
    ),
    usual="-opened_at",
    searched=("measure", "column", "segment"),
)
