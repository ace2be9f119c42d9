"""A role that is over, taken back for example, is confirmed by nobody any more."""

from django.db import migrations

BEFORE = """
CREATE OR REPLACE FUNCTION keep_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
AFTER = BEFORE.replace(
    """by somebody else than its holder';
""",
    """by somebody else than its holder';
    ELSIF NEW.outcome = 'confirmed' AND NOT EXISTS (
        SELECT FROM accounts_rolegrant
        WHERE id = NEW.grant_id AND state = 'granted' AND (ends_at IS NULL OR ends_at > statement_timestamp())
    ) THEN
        why := 'a role that is over is not confirmed';
""",
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0019_keep_passwords_as_recorded")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
