"""The lists of what belongs to one model: what they show, are sorted and searched by, for pages, API and CSV."""

from datetime import date, datetime

from inventory.contents.attributes import NOT_KEPT
from mrm.pages.listing import Column, Listing

TRAIL = Listing(
    (
        Column("position", "Entry", "position", lambda row: row.position),
        Column("at", "When", "", lambda row: row.at.isoformat()),
        Column("actor", "Who", "", lambda row: row.actor_name),
        Column("authenticated_by", "Proved by", "", lambda row: row.authenticated_by, on_page=False),
        Column("action", "What", "", lambda row: row.action),
        Column("subject", "Subject", "", lambda row: row.subject, on_page=False),
        Column("subject_name", "About", "", lambda row: row.subject_name),
        Column("model", "Model", "", lambda row: row.model_slug, on_page=False),
        Column("leaf_hash", "Hash", "", lambda row: row.leaf_hash),
    ),
    usual="-position",
    ties=("position",),
)
VERSIONS = Listing(
    (
        Column("number", "Version", "number", lambda row: row.number),
        Column("stage", "Stage", "stage", lambda row: row.stage),
        Column("framework", "Framework", "framework", lambda row: row.framework),
        Column("predecessor", "Made from", "", lambda row: row.predecessor.number if row.predecessor else None),
        Column("origin", "Origin", "origin", lambda row: row.origin, on_page=False),
        Column("artifact_sha256", "Artifact", "", lambda row: row.artifact_sha256),
        Column("code_ref", "Code", "code_ref", lambda row: row.code_ref, on_page=False),
        Column("registered_at", "Registered", "registered_at", lambda row: row.registered_at, holds=datetime),
        Column("registered_by", "Registered by", "", lambda row: row.registered_by, on_page=False),
        Column("promoted_at", "In production", "promoted_at", lambda row: row.promoted_at, holds=datetime),
        Column("ended_at", "Ended", "ended_at", lambda row: row.ended_at, on_page=False, holds=datetime),
    ),
    usual="-number",
    searched=("framework", "origin", "code_ref", "artifact_sha256", "stage"),
    ties=("number",),  # Of one model; as its records tell it, too.
)
USES = Listing(
    (
        Column("number", "Use", "number", lambda row: row.number),
        Column("title", "Title", "title", lambda row: row.title),
        Column("state", "State", "state", lambda row: row.state),
        Column("state_because", "Because", "", lambda row: row.state_because),
        Column("business_purpose", "Business purpose", "", lambda row: row.business_purpose),
        Column("population", "Population", "", lambda row: row.population),
        Column("operating_boundaries", "Boundaries", "", lambda row: row.operating_boundaries),
        Column("prohibited_uses", "Prohibited", "", lambda row: row.prohibited_uses),
        Column("reliance", "Reliance", "reliance", lambda row: row.reliance),
        Column("environment", "Environment", "environment", lambda row: row.environment),
        Column("users", "Users", "users", lambda row: row.users),
        Column("frequency", "Frequency", "", lambda row: row.frequency),
        Column("volume", "Volume", "", lambda row: row.volume),
        Column("proposed_at", "Proposed", "proposed_at", lambda row: row.proposed_at, holds=datetime),
        Column("started_at", "Live since", "started_at", lambda row: row.started_at, holds=datetime),
        Column("ended_at", "Ended", "ended_at", lambda row: row.ended_at, holds=datetime),
    ),
    usual="number",
    searched=(
        "title",
        "state_because",
        "business_purpose",
        "population",
        "operating_boundaries",
        "prohibited_uses",
        "environment",
        "users",
        "frequency",
        "volume",
    ),
    ties=("number",),
)
SERIES = Listing(
    (
        Column("name", "Series", "name", lambda row: row.name),
        Column("pillar", "Pillar", "pillar", lambda row: row.pillar),
        Column("unit", "Unit", "", lambda row: row.unit),
        Column("points", "Points", "", lambda row: row.times),
        Column("last_value", "Last value", "", lambda row: row.last_value),
        Column("last_at", "At", "", lambda row: row.last_at),
    ),
    usual="name",
    searched=("name",),
)
BATCHES = Listing(
    (
        Column("first_at", "Logged for", "first_at", holds=datetime),
        Column("last_at", "Until", "last_at", holds=datetime),
        Column("rows", "Rows", "rows"),
        Column("sha256", "Digest"),
        Column("received_at", "Received", "received_at", holds=datetime),
    ),
    usual="-first_at",
    searched=("sha256",),
)
OUTCOMES = Listing(
    (
        Column("received_at", "Received", "received_at", holds=datetime),
        Column("rows", "Rows", "rows"),
        Column("unknown_ids", "Without a prediction", "unknown_ids"),
        Column("sha256", "Digest"),
    ),
    usual="-received_at",
    searched=("sha256",),
)
DOCUMENTS = Listing(
    (
        Column("title", "Document", "title"),
        Column("kind", "Class", "kind"),
        Column("edition", "Edition", "edition"),
        Column("written_on", "Written", "written_on", holds=date),
        Column("review_by", "Review", "review_by", holds=date),
        Column("added_at", "Added", "added_at", holds=datetime),
    ),
    usual="title",
    searched=("title", "filename", "edition", "sha256"),
)
SURVEYS = Listing(
    (
        Column("filename", "Sheet", "filename"),
        Column("models", "Models", "entries"),
        Column("state", "State", "state"),
        Column("uploaded_at", "Uploaded", "uploaded_at", holds=datetime),
    ),
    usual="-uploaded_at",
    searched=("filename", "workspace__name", "uploaded_by__display_name"),
)
SOURCES = Listing(
    (
        Column("version", "Version", "version__number", lambda row: row.version.number),
        Column("table", "Table", "table", lambda row: row.table),
        Column("url", "Warehouse", "url", lambda row: row.url),
        Column("time_column", "Time", "time_column", lambda row: row.time_column),
        Column("state", "State", "", lambda row: row.state),
        Column("rows", "Rows", "rows", lambda row: row.rows),
        Column("first_at", "First row", "first_at", lambda row: row.first_at, holds=datetime),
        Column("last_at", "Last row", "last_at", lambda row: row.last_at, holds=datetime),
        Column(
            "read_at", "Last look", "read_at", lambda row: row.read_at if row.look_is_kept else NOT_KEPT, holds=datetime
        ),
        Column("fault", "Fault", "", lambda row: row.fault),
        Column("registered_at", "Registered", "registered_at", lambda row: row.registered_at, holds=datetime),
        Column("registered_by", "Registered by", "", lambda row: row.registered_by),
        Column("closed_at", "Closed", "closed_at", lambda row: row.closed_at, holds=datetime),
    ),
    usual="-registered_at",
    searched=("table", "url", "fault"),
)
