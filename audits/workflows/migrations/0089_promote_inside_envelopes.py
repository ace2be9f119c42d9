"""The database takes an envelope in place of decisions, where it is in force and every bound was measured and is kept.

The request is the system's own: a retraining of the model, or the promotion of what the built-in pipeline made for one.
Each bound stands in its evidence as the envelope has it, on the side on which it was approved, with the result of a run
of this version that has that value.
No envelope is in force where the policy allows none, in another tier, or after a suspension or a material change; those
end it, and nobody but the second line does otherwise.
"""

from importlib import import_module

from django.db import migrations

BEGINS = import_module("audits.workflows.migrations.0042_begin_arrangements_by_decision").FUNCTIONS
COURSE = import_module("audits.workflows.migrations.0016_keep_the_course_of_requests").FUNCTION
APPROVED = import_module("audits.workflows.migrations.0032_publish_only_decided_policies").FUNCTIONS
function = import_module("audits.workflows.migrations.0052_hold_to_what_is_asked_now").function

BEGUN = function(BEGINS, "refuse_arrangement_without_decision")
WAS_APPROVED = APPROVED[: APPROVED.index("CREATE FUNCTION refuse_policy")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
ON_AN_ENVELOPE = """
    ) OR EXISTS (
        SELECT FROM workflows_changerequest asked
        JOIN workflows_arrangement held ON held.id = asked.envelope_id AND held.kind = 'envelope'
        WHERE asked.id = request AND asked.state IN ('approved', 'completed')
          AND asked.requester_id IS NULL AND held.model_id = asked.model_id
          AND EXISTS (SELECT FROM trail_entry
                      WHERE subject = 'workflows.ChangeRequest:' || asked.id AND action = 'change.approved'
                        AND details #>> '{envelope,reference}' = held.reference)
    )
$$;
"""
WITHIN = """
    IF NEW.state = 'approved' AND NEW.envelope_id IS NOT NULL THEN
        IF why_not_within(NEW) <> '' THEN
            RAISE EXCEPTION '%', why_not_within(NEW) USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF NEW.state = 'approved' THEN"""
FUNCTIONS = """
CREATE FUNCTION envelope_is_over(held workflows_arrangement) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT held.ends_at <= coalesce(held.ended_at, clock_timestamp()) OR model.status = 'suspended'
        OR NOT coalesce(in_force.document #> '{retraining,envelope,tiers}'
                        ? CASE model.tier WHEN 0 THEN '3' ELSE model.tier::text END, false)
        OR model.tier::text IS DISTINCT FROM (
            SELECT evidence #>> '{model,tier}' FROM workflows_changerequest WHERE id = held.change_id)
        OR EXISTS (
            SELECT FROM workflows_arrangement stopped
            WHERE stopped.model_id = model.id AND stopped.kind = 'suspension' AND stopped.use_id IS NULL
              AND stopped.starts_at > held.starts_at)
        OR EXISTS (
            SELECT FROM workflows_changerequest later
            JOIN workflows_classification weighed ON weighed.change_id = later.id
            WHERE later.model_id = model.id AND later.kind IN ('promotion', 'break_glass')
              AND later.state = 'completed' AND later.decided_at > held.starts_at
              AND weighed.change_class = 'material')
    FROM inventory_model model, inventory_policy in_force
    WHERE model.id = held.model_id ORDER BY in_force.number DESC LIMIT 1
$$;

CREATE FUNCTION why_not_within(asked workflows_changerequest) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    held workflows_arrangement;
BEGIN
    SELECT * INTO held FROM workflows_arrangement WHERE id = asked.envelope_id;
    IF held.kind <> 'envelope' OR held.model_id IS DISTINCT FROM asked.model_id OR asked.requester_id IS NOT NULL
       OR asked.kind NOT IN ('retraining', 'promotion') THEN
        RETURN 'an envelope approves what the system asks for about its model: a retraining, and what comes of it';
    ELSIF held.state <> 'active' OR envelope_is_over(held) THEN
        RETURN format('the envelope %s is over', held.reference);
    ELSIF asked.kind = 'retraining' THEN
        RETURN '';
    ELSIF NOT EXISTS (
        SELECT FROM workflows_retraining made
        JOIN workflows_changerequest wanted ON wanted.id = made.change_id AND wanted.model_id = asked.model_id
        JOIN inventory_modelversion version ON version.id = made.candidate_id AND version.registered_by_id IS NULL
        WHERE made.candidate_id = asked.version_id AND made.pipeline = 'built-in'
    ) THEN
        RETURN 'an envelope promotes what the built-in pipeline retrained';
    ELSIF NOT EXISTS (
        SELECT FROM workflows_classification WHERE change_id = asked.id AND change_class = 'non_material'
    ) THEN
        RETURN 'an envelope promotes no material change';
    ELSIF EXISTS (
        SELECT FROM jsonb_each(held.terms -> 'bounds' || jsonb_build_object(
            'window_days', held.terms -> 'window_days', 'rows', held.terms -> 'rows')) AS approved(name, bound)
        WHERE NOT EXISTS (
            SELECT FROM jsonb_array_elements(asked.evidence #> '{envelope,bounds}') AS told
            WHERE told ->> 'name' = approved.name AND (told ->> 'is_kept')::boolean AND told ->> 'why' = ''
              AND told -> 'bound' = approved.bound
              AND (told ->> 'is_lower')::boolean = (approved.name = 'rows' OR (
                  SELECT evidence -> 'at_least' FROM workflows_changerequest WHERE id = held.change_id) ? approved.name)
              AND CASE WHEN (told ->> 'is_lower')::boolean
                  THEN (told ->> 'measured')::numeric >= approved.bound::numeric
                  ELSE (told ->> 'measured')::numeric <= approved.bound::numeric END
              AND (approved.name IN ('window_days', 'rows') OR EXISTS (
                  SELECT FROM assessments_result found JOIN assessments_run run ON run.id = found.run_id
                  WHERE run.id::text = told ->> 'run' AND run.version_id = asked.version_id
                    AND found.measure = approved.name AND found.value = (told ->> 'measured')::float8))
        )
    ) THEN
        RETURN format('a bound of the envelope %s is not kept, or nothing that counts measured it', held.reference);
    END IF;
    RETURN '';
END $$;

CREATE FUNCTION refuse_end_of_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT envelope_is_over(NEW) AND NOT EXISTS (
        SELECT FROM inventory_model WHERE id = NEW.model_id AND status = 'retired'
    ) THEN
        RAISE EXCEPTION 'the envelope % is ended by the second line, or by what it does not outlast', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_envelope_is_over AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind = 'envelope' AND NEW.ended_by_id IS NULL AND NEW.state = 'closed' AND OLD.state <> 'closed')
    EXECUTE FUNCTION refuse_end_of_envelope();
"""
TRIGGERS = """
DROP TRIGGER workflows_arrangement_ends_on_a_ground ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_ends_on_a_ground AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'closed' AND OLD.state <> 'closed'
          AND NEW.kind NOT IN ('suspension', 'restriction', 'legal_hold'){but})
    EXECUTE FUNCTION refuse_end_without_ground();
DROP TRIGGER workflows_changerequest_has_quorum ON workflows_changerequest;
CREATE TRIGGER workflows_changerequest_has_quorum BEFORE UPDATE ON workflows_changerequest
    FOR EACH ROW WHEN (NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.roles_required ? 'committee'{within})
    EXECUTE FUNCTION refuse_vote_without_quorum();
"""
BEFORE = """
DROP TRIGGER workflows_arrangement_envelope_is_over ON workflows_arrangement;
DROP FUNCTION refuse_end_of_envelope;
DROP FUNCTION why_not_within;
DROP FUNCTION envelope_is_over;
"""
BEFORE += BEGUN + WAS_APPROVED + COURSE + TRIGGERS.format(but="", within="")
AFTER = (
    FUNCTIONS
    + BEGUN.replace(
        "('break_glass', 'break_glass'),", "('break_glass', 'break_glass'), ('envelope', 'retraining_envelope'),"
    )
    + WAS_APPROVED.replace("\n    )\n$$;\n", ON_AN_ENVELOPE)
    + COURSE.replace("\n    IF NEW.state = 'approved' THEN", WITHIN)
    + TRIGGERS.format(
        but="\n          AND NOT (NEW.kind = 'envelope' AND NEW.ended_by_id IS NULL)",
        within="\n                       AND NEW.envelope_id IS NULL",
    )
)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0088_approve_retraining_beforehand")]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
