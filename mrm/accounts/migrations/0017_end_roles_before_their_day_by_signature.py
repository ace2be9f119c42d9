"""At the end of a transaction a role that ends before its day was taken back, or lapsed, and that day is today's.

Taking one back is signed; that it lapsed, an entry says. A role begins once, when it is approved. It binds whoever
writes past the services: a role is neither cut short nor moved, and its end is not dated back.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_role_cut_short() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    why text := '';
BEGIN
    IF NEW.starts_at IS DISTINCT FROM OLD.starts_at AND NOT (OLD.state = 'proposed' AND NEW.state = 'granted') THEN
        why := 'a role begins when it is approved';
    ELSIF NEW.state NOT IN ('revoked', 'lapsed') THEN
        IF NEW.ends_at IS DISTINCT FROM OLD.ends_at THEN
            why := 'a role ends before its day by being taken back, which is signed';
        END IF;
    ELSIF NEW.ends_at < transaction_timestamp() - interval '1 hour' THEN
        why := 'the end of a role is not dated back';
    ELSIF NEW.state = 'lapsed' AND (
        SELECT count(*) FROM accounts_rolegrant
        WHERE person_id = NEW.person_id AND role = NEW.role AND state = 'lapsed'
    ) > (
        SELECT count(*) FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.person_id AND action = 'role.lapsed'
          AND details ->> 'role' = NEW.role
    ) THEN
        why := 'a role lapses once an entry says that nobody confirmed it in time';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_rolegrant_is_not_cut_short AFTER UPDATE ON accounts_rolegrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.starts_at IS DISTINCT FROM OLD.starts_at OR NEW.ends_at IS DISTINCT FROM OLD.ends_at
          OR NEW.state = 'lapsed' AND OLD.state <> 'lapsed')
    EXECUTE FUNCTION refuse_role_cut_short();
"""
UNDO = """
DROP TRIGGER accounts_rolegrant_is_not_cut_short ON accounts_rolegrant;
DROP FUNCTION refuse_role_cut_short;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0016_know_key_custodians"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
