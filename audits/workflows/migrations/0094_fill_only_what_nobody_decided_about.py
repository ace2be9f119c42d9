"""What a version was registered without, artifact or columns, is sent while nobody has decided or signed about it.

Bytes whose digest was stated when it was registered may follow at any time: they are what was decided about.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_to_fill_what_was_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage NOT IN ('candidate', 'challenger') OR EXISTS (
        SELECT FROM workflows_changerequest
        WHERE version_id = NEW.id AND state NOT IN ('rejected', 'withdrawn', 'expired')
    ) OR EXISTS (
        SELECT FROM workflows_validationopinion opinion
        JOIN workflows_validationrequest asked ON asked.id = opinion.request_id
        WHERE asked.version_id = NEW.id AND (opinion.voided_at IS NULL OR opinion.approved_at IS NOT NULL)
    ) THEN
        RAISE EXCEPTION 'version % is being decided about or was, as it was registered: what it consists of stays. '
            'Register a new version', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inventory_modelversion_is_filled_before_it_is_decided BEFORE UPDATE ON inventory_modelversion
    FOR EACH ROW WHEN (OLD.artifact_sha256 <> NEW.artifact_sha256 OR OLD.schema <> NEW.schema)
    EXECUTE FUNCTION refuse_to_fill_what_was_decided();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_is_filled_before_it_is_decided ON inventory_modelversion;
DROP FUNCTION refuse_to_fill_what_was_decided;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0093_tell_since_when_standings_wait"),
        ("inventory", "0026_keep_models_and_versions"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
