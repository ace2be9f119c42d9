"""Who held which role, and who gave it, stays: a role ends, and is never deleted."""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION keep_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['state', 'decided_by_id', 'decided_at', 'starts_at', 'ends_at', 'ended_because'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
       AND (OLD.state IN ('proposed', 'granted') OR NEW.state = OLD.state)
       AND (OLD.decided_by_id IS NULL OR NEW.decided_by_id IS NOT DISTINCT FROM OLD.decided_by_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a role is never changed or deleted; it is proposed anew, or ended'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_rolegrant_rows_stay BEFORE UPDATE OR DELETE ON accounts_rolegrant
    FOR EACH ROW EXECUTE FUNCTION keep_role();
CREATE TRIGGER accounts_rolegrant_stays BEFORE TRUNCATE ON accounts_rolegrant
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER accounts_rolegrant_stays ON accounts_rolegrant;
DROP TRIGGER accounts_rolegrant_rows_stay ON accounts_rolegrant;
DROP FUNCTION keep_role;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_keep_readings"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(TRIGGERS, BACK)]
