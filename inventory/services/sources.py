"""Sources: tables that are read where they live."""

from datetime import timedelta

from django.utils import timezone

from audits.profiles.schema import Role
from audits.trail.models import Action
from audits.trail.services import governed, record
from inventory import frames
from inventory.models import ModelVersion, Source
from inventory.states import Stage
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import warehouses
from mrm.errors import RuleBroken, UnusableData

READ_AGAIN_AFTER = timedelta(hours=1)  # So often a source is asked what rows it has by now.
MOST_PER_VERSION = 20


@governed()
def register_source(
    version: ModelVersion, *, url: str, table: str, columns: dict | None = None, time_column: str = "", actor
) -> Source:
    """Read predictions of a version from a table from now on. The same table again gives the first source.

    `columns` says what the table calls the version's columns, where it calls them differently. Nothing is looked up
    here: a worker reads the table and tells what it found.
    """
    require(actor, Permission.LOG_DATA, version.model.workspace_id, model_slug=version.model_slug)
    version = ModelVersion.objects.select_for_update().select_related("model").get(pk=version.pk)
    if version.stage == Stage.RETIRED:
        raise RuleBroken(f"{version} is retired and takes no data.")
    columns = columns or {}
    time = version.column_with(Role.TIME)
    time_column = time_column or (columns.get(time.name, time.name) if time else "")
    _check(version, url, table, columns, time_column)
    if first := version.sources.open().filter(url=url, table=table).first():
        if (first.columns, first.time_column) != (columns, time_column):
            raise RuleBroken(f"{first} is registered with other columns; close it first.")
        return first
    if version.sources.open().count() >= MOST_PER_VERSION:
        raise RuleBroken(f"{version} reads {MOST_PER_VERSION} sources already; close one first.")
    source = Source.objects.create(
        version=version, url=url, table=table, columns=columns, time_column=time_column, registered_by=actor
    )
    record(
        Action.SOURCE_REGISTERED,
        actor=actor,
        subject=source,
        url=url,
        table=table,
        columns=columns,
        time_column=time_column,
        version=version.number,
    )
    return source


@governed()
def close_source(source: Source, *, actor) -> Source:
    """Read a source no more. What was counted of it stays in the runs that counted it."""
    require(actor, Permission.LOG_DATA, source.version.model.workspace_id, model_slug=source.model_slug)
    source = Source.objects.select_for_update().get(pk=source.pk)
    if source.closed_at:
        raise RuleBroken("This source is closed already.")
    source.closed_at = timezone.now()
    source.save(update_fields=["closed_at"])
    record(Action.SOURCE_CLOSED, actor=actor, subject=source)
    return source


@governed()
def look_again(source: Source, *, actor) -> Source:
    """Have a worker look at a source now rather than within the hour; until it did, nothing is known of it."""
    require(actor, Permission.LOG_DATA, source.version.model.workspace_id, model_slug=source.model_slug)
    source = Source.objects.select_for_update().get(pk=source.pk)
    if source.closed_at:
        raise RuleBroken("This source is closed; register its table again to read it.")
    source.read_at = None
    source.save(update_fields=["read_at"])
    record(Action.SOURCE_TESTED, actor=actor, subject=source)
    return source


def read_source(source: Source) -> Source:
    """Ask a source for its rows and their times, and remember what it said; after a failure what was known stays."""
    try:
        with frames.sources.opened(source) as table:
            source.rows, source.first_at, source.last_at = frames.sources.ends(table)
            source.fault = ""
    except UnusableData as fault:
        source.fault = str(fault)
    source.read_at = timezone.now()
    source.save(update_fields=["read_at", "fault", "rows", "first_at", "last_at"])
    return source


def _check(version: ModelVersion, url: str, table: str, columns: dict, time_column: str) -> None:
    errors = [{"message": fault, "field": "url"} for fault in warehouses.faults_in(url)]
    if not table.strip() or "\x00" in table:
        errors.append({"message": "Name the table to read, such as risk.predictions.", "field": "table"})
    known = {column.name for column in version.columns()}
    errors += [
        {"message": f"The schema of {version} has no column {name!r}; leave it out.", "field": "columns"}
        for name in columns
        if name not in known
    ]
    if not time_column:
        message = "Say which column of the table holds the time of a prediction; windows are cut by it."
        errors.append({"message": message, "field": "time_column"})
    if errors:
        raise UnusableData(*errors)
