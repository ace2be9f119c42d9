"""At the end of a transaction nothing is in use that nobody put into production, or that something lapsed holds back.

A model comes into use with a version in production. It leaves its restriction once everything is put in order that had
lapsed about it; and a use leaves its own where its model is in use and the version in production is approved for it.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_to_be_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lapsed text;
BEGIN
    IF NOT EXISTS (SELECT FROM inventory_model
                   WHERE id = NEW.id AND status IN ('in_use', 'restricted', 'suspended')) THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM inventory_modelversion WHERE model_id = NEW.id AND stage = 'production') THEN
        RAISE EXCEPTION 'the model % is in use once a version of it is in production, and none is', NEW.slug
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT reference INTO lapsed FROM workflows_arrangement
        WHERE model_id = NEW.id AND state = 'expired' ORDER BY reference LIMIT 1;
    IF FOUND AND EXISTS (SELECT FROM inventory_model WHERE id = NEW.id AND status = 'in_use') THEN
        RAISE EXCEPTION 'the model % stays restricted until % is put in order', NEW.slug, lapsed
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_model_may_be_in_use AFTER UPDATE ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.status <> OLD.status AND (NEW.status = 'in_use' OR OLD.status = 'in_development'))
    EXECUTE FUNCTION refuse_to_be_in_use();
CREATE CONSTRAINT TRIGGER inventory_model_begins_in_development AFTER INSERT ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status <> 'in_development')
    EXECUTE FUNCTION refuse_to_be_in_use();

CREATE FUNCTION refuse_to_lift_a_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM inventory_use WHERE id = NEW.id AND state = 'live') AND NOT EXISTS (
        SELECT FROM inventory_model model
        JOIN inventory_modelversion version ON version.model_id = model.id AND version.stage = 'production'
        JOIN inventory_useapproval approval ON approval.version_id = version.id AND approval.use_id = NEW.id
        WHERE model.id = NEW.model_id AND model.status = 'in_use' AND approval.ended_at IS NULL
          AND (approval.expires_at IS NULL OR approval.expires_at > transaction_timestamp())
    ) THEN
        RAISE EXCEPTION '“%” goes on where its model is in use and the version in production is approved for it',
            NEW.title USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_use_may_go_on AFTER UPDATE ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'live' AND OLD.state IN ('restricted', 'suspended'))
    EXECUTE FUNCTION refuse_to_lift_a_use();
"""
UNDO = """
DROP TRIGGER inventory_use_may_go_on ON inventory_use;
DROP FUNCTION refuse_to_lift_a_use;
DROP TRIGGER inventory_model_begins_in_development ON inventory_model;
DROP TRIGGER inventory_model_may_be_in_use ON inventory_model;
DROP FUNCTION refuse_to_be_in_use;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0043_refuse_votes_of_one_line"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
