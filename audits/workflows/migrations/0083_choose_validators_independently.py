"""Whoever owns, developed, made or trained it neither chooses nor releases who validates it, nor cancels that.

And no opinion that somebody signed is done away with by cancelling: it is returned first, by another signature.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION depends_on(asked workflows_validationrequest, who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM inventory_model WHERE id = asked.model_id AND owner_id = who) OR EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'inventory.Model:' || asked.model_id AND action = 'model.edited'
          AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = who::text
    ) OR EXISTS (SELECT FROM inventory_modelversion WHERE id = asked.version_id AND registered_by_id = who) OR EXISTS (
        SELECT FROM workflows_retraining made JOIN workflows_changerequest wanted ON wanted.id = made.change_id
        WHERE made.candidate_id = asked.version_id AND wanted.requester_id = who
    ) OR made_one_of(ARRAY[asked.version_id], ARRAY[who])
      OR develops_or_did_lately(asked.model_id, asked.version_id, ARRAY[who])
$$;

CREATE FUNCTION refuse_dependent_choice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_validationrequest;
    who uuid;
    told trail_entry;
BEGIN
    IF TG_TABLE_NAME = 'workflows_validationrequest' THEN
        asked := NEW;
        SELECT * INTO told FROM trail_entry
            WHERE subject = 'workflows.ValidationRequest:' || asked.id AND action = 'validation.cancelled'
            ORDER BY position DESC LIMIT 1;
        IF told.actor_id = asked.requested_by_id::text AND NOT EXISTS (
            SELECT FROM workflows_validatorassignment WHERE request_id = asked.id
        ) THEN
            RETURN NULL;
        END IF;
    ELSE
        SELECT * INTO asked FROM workflows_validationrequest WHERE id = NEW.request_id;
        SELECT * INTO told FROM trail_entry
            WHERE subject = 'workflows.ValidationRequest:' || asked.id AND details ->> 'person' = NEW.person_id::text
              AND action = CASE TG_OP WHEN 'INSERT' THEN 'validation.assigned' ELSE 'validation.released' END
            ORDER BY position DESC LIMIT 1;
    END IF;
    who := nullif(told.actor_id, '')::uuid;
    IF told.position IS NULL OR depends_on(asked, who) THEN
        RAISE EXCEPTION 'who validates % is chosen and released, and it is cancelled, by somebody independent of it',
            asked.reference USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_validatorassignment_is_chosen AFTER INSERT ON workflows_validatorassignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_dependent_choice();
CREATE CONSTRAINT TRIGGER workflows_validatorassignment_is_released AFTER UPDATE ON workflows_validatorassignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
    EXECUTE FUNCTION refuse_dependent_choice();
CREATE CONSTRAINT TRIGGER workflows_validationrequest_is_cancelled AFTER UPDATE ON workflows_validationrequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'cancelled' AND OLD.state <> 'cancelled')
    EXECUTE FUNCTION refuse_dependent_choice();
CREATE TRIGGER workflows_validationrequest_is_returned_first BEFORE UPDATE ON workflows_validationrequest FOR EACH ROW
    WHEN (NEW.state = 'cancelled' AND OLD.state IN ('review', 'pending_approval', 'approved'))
    EXECUTE FUNCTION refuse_step('state');
"""
UNDO = """
DROP TRIGGER workflows_validationrequest_is_returned_first ON workflows_validationrequest;
DROP TRIGGER workflows_validationrequest_is_cancelled ON workflows_validationrequest;
DROP TRIGGER workflows_validatorassignment_is_released ON workflows_validatorassignment;
DROP TRIGGER workflows_validatorassignment_is_chosen ON workflows_validatorassignment;
DROP FUNCTION refuse_dependent_choice;
DROP FUNCTION depends_on;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0082_issue_drafts_as_they_were_meant")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
