"""What a supervisor was told or said stays as it was kept."""

from django.db import migrations

STAYS = """
CREATE TRIGGER workflows_supervisoryrecord_rows_stay BEFORE UPDATE OR DELETE ON workflows_supervisoryrecord
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_supervisoryrecord_stays BEFORE TRUNCATE ON workflows_supervisoryrecord
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
GOES = """
DROP TRIGGER workflows_supervisoryrecord_stays ON workflows_supervisoryrecord;
DROP TRIGGER workflows_supervisoryrecord_rows_stay ON workflows_supervisoryrecord;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0064_keep_what_supervisors_said")]

    operations = [migrations.RunSQL(STAYS, GOES)]
