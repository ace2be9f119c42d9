"""At the end of a transaction what one person ended stands on their signature, and on no former owner's.

A finding that was agreed to be put right, or closed; what held about a model and was closed by hand; the vote of a
committee that its chair concluded. What held is closed by nobody who owned the model in the last twelve months.
"""

import re
from importlib import import_module

from django.db import migrations

ENDINGS = import_module("audits.workflows.migrations.0048_end_arrangements_on_grounds").FUNCTIONS
USES = import_module("audits.workflows.migrations.0059_decide_about_single_uses")
BEFORE = USES.function(ENDINGS, "refuse_end_without_ground") + USES.function(USES.TRIGGERS, "refuse_end_of_restriction")
TOLD = r"""EXISTS \(SELECT FROM trail_entry WHERE subject = 'workflows.Arrangement:' \|\| NEW.id
 +AND action = 'arrangement.closed' AND actor_id = NEW.ended_by_id::text"""
SIGNED = """(
             is_signed('workflows.Arrangement:' || NEW.id, 'arrangement.closed', NEW.ended_by_id, NEW.ended_at)
             AND NOT EXISTS (
                 SELECT FROM trail_entry
                 WHERE subject = 'inventory.Model:' || NEW.model_id AND action = 'model.edited'
                   AND at BETWEEN NEW.ended_at - interval '365 days' AND NEW.ended_at
                   AND details #>> '{changes,owner,before}' = NEW.ended_by_id::text
             )"""

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_closure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (
        NEW.state = 'closed'
        AND is_signed('workflows.Finding:' || NEW.id, 'finding.closed', NEW.closed_by_id, NEW.closed_at)
        OR NEW.state = 'validated_closed'
        AND is_signed('workflows.Finding:' || NEW.id, 'finding.validated', NEW.validated_by_id, NEW.validated_at)
    ) THEN
        RAISE EXCEPTION 'the finding % is closed by signature, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_closure_is_signed AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state <> OLD.state AND NEW.state IN ('validated_closed', 'closed'))
    EXECUTE FUNCTION refuse_unsigned_closure();

CREATE FUNCTION refuse_unsigned_conclusion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    chair text;
BEGIN
    SELECT actor_id INTO chair FROM trail_entry
        WHERE subject = 'workflows.ChangeRequest:' || NEW.id AND action = 'change.vote_concluded'
        ORDER BY position DESC LIMIT 1;
    IF chair IS NULL OR NOT is_signed(
        'workflows.ChangeRequest:' || NEW.id, 'change.vote_concluded', chair::uuid,
        (NEW.minutes ->> 'concluded_at')::timestamptz
    ) THEN
        RAISE EXCEPTION 'the vote on % is concluded by its chair, who signs it', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_changerequest_vote_is_signed AFTER UPDATE ON workflows_changerequest
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.minutes ? 'outcome' AND NEW.minutes <> OLD.minutes)
    EXECUTE FUNCTION refuse_unsigned_conclusion();
"""
UNDO = """
DROP TRIGGER workflows_changerequest_vote_is_signed ON workflows_changerequest;
DROP FUNCTION refuse_unsigned_conclusion;
DROP TRIGGER workflows_finding_closure_is_signed ON workflows_finding;
DROP FUNCTION refuse_unsigned_closure;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0059_decide_about_single_uses")]

    operations = [
        migrations.RunSQL(re.sub(TOLD, SIGNED, BEFORE), BEFORE),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
