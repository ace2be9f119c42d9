"""The developer whom the register names, or named in the last twelve months, neither decides nor validates nor closes.

Of the model itself, or of another one with the same artifact. Beside the triggers that say so of owners and makers, and
for the same reason: it binds whoever writes past the services too.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION develops_or_did_lately(model uuid, version uuid, who uuid[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH same AS (
        SELECT model AS id UNION
        SELECT twin.model_id FROM inventory_modelversion mine
        JOIN inventory_modelversion twin ON twin.artifact_sha256 = mine.artifact_sha256
        WHERE mine.id = version AND mine.artifact_sha256 <> ''
    )
    SELECT EXISTS (
        SELECT FROM inventory_model named WHERE named.id IN (SELECT id FROM same) AND named.developer_id = ANY (who)
    ) OR EXISTS (
        SELECT FROM trail_entry WHERE subject IN (SELECT 'inventory.Model:' || id FROM same)
        AND action = 'model.edited' AND at > now() - interval '365 days'
        AND details #>> '{changes,developer,before}' = ANY (who::text[])
    )
$$;

CREATE FUNCTION refuse_developer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    written jsonb := to_jsonb(NEW);
    model uuid := written ->> 'model_id';
    version uuid := written ->> 'version_id';
    who uuid[] := array_remove(ARRAY[
        written ->> 'person_id', written ->> 'on_behalf_of_id', written ->> 'ended_by_id', written ->> 'closed_by_id',
        written ->> 'validated_by_id'
    ], NULL)::uuid[];
BEGIN
    IF TG_TABLE_NAME = 'workflows_decision' THEN
        SELECT model_id, version_id INTO model, version FROM workflows_changerequest
            WHERE id = (written ->> 'change_id')::uuid;
    ELSIF TG_TABLE_NAME = 'assessments_breachstep' THEN
        SELECT held.model_id, held.id INTO model, version FROM assessments_breach breach
            JOIN inventory_modelversion held ON held.id = breach.version_id
            WHERE breach.id = (written ->> 'breach_id')::uuid;
    ELSIF TG_TABLE_NAME = 'workflows_validationreview' THEN
        SELECT asked.model_id, asked.version_id INTO model, version FROM workflows_validationrequest asked
            JOIN workflows_validationopinion opinion ON opinion.request_id = asked.id
            WHERE opinion.id = (written ->> 'opinion_id')::uuid;
    ELSIF written ? 'request_id' THEN
        SELECT model_id, version_id INTO model, version FROM workflows_validationrequest
            WHERE id = (written ->> 'request_id')::uuid;
    END IF;
    IF develops_or_did_lately(model, version, who) THEN
        RAISE EXCEPTION 'the developer of a model neither decides about it nor validates it nor closes what is about '
            'it, nor for twelve months after' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_decision_by_no_developer BEFORE INSERT ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER workflows_validatorassignment_of_no_developer BEFORE INSERT ON workflows_validatorassignment
    FOR EACH ROW EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER workflows_validationopinion_of_no_developer BEFORE INSERT ON workflows_validationopinion
    FOR EACH ROW EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER workflows_validationreview_of_no_developer BEFORE INSERT ON workflows_validationreview
    FOR EACH ROW EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER workflows_arrangement_closed_by_no_developer BEFORE UPDATE ON workflows_arrangement FOR EACH ROW
    WHEN (NEW.ended_by_id IS NOT NULL AND OLD.ended_by_id IS NULL) EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER workflows_finding_closed_by_no_developer BEFORE UPDATE ON workflows_finding FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('validated_closed', 'closed', 'dropped'))
    EXECUTE FUNCTION refuse_developer();
CREATE TRIGGER assessments_breachstep_by_no_developer BEFORE INSERT ON assessments_breachstep FOR EACH ROW
    WHEN (NEW.kind = 'decision') EXECUTE FUNCTION refuse_developer();
"""
UNDO = """
DROP TRIGGER assessments_breachstep_by_no_developer ON assessments_breachstep;
DROP TRIGGER workflows_finding_closed_by_no_developer ON workflows_finding;
DROP TRIGGER workflows_arrangement_closed_by_no_developer ON workflows_arrangement;
DROP TRIGGER workflows_validationreview_of_no_developer ON workflows_validationreview;
DROP TRIGGER workflows_validationopinion_of_no_developer ON workflows_validationopinion;
DROP TRIGGER workflows_validatorassignment_of_no_developer ON workflows_validatorassignment;
DROP TRIGGER workflows_decision_by_no_developer ON workflows_decision;
DROP FUNCTION refuse_developer;
DROP FUNCTION develops_or_did_lately;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0070_drop_refuse_and_take_back_by_signature")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
