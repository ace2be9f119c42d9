"""A role that people give has an end and is not prolonged; whoever confirms it is not its holder, and that stays.

It binds whoever writes past the services (governance.md, section 7, rule 8). What the system gives by itself, such as
the roles of the first administrator, may have no end.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION refuse_endless_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    days integer := CASE NEW.role WHEN 'examiner' THEN 92 ELSE 366 END;
BEGIN
    IF NEW.state NOT IN ('proposed', 'granted') THEN
        RETURN NEW;
    ELSIF NEW.ends_at IS NULL OR NEW.ends_at > NEW.proposed_at + make_interval(hours => 24 * days) THEN
        RAISE EXCEPTION 'a role that people give ends, this one within % days', days
            USING ERRCODE = 'restrict_violation';
    ELSIF TG_OP = 'UPDATE' AND NEW.ends_at > OLD.ends_at THEN
        RAISE EXCEPTION 'a role is not prolonged; it is proposed anew' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_rolegrant_ends BEFORE INSERT OR UPDATE ON accounts_rolegrant
    FOR EACH ROW WHEN (NEW.granted_by_id IS NOT NULL) EXECUTE FUNCTION refuse_endless_role();

CREATE FUNCTION keep_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['outcome', 'decided_by_id', 'decided_at'];
    why text := '';
BEGIN
    IF TG_OP = 'INSERT' AND NEW.outcome <> 'pending' THEN
        why := 'a role is asked about before it is confirmed';
    ELSIF TG_OP = 'DELETE' THEN
        why := 'that a role is to be confirmed is never deleted';
    ELSIF TG_OP = 'UPDATE' AND (OLD.outcome <> 'pending' OR to_jsonb(NEW) - moving <> to_jsonb(OLD) - moving) THEN
        why := 'what was said about a role stays as it was said';
    ELSIF NEW.outcome = 'confirmed' AND (
        NEW.decided_by_id IS NULL
        OR NEW.decided_by_id = (SELECT person_id FROM accounts_rolegrant WHERE id = NEW.grant_id)
    ) THEN
        why := 'a role is confirmed by somebody else than its holder';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_recertification_rows_stay BEFORE INSERT OR UPDATE OR DELETE ON accounts_recertification
    FOR EACH ROW EXECUTE FUNCTION keep_confirmation();
CREATE TRIGGER accounts_recertification_stays BEFORE TRUNCATE ON accounts_recertification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER accounts_recertification_stays ON accounts_recertification;
DROP TRIGGER accounts_recertification_rows_stay ON accounts_recertification;
DROP FUNCTION keep_confirmation;
DROP TRIGGER accounts_rolegrant_ends ON accounts_rolegrant;
DROP FUNCTION refuse_endless_role;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_give_notices_a_second_form"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(TRIGGERS, BACK)]
