"""A point of a series stays as it was received; a correction is another row. A series keeps its unit."""

from django.db import migrations

TABLES = ("inventory_series", "inventory_seriespoint")
GUARD = """
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNGUARD = "DROP TRIGGER {table}_stays ON {table}; DROP TRIGGER {table}_rows_stay ON {table};"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0031_operational_and_business_series"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(GUARD.format(table=table), UNGUARD.format(table=table)) for table in TABLES]
