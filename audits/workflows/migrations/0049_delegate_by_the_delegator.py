"""A delegation is given by who delegates, and stays as it was given until it is revoked.

It binds whoever writes past the services: a row put in for somebody else would let its writer decide in their place.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_delegation_nobody_gave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'workflows.Delegation:' || NEW.id AND action = 'delegation.given'
          AND actor_id = NEW.delegator_id::text AND details ->> 'to' = NEW.delegate_id::text
    ) THEN
        RAISE EXCEPTION 'a delegation is given by who delegates, and no entry says that they did'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_delegation_was_given AFTER INSERT ON workflows_delegation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_delegation_nobody_gave();

CREATE FUNCTION keep_delegation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.revoked_at IS NULL AND to_jsonb(NEW) - 'revoked_at' = to_jsonb(OLD) - 'revoked_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a delegation is never changed or deleted; it is revoked, once'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_delegation_rows_stay BEFORE UPDATE OR DELETE ON workflows_delegation
    FOR EACH ROW EXECUTE FUNCTION keep_delegation();
CREATE TRIGGER workflows_delegation_stays BEFORE TRUNCATE ON workflows_delegation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER workflows_delegation_stays ON workflows_delegation;
DROP TRIGGER workflows_delegation_rows_stay ON workflows_delegation;
DROP FUNCTION keep_delegation;
DROP TRIGGER workflows_delegation_was_given ON workflows_delegation;
DROP FUNCTION refuse_delegation_nobody_gave;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0048_end_arrangements_on_grounds"), ("trail", "0008_index_entries_in_their_order")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
