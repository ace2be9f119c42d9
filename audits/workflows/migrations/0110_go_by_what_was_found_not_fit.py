"""What was found not fit goes neither into production nor on in it, and is put in order by what finds it fit enough.

`found_unfit_by` are the opinions that say so of a version: on itself, on the same artifact under another number or
name unless it was found fit since (in full, where those looked at all of it), or on a model of these as a whole.
"""

from importlib import import_module

from django.db import migrations

ENDS = import_module("audits.workflows.migrations.0096_settle_what_the_new_covers")
BEFORE = ENDS.changed(
    ENDS.ENDS,
    "asked.terms ->> 'clause' = NEW.clause",
    "asked.terms -> 'limitation' = NEW.terms -> 'limitation'",
    by=ENDS.BY_ASKED,
)
OF_ITSELF = "asked.version_id IS NOT DISTINCT FROM NEW.version_id AND asked.id <> NEW.validation_id"
OF_ITS_ARTIFACT = """asked.id <> NEW.validation_id
              AND (asked.version_id IS NOT DISTINCT FROM NEW.version_id
                   OR asked.version_id = ANY (with_the_same_artifact(NEW.version_id)) AND EXISTS (
                       SELECT FROM workflows_validationrequest
                       WHERE id = NEW.validation_id AND version_id <> NEW.version_id))
              AND (OLD.state = 'active' OR NOT is_unfit_still(NEW))"""
FUNCTIONS = """
CREATE FUNCTION found_unfit_by(version uuid) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH same AS (
        SELECT id, model_id FROM inventory_modelversion WHERE id = ANY (with_the_same_artifact(version))
    ), asked AS (
        SELECT request.id, request.kind, request.version_id = version OR request.version_id IS NULL AND EXISTS (
            SELECT FROM inventory_modelversion WHERE id = version AND model_id = request.model_id) AS is_own
        FROM workflows_validationrequest request
        WHERE request.version_id IN (SELECT id FROM same)
           OR request.version_id IS NULL AND request.model_id IN (SELECT model_id FROM same)
    )
    SELECT unfit.id FROM asked JOIN workflows_validationopinion unfit ON unfit.request_id = asked.id
    WHERE unfit.outcome = 'not_fit' AND unfit.approved_at IS NOT NULL AND unfit.voided_at IS NULL
      AND unfit.superseded_at IS NULL AND (asked.is_own OR NOT EXISTS (
        SELECT FROM workflows_validationrequest since
        JOIN workflows_validationopinion fit ON fit.request_id = since.id
        WHERE since.version_id = version AND since.kind IN ('initial', 'periodic_full', 'vendor', 'change_triggered')
          AND (since.kind <> 'change_triggered' OR asked.kind NOT IN ('initial', 'periodic_full', 'vendor'))
          AND fit.outcome <> 'not_fit' AND fit.voided_at IS NULL AND fit.approved_at >= unfit.approved_at))
$$;

CREATE FUNCTION is_unfit_still(held workflows_arrangement) RETURNS boolean LANGUAGE sql STABLE AS $$
    -- What is said of its model as a whole is held for itself.
    SELECT EXISTS (
        SELECT FROM workflows_validationrequest asked
        JOIN workflows_validationopinion unfit ON unfit.request_id = asked.id
        WHERE CASE WHEN held.version_id IS NULL THEN
            asked.model_id = held.model_id AND asked.version_id IS NULL AND unfit.outcome = 'not_fit'
            AND unfit.approved_at IS NOT NULL AND unfit.voided_at IS NULL AND unfit.superseded_at IS NULL
        ELSE
            unfit.id IN (SELECT found_unfit_by(held.version_id))
            AND (asked.version_id IS NOT NULL OR asked.model_id <> held.model_id)
        END)
$$;

CREATE FUNCTION refuse_what_was_found_not_fit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF EXISTS (SELECT FROM found_unfit_by(concerned)) THEN
        RAISE EXCEPTION 'what was found not fit for use does not go into production, nor on in it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_modelversion_is_not_unfit AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'production' AND OLD.stage <> 'production')
    EXECUTE FUNCTION refuse_what_was_found_not_fit('id');
CREATE CONSTRAINT TRIGGER workflows_changerequest_approves_nothing_unfit AFTER UPDATE ON workflows_changerequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind = 'approval' AND NEW.state = 'approved' AND OLD.state <> 'approved')
    EXECUTE FUNCTION refuse_what_was_found_not_fit('version_id');
"""
UNDO = """
DROP TRIGGER workflows_changerequest_approves_nothing_unfit ON workflows_changerequest;
DROP TRIGGER inventory_modelversion_is_not_unfit ON inventory_modelversion;
DROP FUNCTION refuse_what_was_found_not_fit;
DROP FUNCTION is_unfit_still;
DROP FUNCTION found_unfit_by;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0109_keep_retrainings_with_their_candidates")]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        migrations.RunSQL(BEFORE.replace(OF_ITSELF, OF_ITS_ARTIFACT), BEFORE),
    ]
