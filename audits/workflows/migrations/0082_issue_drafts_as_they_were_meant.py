"""Nobody with a part in what a draft of a finding is about issues or rewrites it; only its author makes it milder.

As who closes a finding (0054, 0071): the owner, or who owned it in the last twelve months, the developer, and who made
the version or one since. What a finding is raised with at once, by whomever, was nobody's draft.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION has_part_in(about workflows_finding, who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT about.owner_id = who OR EXISTS (
        SELECT FROM inventory_model WHERE id = about.model_id AND owner_id = who
    ) OR EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'inventory.Model:' || about.model_id AND action = 'model.edited'
          AND at > now() - interval '365 days' AND details #>> '{changes,owner,before}' = who::text
    ) OR made_one_of(ARRAY(
        SELECT id FROM inventory_modelversion
        WHERE id = about.version_id OR model_id = about.model_id AND registered_at >= about.raised_at
    ), ARRAY[who]) OR develops_or_did_lately(about.model_id, about.version_id, ARRAY[who])
$$;

CREATE FUNCTION refuse_conflicted_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF has_part_in(OLD, NEW.issued_by_id) AND EXISTS (
        SELECT FROM trail_entry WHERE subject = 'workflows.Finding:' || NEW.id AND action = 'finding.drafted'
    ) THEN
        RAISE EXCEPTION 'whoever owns, develops or made what a draft is about does not issue it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_finding_issued_without_conflict BEFORE UPDATE ON workflows_finding FOR EACH ROW
    WHEN (OLD.state = 'draft' AND NEW.state = 'issued') EXECUTE FUNCTION refuse_conflicted_issue();

CREATE FUNCTION refuse_rewritten_severity() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    severities text[] := ARRAY['critical', 'high', 'medium', 'low'];
    told trail_entry;
BEGIN
    SELECT * INTO told FROM trail_entry
        WHERE subject = 'workflows.Finding:' || NEW.id AND action = 'finding.drafted' ORDER BY position DESC LIMIT 1;
    IF told.details ->> 'severity' IS DISTINCT FROM NEW.severity OR has_part_in(OLD, nullif(told.actor_id, '')::uuid)
       OR array_position(severities, NEW.severity::text) > array_position(severities, OLD.severity::text)
          AND told.actor_id <> NEW.raised_by_id::text
    THEN
        RAISE EXCEPTION 'a draft is called milder by who wrote it, and by nobody with a part in what it is about'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_draft_is_as_severe AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'draft' AND NEW.severity <> OLD.severity) EXECUTE FUNCTION refuse_rewritten_severity();
CREATE TRIGGER workflows_finding_draft_keeps_its_author BEFORE UPDATE ON workflows_finding FOR EACH ROW
    WHEN (OLD.state = 'draft')
    EXECUTE FUNCTION keep_what_it_is('state', 'id', 'reference', 'model_id', 'raised_by_id');
"""
UNDO = """
DROP TRIGGER workflows_finding_draft_keeps_its_author ON workflows_finding;
DROP TRIGGER workflows_finding_draft_is_as_severe ON workflows_finding;
DROP FUNCTION refuse_rewritten_severity;
DROP TRIGGER workflows_finding_issued_without_conflict ON workflows_finding;
DROP FUNCTION refuse_conflicted_issue;
DROP FUNCTION has_part_in;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0081_ask_again_what_was_withdrawn")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
