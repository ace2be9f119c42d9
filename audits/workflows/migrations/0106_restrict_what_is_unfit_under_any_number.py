"""What is found not fit restricts what is in production where that is the same artifact, and names it.

At the end of the transaction in which an opinion says so is in force, what is in production has lapsed by it.
"""

from importlib import import_module

from django.db import migrations

ENVELOPES = import_module("audits.workflows.migrations.0089_promote_inside_envelopes")
BEFORE = ENVELOPES.BEGUN.replace(
    "('break_glass', 'break_glass'),", "('break_glass', 'break_glass'), ('envelope', 'retraining_envelope'),"
)
OF_THE_VERSION = """NEW.kind IN ('validation', 'condition')
          AND asked.version_id IS NOT DISTINCT FROM NEW.version_id"""
OF_THE_ARTIFACT = """NEW.kind IN ('validation', 'condition')
          AND (asked.version_id IS NOT DISTINCT FROM NEW.version_id
               OR NEW.kind = 'validation' AND concluded.outcome = 'not_fit'
                  AND asked.version_id = ANY (with_the_same_artifact(NEW.version_id)))"""
FUNCTIONS = """
CREATE FUNCTION refuse_unfit_without_consequence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_validationrequest asked
        JOIN inventory_modelversion used ON used.model_id = asked.model_id AND used.stage = 'production'
        WHERE asked.id = NEW.request_id
          AND (asked.version_id IS NULL OR used.id = ANY (with_the_same_artifact(asked.version_id)))
          AND NOT EXISTS (SELECT FROM workflows_arrangement
                          WHERE validation_id = asked.id AND kind = 'validation' AND state <> 'active')
    ) THEN
        RAISE EXCEPTION 'what is in production and found not fit is restricted with it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_validationopinion_unfit_restricts AFTER UPDATE ON workflows_validationopinion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.outcome = 'not_fit' AND NEW.approved_at IS NOT NULL AND OLD.approved_at IS NULL)
    EXECUTE FUNCTION refuse_unfit_without_consequence();
"""
UNDO = """
DROP TRIGGER workflows_validationopinion_unfit_restricts ON workflows_validationopinion;
DROP FUNCTION refuse_unfit_without_consequence;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0105_begin_no_use_of_what_is_stopped")]

    operations = [
        migrations.RunSQL(BEFORE.replace(OF_THE_VERSION, OF_THE_ARTIFACT), BEFORE),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
