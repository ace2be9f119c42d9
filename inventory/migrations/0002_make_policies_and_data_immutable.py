"""Published policies and received data never change."""

from django.db import migrations

TABLES = ("inventory_policy", "inventory_referencedata", "inventory_outcomebatch")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"DROP TRIGGER {table}_rows_stay ON {table}",
        )
        for table in TABLES
    ]
