"""What others said of a checkpoint is never changed."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER trail_endorsement_rows_stay BEFORE UPDATE OR DELETE ON trail_endorsement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trail_endorsement_stays BEFORE TRUNCATE ON trail_endorsement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER trail_endorsement_stays ON trail_endorsement;
DROP TRIGGER trail_endorsement_rows_stay ON trail_endorsement;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0004_keep_endorsements")]

    operations = [migrations.RunSQL(TRIGGERS, BACK)]
