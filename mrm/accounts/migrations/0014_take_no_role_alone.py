"""At the end of a transaction a role in force was approved by a second person, or nobody could have approved it.

The system gives a role by itself while an installation has fewer than two people who approve roles; after that one of
them does, and an entry says that they did. This binds a shell that calls the services as the system, and SQL.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION approves_roles(holder uuid, place uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_rolegrant held JOIN accounts_person person ON person.id = held.person_id
        WHERE held.person_id = holder AND person.kind <> 'service' AND held.role IN ('administrator', 'risk_officer')
          AND held.state IN ('granted', 'revoked', 'lapsed')
          AND held.starts_at <= moment AND (held.ends_at IS NULL OR held.ends_at > moment)
          AND (held.workspace_id IS NULL OR held.workspace_id = place)
    )
$$;

CREATE FUNCTION refuse_role_taken_alone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT held.person_id)
        FROM accounts_rolegrant held JOIN accounts_person person ON person.id = held.person_id
        WHERE held.id <> NEW.id AND held.role IN ('administrator', 'risk_officer') AND held.state = 'granted'
          AND held.starts_at <= NEW.starts_at AND (held.ends_at IS NULL OR held.ends_at > NEW.starts_at)
          AND person.kind <> 'service' AND person.is_active) >= 2 THEN
        RAISE EXCEPTION 'a role is given by two people where there are two who can, and this one was taken alone'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_rolegrant_is_not_taken_alone AFTER INSERT ON accounts_rolegrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.alone_because <> '')
    EXECUTE FUNCTION refuse_role_taken_alone();

CREATE FUNCTION refuse_role_nobody_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT approves_roles(NEW.decided_by_id, NEW.workspace_id, NEW.decided_at) OR NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.person_id AND action = 'role.granted'
          AND actor_id = NEW.decided_by_id::text AND details ->> 'role' = NEW.role
    ) THEN
        RAISE EXCEPTION 'a role is in force once a second person who may has approved it, and none did'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_rolegrant_was_approved AFTER UPDATE ON accounts_rolegrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'granted' AND OLD.state <> 'granted')
    EXECUTE FUNCTION refuse_role_nobody_approved();
CREATE CONSTRAINT TRIGGER accounts_rolegrant_begins_proposed AFTER INSERT ON accounts_rolegrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state <> 'proposed' AND NEW.alone_because = '')
    EXECUTE FUNCTION refuse_role_nobody_approved();
"""
UNDO = """
DROP TRIGGER accounts_rolegrant_begins_proposed ON accounts_rolegrant;
DROP TRIGGER accounts_rolegrant_was_approved ON accounts_rolegrant;
DROP FUNCTION refuse_role_nobody_approved;
DROP TRIGGER accounts_rolegrant_is_not_taken_alone ON accounts_rolegrant;
DROP FUNCTION refuse_role_taken_alone;
DROP FUNCTION approves_roles;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_limit_tokens_to_a_version"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
