"""Published policies and received data are not emptied as a whole table either."""

from django.db import migrations

TABLES = ("inventory_policy", "inventory_referencedata", "inventory_outcomebatch")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_outcome_unknown_ids"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_change()",
            f"DROP TRIGGER {table}_stays ON {table}",
        )
        for table in TABLES
    ]
