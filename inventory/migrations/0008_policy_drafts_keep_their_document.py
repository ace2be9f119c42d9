"""What was proposed as a policy, on which version and by whom, never changes; a draft can only end, once."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_policy_draft() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['state', 'ended_by_id', 'ended_at', 'ended_because', 'published_as_id'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'proposed' AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a proposed policy is never changed or deleted; it ends once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_policydraft_rows_stay BEFORE UPDATE OR DELETE ON inventory_policydraft
    FOR EACH ROW EXECUTE FUNCTION keep_policy_draft();
CREATE TRIGGER inventory_policydraft_stays BEFORE TRUNCATE ON inventory_policydraft
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER inventory_policydraft_stays ON inventory_policydraft;
DROP TRIGGER inventory_policydraft_rows_stay ON inventory_policydraft;
DROP FUNCTION keep_policy_draft;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_policy_drafts"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
