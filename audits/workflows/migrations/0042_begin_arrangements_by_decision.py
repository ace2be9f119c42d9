"""At the end of a transaction what holds about a model stands on the request, or the opinion, that said so.

An exception, overlay, accepted risk, approval, condition or emergency release needs its own approved request; what a
validation concluded, its signed and approved opinion. A suspension begins with one person, and ends with the request
that lifts it, or with its model.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_arrangement_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.id = NEW.change_id AND asked.model_id = NEW.model_id
          AND asked.version_id IS NOT DISTINCT FROM NEW.version_id AND asked.terms = NEW.terms
          AND was_approved(asked.id)
          AND (NEW.kind, asked.kind) IN (
              ('approval', 'promotion'), ('approval', 'approval'),
              ('condition', 'promotion'), ('condition', 'approval'),
              ('exception', 'exception'), ('overlay', 'overlay'), ('acceptance', 'risk_acceptance'),
              ('break_glass', 'break_glass'), ('legal_hold', 'legal_hold')
          )
          AND NEW.starts_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) OR EXISTS (
        SELECT FROM workflows_validationrequest asked
        JOIN workflows_validationopinion concluded ON concluded.request_id = asked.id
        WHERE asked.id = NEW.validation_id AND asked.model_id = NEW.model_id AND NEW.kind IN ('validation', 'condition')
          AND asked.version_id IS NOT DISTINCT FROM NEW.version_id
          AND concluded.approved_at <= NEW.starts_at
          AND EXISTS (SELECT FROM workflows_validationreview
                      WHERE opinion_id = concluded.id AND step = 'approval' AND agreed
                        AND person_id <> concluded.person_id)
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% holds by an approved request or opinion, and there is none', NEW.reference
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind <> 'suspension')
    EXECUTE FUNCTION refuse_arrangement_without_decision();

CREATE FUNCTION refuse_resumption_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM inventory_model WHERE id = NEW.model_id AND status = 'retired') AND NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.model_id = NEW.model_id AND asked.kind = 'resumption' AND was_approved(asked.id)
          AND NEW.ended_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        RAISE EXCEPTION 'the suspension % is lifted by an approved request, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_suspension_is_lifted AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'suspension' AND NEW.state <> OLD.state)
    EXECUTE FUNCTION refuse_resumption_without_decision();

CREATE FUNCTION refuse_to_run_while_suspended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    suspension text;
BEGIN
    SELECT reference INTO suspension FROM workflows_arrangement
        WHERE model_id = NEW.id AND kind = 'suspension' AND state = 'active';
    IF FOUND AND EXISTS (SELECT FROM inventory_model WHERE id = NEW.id AND status IN ('in_use', 'restricted')) THEN
        RAISE EXCEPTION 'the model % runs again by an approved request that lifts %', NEW.slug, suspension
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_model_resumption_is_decided AFTER UPDATE ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.status = 'suspended' AND NEW.status IN ('in_use', 'restricted'))
    EXECUTE FUNCTION refuse_to_run_while_suspended();
"""
UNDO = """
DROP TRIGGER inventory_model_resumption_is_decided ON inventory_model;
DROP FUNCTION refuse_to_run_while_suspended;
DROP TRIGGER workflows_arrangement_suspension_is_lifted ON workflows_arrangement;
DROP FUNCTION refuse_resumption_without_decision;
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
DROP FUNCTION refuse_arrangement_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0041_await_whom_the_policy_names")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
