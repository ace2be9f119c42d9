"""Requests, findings and retrainings are closed or superseded, never deleted."""

from django.db import migrations

TABLES = ("workflows_changerequest", "workflows_finding", "workflows_retraining")
TRIGGERS = """
CREATE TRIGGER {table}_rows_stay BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = "DROP TRIGGER {table}_stays ON {table}; DROP TRIGGER {table}_rows_stay ON {table}"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0007_refuse_conflicted_decisions"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(TRIGGERS.format(table=table), BACK.format(table=table)) for table in TABLES]
