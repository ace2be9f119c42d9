"""At the end of a transaction an approval for a use stands on the request that names the use and was approved."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_use_approval_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM workflows_changerequest asked JOIN inventory_use wanted ON wanted.id = NEW.use_id
        WHERE asked.reference = NEW.change_reference AND asked.version_id = NEW.version_id
          AND asked.kind IN ('promotion', 'approval') AND was_approved(asked.id)
          AND asked.terms -> 'uses' ? wanted.number::text
          AND NEW.effective_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        RAISE EXCEPTION 'a version is approved for a use by an approved request that names the use, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_useapproval_is_decided AFTER INSERT ON inventory_useapproval
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_use_approval_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_useapproval_is_decided ON inventory_useapproval;
DROP FUNCTION refuse_use_approval_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0034_confirm_tiers_by_people")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
