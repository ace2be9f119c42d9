"""A doubt about a tier is settled by the confirmation of an assessment that was made after it was raised."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_unassessed_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM inventory_tierassessment
        WHERE model_id = NEW.model_id AND confirmed_at = NEW.settled_at AND proposed_at >= NEW.raised_at
    ) THEN
        RAISE EXCEPTION 'a doubt about a tier is settled where the tier was assessed after it and confirmed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_tierdoubt_is_assessed AFTER UPDATE ON inventory_tierdoubt
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.settled_at IS NOT NULL)
    EXECUTE FUNCTION refuse_unassessed_settlement();
"""
UNDO = """
DROP TRIGGER inventory_tierdoubt_is_assessed ON inventory_tierdoubt;
DROP FUNCTION refuse_unassessed_settlement;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0049_find_models_by_aliases")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
