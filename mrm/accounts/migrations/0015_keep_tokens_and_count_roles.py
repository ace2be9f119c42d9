"""A token stays what was issued, a role is not prolonged whoever gave it, and one approval gives one role.

It binds whoever writes past the services. An entry that once said that somebody was given a role is not enough for
another row that says they hold it: there are never more such rows than entries.
"""

from django.db import migrations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION refuse_role_nobody_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT approves_roles(NEW.decided_by_id, NEW.workspace_id, NEW.decided_at) OR NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.person_id AND action = 'role.granted'
          AND actor_id = NEW.decided_by_id::text AND details ->> 'role' = NEW.role
    ) OR (
        SELECT count(*) FROM accounts_rolegrant held
        WHERE held.person_id = NEW.person_id AND held.role = NEW.role AND held.state <> 'refused'
          AND (held.decided_at IS NOT NULL OR held.alone_because <> '')
    ) > (
        SELECT count(*) FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.person_id AND action = 'role.granted'
          AND details ->> 'role' = NEW.role
    ) THEN
        RAISE EXCEPTION 'a role is in force once a second person who may has approved it, and none did'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_longer_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a role is not prolonged; it is proposed anew' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_rolegrant_is_not_prolonged BEFORE UPDATE ON accounts_rolegrant FOR EACH ROW
    WHEN (OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at))
    EXECUTE FUNCTION refuse_longer_role();

CREATE FUNCTION keep_token() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['last_used_at', 'revoked_at', 'expires_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving AND NEW.expires_at <= OLD.expires_at
       AND (OLD.revoked_at IS NULL OR NEW.revoked_at IS NOT DISTINCT FROM OLD.revoked_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a token is never changed or deleted; another is issued, or it is revoked'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_token_rows_stay BEFORE UPDATE OR DELETE ON accounts_token
    FOR EACH ROW EXECUTE FUNCTION keep_token();
CREATE TRIGGER accounts_token_stays BEFORE TRUNCATE ON accounts_token
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_token_nobody_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry WHERE subject = 'accounts.Token:' || NEW.id AND action = 'token.issued'
    ) THEN
        RAISE EXCEPTION 'a token works once an entry says that it was issued, and none does'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_token_was_issued AFTER INSERT ON accounts_token
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_token_nobody_issued();
"""
UNDO = """
DROP TRIGGER accounts_token_was_issued ON accounts_token;
DROP FUNCTION refuse_token_nobody_issued;
DROP TRIGGER accounts_token_stays ON accounts_token;
DROP TRIGGER accounts_token_rows_stay ON accounts_token;
DROP FUNCTION keep_token;
DROP TRIGGER accounts_rolegrant_is_not_prolonged ON accounts_rolegrant;
DROP FUNCTION refuse_longer_role;
"""  # The function that counts roles stays as it is: going back is never a reason to ask less.


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_take_no_role_alone"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
