"""A request takes one of the steps of its table of states; what was approved does not wait for approval again."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION keep_change_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    course text[] := ARRAY['state', 'outcome', 'decided_at', 'completed_at'];
    shown text[] := ARRAY['evidence', 'evidence_digest', 'minutes'];
    role_missing text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' THEN
            RAISE EXCEPTION 'a request begins undecided' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - course - shown - 'expires_at' <> to_jsonb(OLD) - course - shown - 'expires_at'
       OR NEW.expires_at > OLD.expires_at THEN
        RAISE EXCEPTION 'what was asked for stays as it was asked' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'pending' AND to_jsonb(NEW) - course <> to_jsonb(OLD) - course THEN
        RAISE EXCEPTION 'the evidence of a decided request stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = OLD.state THEN
        RETURN NEW;
    END IF;
    IF (OLD.state, NEW.state) NOT IN (
        ('pending', 'approved'), ('pending', 'rejected'), ('pending', 'withdrawn'), ('pending', 'expired'),
        ('approved', 'completed'), ('approved', 'failed')
    ) THEN
        RAISE EXCEPTION 'a request takes its course and does not go back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' THEN
        SELECT needed.role INTO role_missing
        FROM (SELECT role, count(*) AS times FROM jsonb_array_elements_text(NEW.roles_required) AS role GROUP BY role)
            AS needed
        WHERE CASE WHEN needed.role = 'committee'
            THEN coalesce(NEW.minutes ->> 'outcome', '') <> 'approved' OR NOT EXISTS (
                SELECT 1 FROM workflows_decision d
                WHERE d.change_id = NEW.id AND d.role = 'committee' AND d.voided_at IS NULL
                HAVING count(*) FILTER (WHERE d.approved)
                     > count(*) FILTER (WHERE d.meaning IN ('rejected', 'deferred'))
            )
            ELSE needed.times > (
                SELECT count(*) FROM workflows_decision d
                WHERE d.change_id = NEW.id AND d.role = needed.role AND d.approved AND d.voided_at IS NULL
            )
            END
        LIMIT 1;
        IF role_missing IS NOT NULL THEN
            RAISE EXCEPTION 'the approval as % is missing', role_missing USING ERRCODE = 'restrict_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0015_mark_changed_standings")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
