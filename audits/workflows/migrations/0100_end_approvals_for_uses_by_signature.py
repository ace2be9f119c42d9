"""At the end of a transaction an approval for a use has ended on a ground that the database sees.

Somebody signed that exactly this one ends; or its day is over, another goes on in its place, its version is retired, or
its use has ended.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_end_of_approval_without_ground() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.expires_at <= NEW.ended_at
       OR EXISTS (SELECT FROM inventory_modelversion WHERE id = NEW.version_id AND stage = 'retired')
       OR EXISTS (SELECT FROM inventory_use WHERE id = NEW.use_id AND state = 'ended')
       OR EXISTS (SELECT FROM inventory_useapproval renewed
                  WHERE renewed.use_id = NEW.use_id AND renewed.version_id = NEW.version_id AND renewed.id <> NEW.id
                    AND renewed.effective_at >= NEW.ended_at)
       OR EXISTS (
        SELECT FROM trail_entry told
        JOIN accounts_signature signed ON signed.id::text = told.details #>> '{signature,id}'
        WHERE told.subject = 'inventory.Use:' || NEW.use_id AND told.action = 'use.approval_ended'
          AND told.details ->> 'approval' = NEW.id::text AND signed.statement #>> '{terms,approval}' = NEW.id::text
          AND is_signed(told.subject, told.action, nullif(told.actor_id, '')::uuid, NEW.ended_at)
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'an approval for a use ends by signature, or by what it does not outlast, and there is none'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER inventory_useapproval_ends_on_a_ground AFTER UPDATE ON inventory_useapproval
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL)
    EXECUTE FUNCTION refuse_end_of_approval_without_ground();
"""
UNDO = """
DROP TRIGGER inventory_useapproval_ends_on_a_ground ON inventory_useapproval;
DROP FUNCTION refuse_end_of_approval_without_ground;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0099_restrict_what_is_in_use"),
        ("inventory", "0048_count_the_faults_of_earlier_surveys"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
