"""A cadence that was set for a model is only ever ended: the database refuses to change or to delete what it said."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER inventory_cadence_rows_stay BEFORE UPDATE OR DELETE ON inventory_cadence
    FOR EACH ROW EXECUTE FUNCTION keep_particular();
CREATE TRIGGER inventory_cadence_stays BEFORE TRUNCATE ON inventory_cadence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER inventory_cadence_stays ON inventory_cadence;
DROP TRIGGER inventory_cadence_rows_stay ON inventory_cadence;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0033_cadences_of_models")]

    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
