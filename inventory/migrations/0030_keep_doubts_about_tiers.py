"""A doubt about a tier stays as it was raised; it is settled once, and never deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_tier_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.settled_at IS NULL AND to_jsonb(NEW) - 'settled_at' = to_jsonb(OLD) - 'settled_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a doubt about a tier is never changed or deleted; it is settled once'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_tierdoubt_rows_stay BEFORE UPDATE OR DELETE ON inventory_tierdoubt
    FOR EACH ROW EXECUTE FUNCTION keep_tier_doubt();
CREATE TRIGGER inventory_tierdoubt_stays BEFORE TRUNCATE ON inventory_tierdoubt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER inventory_tierdoubt_stays ON inventory_tierdoubt;
DROP TRIGGER inventory_tierdoubt_rows_stay ON inventory_tierdoubt;
DROP FUNCTION keep_tier_doubt;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0029_doubts_about_tiers"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
