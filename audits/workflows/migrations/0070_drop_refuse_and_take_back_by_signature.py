"""At the end of a transaction what was dropped, refused, taken back or ended early stands on a signature.

A finding; a proposed role, and one in force; an account; a cadence stricter than the policy's.
"""

from importlib import import_module

from django.db import migrations

function = import_module("audits.workflows.migrations.0059_decide_about_single_uses").function
CADENCES = import_module("audits.workflows.migrations.0048_end_arrangements_on_grounds").FUNCTIONS
CADENCE = function(CADENCES, "refuse_to_look_less_often")
HELD = "AND held_one_of(nullif(told.actor_id, '')::uuid"
SIGNED = f"AND is_signed(told.subject, told.action, nullif(told.actor_id, '')::uuid, NEW.ended_at)\n          {HELD}"

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_drop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_signed('workflows.Finding:' || NEW.id, 'finding.dropped', NEW.closed_by_id, NEW.closed_at) THEN
        RAISE EXCEPTION 'the finding % is dropped by signature, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_drop_is_signed AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'dropped' AND OLD.state <> 'dropped')
    EXECUTE FUNCTION refuse_unsigned_drop();

CREATE FUNCTION refuse_unsigned_end_of_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last trail_entry;
BEGIN
    SELECT * INTO last FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.person_id AND action = 'role.' || NEW.state
          AND details ->> 'role' = NEW.role
        ORDER BY position DESC LIMIT 1;
    IF NOT (
        coalesce(is_signed(last.subject, last.action, nullif(last.actor_id, '')::uuid, last.at), false)
        OR NEW.state = 'revoked' AND EXISTS (SELECT FROM accounts_person WHERE id = NEW.person_id AND NOT is_active)
    ) OR (
        SELECT count(*) FROM accounts_rolegrant
        WHERE person_id = NEW.person_id AND role = NEW.role AND state = NEW.state
    ) > (
        SELECT count(*) FROM trail_entry
        WHERE subject = last.subject AND action = last.action AND details ->> 'role' = NEW.role
    ) THEN
        RAISE EXCEPTION 'a role is % by signature, and there is none', NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_rolegrant_end_is_signed AFTER UPDATE ON accounts_rolegrant
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('refused', 'revoked'))
    EXECUTE FUNCTION refuse_unsigned_end_of_role();

CREATE FUNCTION refuse_unsigned_closure_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last trail_entry;
BEGIN
    SELECT * INTO last FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.id AND action IN ('person.closed', 'person.reopened')
        ORDER BY position DESC LIMIT 1;
    IF last.action IS DISTINCT FROM 'person.closed'
       OR NOT is_signed(last.subject, last.action, nullif(last.actor_id, '')::uuid, last.at) THEN
        RAISE EXCEPTION 'an account is closed by signature, and there is none' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_person_closure_is_signed AFTER UPDATE ON accounts_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_active AND NOT NEW.is_active)
    EXECUTE FUNCTION refuse_unsigned_closure_of_account();
"""
UNDO = """
DROP TRIGGER accounts_person_closure_is_signed ON accounts_person;
DROP FUNCTION refuse_unsigned_closure_of_account;
DROP TRIGGER accounts_rolegrant_end_is_signed ON accounts_rolegrant;
DROP FUNCTION refuse_unsigned_end_of_role;
DROP TRIGGER workflows_finding_drop_is_signed ON workflows_finding;
DROP FUNCTION refuse_unsigned_drop;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0069_give_retirements_up_by_signature"),
        ("accounts", "0015_keep_tokens_and_count_roles"),
    ]

    operations = [
        migrations.RunSQL(CADENCE.replace(HELD, SIGNED), CADENCE),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
