"""What has lapsed restricts a model where it is about what is in use: the whole model, the version or its artifact.

At the end of a transaction no model is in use without restriction about whose version in production something has
lapsed, whichever came first: the lapse, or the version into production.
"""

from importlib import import_module

from django.db import migrations

LIFTED = import_module("audits.workflows.migrations.0044_lift_restrictions_in_order").FUNCTIONS
function = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now").function

BEFORE = function(LIFTED, "refuse_to_be_in_use")
OF_ANY_VERSION = """
    SELECT reference INTO lapsed FROM workflows_arrangement
        WHERE model_id = NEW.id AND state = 'expired' ORDER BY reference LIMIT 1;
    IF FOUND AND"""
OF_WHAT_IS_IN_USE = """
    lapsed := what_restricts(NEW.id);
    IF lapsed IS NOT NULL AND"""
AFTER = BEFORE.replace(OF_ANY_VERSION, OF_WHAT_IS_IN_USE)
ASKED = """
CREATE FUNCTION what_restricts(held uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT lapsed.reference FROM workflows_arrangement lapsed
    JOIN inventory_modelversion used ON used.model_id = lapsed.model_id AND used.stage = 'production'
    LEFT JOIN inventory_modelversion about ON about.id = lapsed.version_id
    WHERE lapsed.model_id = held AND lapsed.state = 'expired' AND (
        about.id IS NULL OR about.id = used.id
        OR lapsed.kind IN ('condition', 'overlay', 'exception', 'finding')
           AND about.artifact_sha256 = used.artifact_sha256 AND about.artifact_sha256 <> ''
    )
    ORDER BY lapsed.reference LIMIT 1
$$;
"""
FUNCTIONS = """
CREATE FUNCTION refuse_lapse_without_consequence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    model inventory_model;
BEGIN
    SELECT * INTO model FROM inventory_model WHERE id = NEW.model_id AND status = 'in_use';
    IF FOUND AND what_restricts(model.id) IS NOT NULL THEN
        RAISE EXCEPTION 'the model % stays restricted until % is put in order', model.slug, what_restricts(model.id)
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_lapse_restricts AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'expired' AND OLD.state <> 'expired')
    EXECUTE FUNCTION refuse_lapse_without_consequence();
CREATE CONSTRAINT TRIGGER inventory_modelversion_comes_restricted AFTER UPDATE ON inventory_modelversion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.stage = 'production' AND OLD.stage <> 'production')
    EXECUTE FUNCTION refuse_lapse_without_consequence();
"""
UNDO = """
DROP TRIGGER inventory_modelversion_comes_restricted ON inventory_modelversion;
DROP TRIGGER workflows_arrangement_lapse_restricts ON workflows_arrangement;
DROP FUNCTION refuse_lapse_without_consequence;
DROP FUNCTION what_restricts;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0098_shed_no_objection_by_another_number")]

    operations = [migrations.RunSQL(ASKED + AFTER + FUNCTIONS, BEFORE + UNDO)]
