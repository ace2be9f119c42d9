"""Triggers that mark a model whose approval began or ended, as a whole or for a use; and a mark on all there are."""

from django.db import migrations

BY_VERSION = "(SELECT model_id FROM inventory_modelversion WHERE id = changed.version_id)"
MARKED = (("workflows_arrangement", "model_id"), ("inventory_useapproval", BY_VERSION))
ON = """
CREATE TRIGGER {table}_marks_standings_on_{event} AFTER {event} ON {table} REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mark_standings('{key}');
"""
OFF = "DROP TRIGGER {table}_marks_standings_on_{event} ON {table};"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0065_supervisors_said_it_once"), ("inventory", "0006_keep_uses_and_approvals")]

    operations = [
        *(
            migrations.RunSQL(ON.format(table=table, key=key, event=event), OFF.format(table=table, event=event))
            for table, key in MARKED
            for event in ("insert", "update")
        ),
        migrations.RunSQL(
            "INSERT INTO workflows_standingmark (model) SELECT id FROM inventory_model", migrations.RunSQL.noop
        ),
    ]
