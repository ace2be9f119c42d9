"""What was said and signed in a validation stays; who validates a version does not vote on it.

The services say so in words, before; this binds whoever writes past them, as the application's own role, too.
"""

from django.db import migrations

CONFLICTS = """
CREATE FUNCTION refuse_vote_of_validator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    deciders uuid[] := array_remove(ARRAY[NEW.person_id, NEW.on_behalf_of_id], NULL);
BEGIN
    SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
    IF EXISTS (
        SELECT 1 FROM workflows_validatorassignment a
        JOIN workflows_validationrequest r ON r.id = a.request_id
        JOIN inventory_modelversion v ON v.id = asked.version_id
        WHERE a.person_id = ANY (deciders) AND (a.ended_at IS NULL OR a.attested_at IS NOT NULL)
          AND (r.version_id = v.id
               OR (r.version_id IS NULL AND r.model_id = v.model_id AND a.assigned_at >= v.registered_at))
    ) THEN
        RAISE EXCEPTION 'a validator of a version does not vote on it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_by_no_validator BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_vote_of_validator();

CREATE FUNCTION refuse_dependent_validator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_validationrequest;
    who uuid := NEW.person_id;
    why text := '';
BEGIN
    IF TG_TABLE_NAME = 'workflows_validationreview' THEN
        SELECT r.* INTO asked FROM workflows_validationrequest r
        JOIN workflows_validationopinion o ON o.request_id = r.id
        WHERE o.id = (to_jsonb(NEW) ->> 'opinion_id')::uuid;
    ELSE
        SELECT * INTO asked FROM workflows_validationrequest WHERE id = (to_jsonb(NEW) ->> 'request_id')::uuid;
    END IF;
    IF EXISTS (SELECT 1 FROM accounts_person WHERE id = who AND (kind = 'service' OR NOT is_active)) THEN
        why := 'a service account, or a closed one, never validates';
    ELSIF EXISTS (SELECT 1 FROM inventory_model WHERE id = asked.model_id AND owner_id = who) THEN
        why := 'an owner does not validate their own model';
    ELSIF EXISTS (
        SELECT 1 FROM trail_entry
        WHERE subject = 'inventory.Model:' || asked.model_id AND action = 'model.edited'
          AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = who::text
    ) THEN
        why := 'who owned a model in the last twelve months does not validate it';
    ELSIF EXISTS (SELECT 1 FROM inventory_modelversion WHERE id = asked.version_id AND registered_by_id = who) THEN
        why := 'whoever registered a version does not validate it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_retraining t JOIN workflows_changerequest o ON o.id = t.change_id
        WHERE t.candidate_id = asked.version_id AND o.requester_id = who
    ) THEN
        why := 'whoever asked for the training of a version does not validate it';
    ELSIF TG_TABLE_NAME = 'workflows_validationreview' AND EXISTS (
        SELECT 1 FROM workflows_validationopinion o
        WHERE o.id = (to_jsonb(NEW) ->> 'opinion_id')::uuid AND o.person_id = who
    ) THEN
        why := 'nobody signs twice on one opinion';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
INDEPENDENT = ("workflows_validatorassignment", "workflows_validationopinion", "workflows_validationreview")

KEEP = """
CREATE FUNCTION keep_signed_of_validation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['voided_at', 'voided_because', 'approved_at', 'superseded_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending AND OLD.voided_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was signed in a validation is never changed or deleted, only voided'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION keep_attested_independence() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    attesting text[] := ARRAY['attested_at', 'signature_id'];
    ending text[] := ARRAY['ended_at', 'ended_because'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL
       AND to_jsonb(NEW) - attesting - ending = to_jsonb(OLD) - attesting - ending
       AND (OLD.attested_at IS NULL OR to_jsonb(NEW) - ending = to_jsonb(OLD) - ending) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'who validates is attested and ended once, and never changed or deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION keep_plan_of_approved_validation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NOT EXISTS (
        SELECT 1 FROM workflows_validationrequest WHERE id = OLD.request_id AND state IN ('approved', 'cancelled')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the plan of a validation that is over never changes' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_validationopinion_rows_stay BEFORE UPDATE OR DELETE ON workflows_validationopinion
    FOR EACH ROW EXECUTE FUNCTION keep_signed_of_validation();
CREATE TRIGGER workflows_validationreview_rows_stay BEFORE UPDATE OR DELETE ON workflows_validationreview
    FOR EACH ROW EXECUTE FUNCTION keep_signed_of_validation();
CREATE TRIGGER workflows_validatorassignment_rows_stay BEFORE UPDATE OR DELETE ON workflows_validatorassignment
    FOR EACH ROW EXECUTE FUNCTION keep_attested_independence();
CREATE TRIGGER workflows_validationitem_rows_stay BEFORE UPDATE OR DELETE ON workflows_validationitem
    FOR EACH ROW EXECUTE FUNCTION keep_plan_of_approved_validation();
CREATE TRIGGER workflows_challenge_rows_stay BEFORE UPDATE OR DELETE ON workflows_challenge
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_challengeentry_rows_stay BEFORE UPDATE OR DELETE ON workflows_challengeentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_validationevidence_rows_stay BEFORE DELETE ON workflows_validationevidence
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_validationrequest_rows_stay BEFORE DELETE ON workflows_validationrequest
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""
TABLES = (
    "workflows_validationrequest",
    "workflows_validationitem",
    "workflows_validationevidence",
    "workflows_validatorassignment",
    "workflows_validationopinion",
    "workflows_validationreview",
    "workflows_challenge",
    "workflows_challengeentry",
)
CHECK = """
CREATE TRIGGER {table}_independent BEFORE INSERT ON {table}
    FOR EACH ROW EXECUTE FUNCTION refuse_dependent_validator();
"""
STAY = "CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();"
APPLY = (
    CONFLICTS
    + "".join(CHECK.format(table=table) for table in INDEPENDENT)
    + KEEP
    + "\n".join(STAY.format(table=table) for table in TABLES)
)
UNDO = (
    "DROP TRIGGER workflows_decision_by_no_validator ON workflows_decision;"
    + "".join(f"DROP TRIGGER {table}_independent ON {table};" for table in INDEPENDENT)
    + "".join(f"DROP TRIGGER {table}_stays ON {table};" for table in TABLES)
    + "".join(f"DROP TRIGGER {table}_rows_stay ON {table};" for table in TABLES)
    + """
DROP FUNCTION refuse_vote_of_validator;
DROP FUNCTION refuse_dependent_validator;
DROP FUNCTION keep_signed_of_validation;
DROP FUNCTION keep_attested_independence;
DROP FUNCTION keep_plan_of_approved_validation;
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0012_validations"),
        ("accounts", "0003_keep_signatures"),
        ("trail", "0006_keep_what_is_finished"),
    ]

    operations = [migrations.RunSQL(APPLY, UNDO)]
