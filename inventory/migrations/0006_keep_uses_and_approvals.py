"""What the database itself keeps: an approval is only ever ended, and a live use is approved.

A live use needs an approval, not ended, of the version in production. This is asked at the end of the transaction,
because a promotion changes the version before the uses that follow from it.
"""

from django.db import migrations

APPROVALS = """
CREATE FUNCTION keep_use_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - 'ended_at' - 'ended_because' = to_jsonb(OLD) - 'ended_at' - 'ended_because' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an approval of a use is never changed or deleted, only ended'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_useapproval_rows_stay BEFORE UPDATE OR DELETE ON inventory_useapproval
    FOR EACH ROW EXECUTE FUNCTION keep_use_approval();
CREATE TRIGGER inventory_useapproval_stays BEFORE TRUNCATE ON inventory_useapproval
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
APPROVALS_BACK = """
DROP TRIGGER inventory_useapproval_stays ON inventory_useapproval;
DROP TRIGGER inventory_useapproval_rows_stay ON inventory_useapproval;
DROP FUNCTION keep_use_approval;
"""

LIVE = """
CREATE FUNCTION live_use_is_approved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid[];
    unapproved uuid;
BEGIN
    IF TG_TABLE_NAME = 'inventory_use' THEN
        concerned := ARRAY[NEW.id];
    ELSIF TG_TABLE_NAME = 'inventory_useapproval' THEN
        concerned := ARRAY[NEW.use_id];
    ELSE
        concerned := ARRAY(SELECT id FROM inventory_use WHERE model_id = NEW.model_id);
    END IF;
    SELECT u.id INTO unapproved FROM inventory_use u
     WHERE u.id = ANY(concerned) AND u.state = 'live' AND NOT EXISTS (
           SELECT 1 FROM inventory_useapproval a JOIN inventory_modelversion v ON v.id = a.version_id
            WHERE a.use_id = u.id AND a.ended_at IS NULL AND v.stage = 'production')
     LIMIT 1;
    IF unapproved IS NOT NULL THEN
        RAISE EXCEPTION 'use % is live, and the version in production has no standing approval for it', unapproved
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER live_use_is_approved AFTER INSERT OR UPDATE OF state ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION live_use_is_approved();
CREATE CONSTRAINT TRIGGER live_use_is_approved AFTER UPDATE OF ended_at ON inventory_useapproval
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION live_use_is_approved();
CREATE CONSTRAINT TRIGGER live_use_is_approved AFTER UPDATE OF stage ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION live_use_is_approved();
"""
LIVE_BACK = """
DROP TRIGGER live_use_is_approved ON inventory_use;
DROP TRIGGER live_use_is_approved ON inventory_useapproval;
DROP TRIGGER live_use_is_approved ON inventory_modelversion;
DROP FUNCTION live_use_is_approved;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_uses_and_their_approvals"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(APPROVALS, APPROVALS_BACK), migrations.RunSQL(LIVE, LIVE_BACK)]
