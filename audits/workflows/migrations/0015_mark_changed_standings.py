"""Triggers that mark a model whose standing may have changed, by whatever program; and a mark on all there are."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION mark_standings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The argument: what in a changed row is the key of its model.
    EXECUTE format('INSERT INTO workflows_standingmark (model) SELECT DISTINCT %s FROM changed', TG_ARGV[0]);
    RETURN NULL;
END $$;
"""
BY_VERSION = "(SELECT model_id FROM inventory_modelversion WHERE id = changed.version_id)"
MARKED = (
    ("inventory_model", "id", ("INSERT",)),
    ("inventory_modelversion", "model_id", ("INSERT", "UPDATE")),
    ("assessments_plan", BY_VERSION, ("INSERT", "UPDATE", "DELETE")),
    ("assessments_run", BY_VERSION, ("INSERT", "UPDATE")),
    ("workflows_finding", "model_id", ("INSERT", "UPDATE")),
    ("workflows_changerequest", "model_id", ("INSERT", "UPDATE")),
)
ON = """
CREATE TRIGGER {table}_marks_standings_on_{event} AFTER {event} ON {table} REFERENCING {which} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mark_standings('{key}');
"""
OFF = "DROP TRIGGER {table}_marks_standings_on_{event} ON {table};"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0014_standings_of_models")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION mark_standings"),
        *(
            migrations.RunSQL(
                ON.format(table=table, key=key, event=event.lower(), which="OLD" if event == "DELETE" else "NEW"),
                OFF.format(table=table, event=event.lower()),
            )
            for table, key, events in MARKED
            for event in events
        ),
        migrations.RunSQL(
            "INSERT INTO workflows_standingmark (model) SELECT id FROM inventory_model", migrations.RunSQL.noop
        ),
    ]
