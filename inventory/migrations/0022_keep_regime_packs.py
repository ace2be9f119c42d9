"""Regime packs that were loaded never change."""

from django.db import migrations

TABLE = "inventory_regimepack"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0021_regime_packs"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_rows_stay BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change(); "
            f"CREATE TRIGGER {TABLE}_stays BEFORE TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            f"DROP TRIGGER {TABLE}_stays ON {TABLE}; DROP TRIGGER {TABLE}_rows_stay ON {TABLE}",
        )
    ]
