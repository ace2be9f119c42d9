"""A delegation is given by the signature of who delegates, over whom they let decide until when; and one by each."""

from importlib import import_module

from django.db import migrations

GIVEN = import_module("audits.workflows.migrations.0049_delegate_by_the_delegator").FUNCTIONS
BEFORE = GIVEN[: GIVEN.index("CREATE CONSTRAINT TRIGGER")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
AFTER = """
CREATE OR REPLACE FUNCTION refuse_delegation_nobody_gave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry told
        JOIN accounts_signature signed ON signed.id::text = told.details #>> '{signature,id}'
        WHERE told.subject = 'workflows.Delegation:' || NEW.id AND told.action = 'delegation.given'
          AND told.actor_id = NEW.delegator_id::text AND told.details ->> 'to' = NEW.delegate_id::text
          AND signed.person_id = NEW.delegator_id AND signed.subject = 'accounts.Person:' || NEW.delegator_id
          AND signed.statement_digest = told.details #>> '{signature,statement_digest}'
          AND signed.statement ->> 'outcome' = 'delegated'
          AND signed.statement #>> '{terms,to}' = NEW.delegate_id::text
          AND (signed.statement #>> '{terms,ends}')::timestamptz = NEW.ends_at
          AND NOT EXISTS (
            SELECT FROM trail_entry other WHERE other.action = 'delegation.given' AND other.subject <> told.subject
            AND other.details #>> '{signature,id}' = signed.id::text)
    ) THEN
        RAISE EXCEPTION 'a delegation is given by the signature of who delegates, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0116_ask_about_the_model_as_a_whole"),
        ("accounts", "0019_keep_passwords_as_recorded"),
    ]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
