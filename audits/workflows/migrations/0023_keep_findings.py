"""The database itself refuses a closure by somebody who has a part in it, or of a severe finding without its proof.

The services say why in words, before; this binds whoever writes past them. What has ended never changes.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_conflicted_closure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closers uuid[] := array_remove(ARRAY[NEW.validated_by_id, NEW.closed_by_id], NULL);
    is_severe boolean := NEW.severity IN ('critical', 'high');
    why text := '';
BEGIN
    IF NEW.state = OLD.state OR NEW.state NOT IN ('validated_closed', 'closed') THEN
        RETURN NEW;
    END IF;
    IF cardinality(closers) = 0 THEN
        why := 'somebody closes a finding';
    ELSIF NEW.owner_id = ANY (closers)
        OR EXISTS (SELECT 1 FROM inventory_model WHERE id = NEW.model_id AND owner_id = ANY (closers)) THEN
        why := 'an owner does not close findings about their own model';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_submission WHERE finding_id = NEW.id AND submitted_by_id = ANY (closers)
    ) THEN
        why := 'whoever submitted a finding does not close it';
    ELSIF EXISTS (
        SELECT 1 FROM workflows_actionitem i JOIN workflows_actionplan p ON p.id = i.plan_id
        WHERE p.finding_id = NEW.id AND p.standing = 'accepted'
          AND (i.owner_id = ANY (closers) OR i.done_by_id = ANY (closers))
    ) THEN
        why := 'whoever carried out a part of the plan does not close the finding';
    ELSIF is_severe AND NOT EXISTS (
        SELECT 1 FROM workflows_reperformance r JOIN workflows_submission s ON s.id = r.submission_id
        WHERE s.finding_id = NEW.id AND s.returned_at IS NULL
    ) THEN
        why := 'a severe finding is closed after its test was done again';
    ELSIF is_severe AND NEW.state = 'closed' AND (NEW.signature_id IS NULL OR NEW.validated_by_id IS NULL) THEN
        why := 'the closure of a severe finding is validated by one person and signed by another';
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_finding_without_conflict BEFORE UPDATE ON workflows_finding
    FOR EACH ROW EXECUTE FUNCTION refuse_conflicted_closure();
CREATE TRIGGER workflows_finding_ended_rows_stay BEFORE UPDATE ON workflows_finding
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', 'closed,dropped');
CREATE TRIGGER workflows_actionplan_rows_stay BEFORE UPDATE OR DELETE ON workflows_actionplan
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('standing', 'returned,superseded');
CREATE TRIGGER workflows_actionplan_stays BEFORE TRUNCATE ON workflows_actionplan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_actionitem_rows_stay BEFORE UPDATE ON workflows_actionitem
    FOR EACH ROW WHEN (OLD.done_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_actionitem_none_deleted BEFORE DELETE ON workflows_actionitem
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_actionitem_stays BEFORE TRUNCATE ON workflows_actionitem
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_submission_rows_stay BEFORE UPDATE ON workflows_submission
    FOR EACH ROW WHEN (OLD.returned_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_submission_none_deleted BEFORE DELETE ON workflows_submission
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_submission_stays BEFORE TRUNCATE ON workflows_submission
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_reperformance_rows_stay BEFORE UPDATE OR DELETE ON workflows_reperformance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_reperformance_stays BEFORE TRUNCATE ON workflows_reperformance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER workflows_reperformance_stays ON workflows_reperformance;
DROP TRIGGER workflows_reperformance_rows_stay ON workflows_reperformance;
DROP TRIGGER workflows_submission_stays ON workflows_submission;
DROP TRIGGER workflows_submission_none_deleted ON workflows_submission;
DROP TRIGGER workflows_submission_rows_stay ON workflows_submission;
DROP TRIGGER workflows_actionitem_stays ON workflows_actionitem;
DROP TRIGGER workflows_actionitem_none_deleted ON workflows_actionitem;
DROP TRIGGER workflows_actionitem_rows_stay ON workflows_actionitem;
DROP TRIGGER workflows_actionplan_stays ON workflows_actionplan;
DROP TRIGGER workflows_actionplan_rows_stay ON workflows_actionplan;
DROP TRIGGER workflows_finding_ended_rows_stay ON workflows_finding;
DROP TRIGGER workflows_finding_without_conflict ON workflows_finding;
DROP FUNCTION refuse_conflicted_closure;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0022_bind_findings"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
