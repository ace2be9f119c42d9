"""A retired version has no approval that is not ended: asked at the end of what retires or approves it."""

from django.db import migrations

RETIRED = """
CREATE FUNCTION retired_version_serves_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid;
BEGIN
    IF TG_TABLE_NAME = 'inventory_useapproval' THEN
        concerned := NEW.version_id;
    ELSE
        concerned := NEW.id;
    END IF;
    IF EXISTS (SELECT FROM inventory_modelversion v JOIN inventory_useapproval a ON a.version_id = v.id
                WHERE v.id = concerned AND v.stage = 'retired' AND a.ended_at IS NULL) THEN
        RAISE EXCEPTION 'version % is retired, and an approval of it stands', concerned
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER retired_version_serves_nothing AFTER UPDATE OF stage ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'retired')
    EXECUTE FUNCTION retired_version_serves_nothing();
CREATE CONSTRAINT TRIGGER retired_version_serves_nothing AFTER INSERT ON inventory_useapproval
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION retired_version_serves_nothing();
"""
RETIRED_BACK = """
DROP TRIGGER retired_version_serves_nothing ON inventory_modelversion;
DROP TRIGGER retired_version_serves_nothing ON inventory_useapproval;
DROP FUNCTION retired_version_serves_nothing;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0045_find_words_beside_dashes_and_dots")]

    operations = [migrations.RunSQL(RETIRED, RETIRED_BACK)]
