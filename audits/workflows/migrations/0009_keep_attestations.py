"""What an owner attested to never changes, and nobody empties the table."""

from django.db import migrations

KEEP = """
CREATE TRIGGER workflows_attestation_rows_stay BEFORE UPDATE OR DELETE ON workflows_attestation
    FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_attestation_stays BEFORE TRUNCATE ON workflows_attestation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
LEAVE = """
DROP TRIGGER workflows_attestation_rows_stay ON workflows_attestation;
DROP TRIGGER workflows_attestation_stays ON workflows_attestation;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0008_attestations")]

    operations = [migrations.RunSQL(KEEP, LEAVE)]
