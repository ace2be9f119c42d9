"""Whoever owns a model, or owned it in the last twelve months, neither decides on a breach of it nor closes one.

A breach is closed by a person of whom an entry tells; or with its version, whoever ended that.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION owns_version_or_did_lately(about uuid, who text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM inventory_modelversion version JOIN inventory_model model ON model.id = version.model_id
        WHERE version.id = about AND (model.owner_id::text = who OR EXISTS (
            SELECT FROM trail_entry WHERE subject = 'inventory.Model:' || model.id AND action = 'model.edited'
            AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = who
        ))
    )
$$;

CREATE FUNCTION refuse_breach_decision_of_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF owns_version_or_did_lately((SELECT version_id FROM assessments_breach WHERE id = NEW.breach_id),
                                  NEW.person_id::text) THEN
        RAISE EXCEPTION 'the owner of a model does not decide on its breaches, nor for twelve months after'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_breachstep_is_not_the_owners BEFORE INSERT ON assessments_breachstep
    FOR EACH ROW WHEN (NEW.kind = 'decision') EXECUTE FUNCTION refuse_breach_decision_of_owner();

CREATE FUNCTION refuse_breach_closed_by_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM inventory_modelversion
                   WHERE id = NEW.version_id AND stage IN ('superseded', 'retired'))
       AND NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'assessments.Breach:' || NEW.id AND action = 'breach.closed' AND actor_id <> ''
          AND NOT owns_version_or_did_lately(NEW.version_id, actor_id)
    ) THEN
        RAISE EXCEPTION 'a breach is closed by somebody who did not own its model in the last twelve months'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assessments_breach_is_closed_by_another AFTER UPDATE ON assessments_breach
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL)
    EXECUTE FUNCTION refuse_breach_closed_by_owner();
"""
UNDO = """
DROP TRIGGER assessments_breach_is_closed_by_another ON assessments_breach;
DROP FUNCTION refuse_breach_closed_by_owner;
DROP TRIGGER assessments_breachstep_is_not_the_owners ON assessments_breachstep;
DROP FUNCTION refuse_breach_decision_of_owner;
DROP FUNCTION owns_version_or_did_lately;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0009_keep_decisions_about_breaches_signed"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
        ("trail", "0002_make_append_only"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
