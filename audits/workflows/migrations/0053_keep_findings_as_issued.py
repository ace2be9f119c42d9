"""A finding stays as it was issued and takes the steps of its table (audits/workflows/states.py), also by SQL.

Otherwise it would be called harmless, given more time, or dropped, and so hold nothing back, without anybody who may.
At the end of a transaction an approved request stands behind more time, an acceptance behind an accepted risk, and an
entry of whoever ended it behind its end.
"""

from django.db import migrations

FUNCTIONS = """
CREATE TRIGGER workflows_finding_takes_its_steps BEFORE UPDATE ON workflows_finding FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'issued'), ('draft', 'dropped'),
        ('issued', 'action_plan_due'), ('issued', 'rebutted'), ('issued', 'action_plan_review'),
        ('issued', 'submitted_for_closure'), ('issued', 'risk_accepted'),
        ('rebutted', 'action_plan_due'), ('rebutted', 'dropped'),
        ('action_plan_due', 'action_plan_review'), ('action_plan_due', 'submitted_for_closure'),
        ('action_plan_due', 'risk_accepted'),
        ('action_plan_review', 'action_plan_due'), ('action_plan_review', 'open'),
        ('action_plan_review', 'risk_accepted'),
        ('open', 'submitted_for_closure'), ('open', 'risk_accepted'),
        ('submitted_for_closure', 'open'), ('submitted_for_closure', 'closed'),
        ('submitted_for_closure', 'validated_closed'),
        ('validated_closed', 'open'), ('validated_closed', 'closed'),
        ('risk_accepted', 'action_plan_due')))
    EXECUTE FUNCTION refuse_step('state');

CREATE TRIGGER workflows_finding_stays_as_issued BEFORE UPDATE ON workflows_finding FOR EACH ROW
    WHEN (OLD.state <> 'draft')
    EXECUTE FUNCTION keep_what_it_is(
        'state', 'id', 'reference', 'model_id', 'version_id', 'breach_id', 'policy_id', 'owner_id', 'severity', 'title',
        'observation', 'criterion', 'evidence', 'impact', 'effect_percent', 'class_change_percent', 'required_outcome',
        'raised_by_id', 'issued_at', 'issued_by_id', 'first_due_at'
    );

CREATE FUNCTION refuse_time_nobody_gave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry entry JOIN workflows_changerequest asked ON asked.reference = entry.details ->> 'change'
        WHERE entry.subject = 'workflows.Finding:' || NEW.id AND entry.action = 'finding.extended'
          AND entry.details ->> 'after' = to_char(NEW.due_at, 'YYYY-MM-DD')
          AND asked.kind = 'extension' AND asked.model_id = NEW.model_id AND was_approved(asked.id)
    ) THEN
        RAISE EXCEPTION 'the finding % gets more time by an approved request, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_time_is_decided AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND NEW.due_at > OLD.due_at)
    EXECUTE FUNCTION refuse_time_nobody_gave();

CREATE FUNCTION refuse_risk_nobody_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM workflows_finding WHERE id = NEW.id AND state = 'risk_accepted') AND NOT EXISTS (
        SELECT FROM workflows_arrangement WHERE kind = 'acceptance' AND finding_id = NEW.id AND state = 'active'
    ) THEN
        RAISE EXCEPTION 'the risk of the finding % is accepted by an approved request, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_risk_is_accepted AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'risk_accepted' AND OLD.state <> 'risk_accepted')
    EXECUTE FUNCTION refuse_risk_nobody_accepted();

CREATE FUNCTION refuse_end_nobody_gave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM trail_entry
        WHERE subject = 'workflows.Finding:' || NEW.id AND action = 'finding.' || NEW.state
          AND actor_id = NEW.closed_by_id::text
    ) THEN
        RAISE EXCEPTION 'the finding % is ended by somebody, and no entry says that they did', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_finding_is_ended_by_somebody AFTER UPDATE ON workflows_finding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('closed', 'dropped') AND OLD.state NOT IN ('draft', NEW.state))
    EXECUTE FUNCTION refuse_end_nobody_gave();
"""
UNDO = """
DROP TRIGGER workflows_finding_is_ended_by_somebody ON workflows_finding;
DROP FUNCTION refuse_end_nobody_gave;
DROP TRIGGER workflows_finding_risk_is_accepted ON workflows_finding;
DROP FUNCTION refuse_risk_nobody_accepted;
DROP TRIGGER workflows_finding_time_is_decided ON workflows_finding;
DROP FUNCTION refuse_time_nobody_gave;
DROP TRIGGER workflows_finding_stays_as_issued ON workflows_finding;
DROP TRIGGER workflows_finding_takes_its_steps ON workflows_finding;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0052_hold_to_what_is_asked_now"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
