"""The database itself refuses a decision by somebody whom the object's history keeps from it.

The services say why in words, before; this binds whoever writes past them, as the application's own role, too.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_conflicted_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    deciders uuid[] := array_remove(ARRAY[NEW.person_id, NEW.on_behalf_of_id], NULL);
    why text := '';
BEGIN
    SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
    IF asked.state <> 'pending' THEN
        why := 'only a pending request is decided';
    ELSIF EXISTS (SELECT 1 FROM accounts_person WHERE id = ANY (deciders) AND (kind = 'service' OR NOT is_active)) THEN
        why := 'a service account, or a closed one, never decides';
    ELSIF asked.requester_id = ANY (deciders) THEN
        why := 'whoever asks for a change does not decide it';
    ELSIF EXISTS (SELECT 1 FROM inventory_model WHERE id = asked.model_id AND owner_id = ANY (deciders)) THEN
        why := 'an owner does not decide about their own model';
    ELSIF EXISTS (
        SELECT 1 FROM trail_entry, unnest(deciders) AS decider
        WHERE subject = 'inventory.Model:' || asked.model_id AND action = 'model.edited'
          AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = decider::text
    ) THEN
        why := 'who owned a model in the last twelve months does not decide about it';
    ELSIF EXISTS (
        SELECT 1 FROM inventory_modelversion WHERE id = asked.version_id AND registered_by_id = ANY (deciders)
    ) THEN
        why := 'whoever registered a version does not decide about it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_retraining t JOIN workflows_changerequest o ON o.id = t.change_id
        WHERE t.candidate_id = asked.version_id AND o.requester_id = ANY (deciders)
    ) THEN
        why := 'whoever asked for the training of a version does not decide about it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_decision WHERE change_id = NEW.change_id AND (voided_at IS NULL OR meaning = 'recused')
          AND (person_id = ANY (deciders) OR on_behalf_of_id = ANY (deciders))
    ) THEN
        why := 'nobody decides twice on one request: one_decision_per_person';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_without_conflict BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_conflicted_decision();

CREATE FUNCTION keep_arrangement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['state', 'ended_at', 'ended_by_id', 'ended_because'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state IN ('active', 'expired') AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an arrangement is never changed or deleted, only ended' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_arrangement_rows_stay BEFORE UPDATE OR DELETE ON workflows_arrangement
    FOR EACH ROW EXECUTE FUNCTION keep_arrangement();
CREATE TRIGGER workflows_arrangement_stays BEFORE TRUNCATE ON workflows_arrangement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER workflows_arrangement_stays ON workflows_arrangement;
DROP TRIGGER workflows_arrangement_rows_stay ON workflows_arrangement;
DROP FUNCTION keep_arrangement;
DROP TRIGGER workflows_decision_without_conflict ON workflows_decision;
DROP FUNCTION refuse_conflicted_decision;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0006_arrangements_and_every_kind_of_change"),
        ("accounts", "0001_initial"),
        ("inventory", "0001_initial"),
        ("trail", "0002_make_append_only"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
