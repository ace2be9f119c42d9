"""At the end of a transaction what a supervisor was told or said stands on the signature of who kept it."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_word_of_supervisor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_signed('inventory.ModelVersion:' || NEW.version_id, 'version.supervision_recorded',
                     NEW.recorded_by_id, NEW.recorded_at)
       OR NOT EXISTS (
        SELECT FROM trail_entry told
        JOIN accounts_signature signed ON signed.id::text = told.details #>> '{signature,id}'
        JOIN inventory_document shown ON shown.id = NEW.document_id
        WHERE told.subject = 'inventory.ModelVersion:' || NEW.version_id
          AND told.action = 'version.supervision_recorded' AND told.actor_id = NEW.recorded_by_id::text
          AND signed.person_id = NEW.recorded_by_id AND signed.subject = told.subject
          AND signed.statement -> 'terms'
              = jsonb_build_object('said', NEW.said, 'on', NEW.on::text, 'sha256', shown.sha256)
    ) THEN
        RAISE EXCEPTION 'what the supervisor said is kept by signature, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_supervisoryrecord_is_signed AFTER INSERT ON workflows_supervisoryrecord
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unsigned_word_of_supervisor();
"""
UNDO = """
DROP TRIGGER workflows_supervisoryrecord_is_signed ON workflows_supervisoryrecord;
DROP FUNCTION refuse_unsigned_word_of_supervisor;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0100_end_approvals_for_uses_by_signature")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
