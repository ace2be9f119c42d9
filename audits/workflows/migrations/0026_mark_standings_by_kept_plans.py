"""The statement that marks a model is planned once, not with every row; so each table has a function of its own."""

from django.db import migrations

BY_VERSION = "(SELECT model_id FROM inventory_modelversion WHERE id = changed.version_id)"
MARKED = (
    ("inventory_model", "id", ("INSERT",)),
    ("inventory_modelversion", "model_id", ("INSERT", "UPDATE")),
    ("assessments_plan", BY_VERSION, ("INSERT", "UPDATE", "DELETE")),
    ("assessments_run", BY_VERSION, ("INSERT", "UPDATE")),
    ("workflows_finding", "model_id", ("INSERT", "UPDATE")),
    ("workflows_changerequest", "model_id", ("INSERT", "UPDATE")),
)
FUNCTION = """
CREATE FUNCTION mark_standings_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workflows_standingmark (model) SELECT DISTINCT {key} FROM changed WHERE {key} IS NOT NULL;
    RETURN NULL;
END $$;
"""
TRIGGER = """
DROP TRIGGER {table}_marks_standings_on_{event} ON {table};
CREATE TRIGGER {table}_marks_standings_on_{event} AFTER {event} ON {table} REFERENCING {which} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION {function};
"""


def _operations():
    for table, key, events in MARKED:
        own, before = f"mark_standings_of_{table}()", f"mark_standings('{key}')"
        yield migrations.RunSQL(FUNCTION.format(table=table, key=key), f"DROP FUNCTION {own}")
        for event in events:
            said = {"table": table, "event": event.lower(), "which": "OLD" if event == "DELETE" else "NEW"}
            yield migrations.RunSQL(TRIGGER.format(**said, function=own), TRIGGER.format(**said, function=before))


class Migration(migrations.Migration):
    dependencies = [("workflows", "0025_refuse_decisions_by_validators")]

    operations = list(_operations())
