"""A retirement takes its course: what was signed stays, evidence stays once verified, and nothing is deleted."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION keep_retirement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    archiving text[] := ARRAY['state', 'archive', 'retained_until', 'archived_by_id', 'archived_at'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'executing' OR NOT EXISTS (
            SELECT 1 FROM workflows_changerequest
            WHERE id = NEW.change_id AND kind = 'retirement' AND state = 'approved'
        ) THEN
            RAISE EXCEPTION 'a retirement begins with an approved request' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.change_id <> OLD.change_id OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('executing', 'verified'), ('verified', 'executing'), ('verified', 'retired'), ('retired', 'archived'),
        ('executing', 'abandoned'), ('verified', 'abandoned')
    )) THEN
        RAISE EXCEPTION 'a retirement takes its course and does not go back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('archived', 'abandoned')
       OR (OLD.state = 'retired' AND to_jsonb(NEW) - archiving <> to_jsonb(OLD) - archiving) THEN
        RAISE EXCEPTION 'a retirement that was carried out stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'verified' AND OLD.state = 'executing' AND EXISTS (
        SELECT 1 FROM workflows_retirementitem
        WHERE retirement_id = NEW.id AND (evidence = '' OR done_by_id = NEW.verified_by_id)
    ) THEN
        RAISE EXCEPTION 'what lacks evidence, or is one''s own, is not verified' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'retired' AND OLD.state = 'verified' AND NOT EXISTS (
        SELECT 1 FROM accounts_signature
        WHERE id = NEW.signature_id AND subject = 'workflows.Retirement:' || NEW.id AND person_id <> NEW.verified_by_id
    ) THEN
        RAISE EXCEPTION 'a retirement is signed by another than who verified it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_retirement_keeps_course BEFORE INSERT OR UPDATE ON workflows_retirement
    FOR EACH ROW EXECUTE FUNCTION keep_retirement();

CREATE FUNCTION keep_retirement_item() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text[] := ARRAY['evidence', 'done_by_id', 'done_at'];
BEGIN
    IF to_jsonb(NEW) - said <> to_jsonb(OLD) - said
       OR (SELECT state FROM workflows_retirement WHERE id = OLD.retirement_id) <> 'executing' THEN
        RAISE EXCEPTION 'evidence stays once it was verified' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_retirementitem_keeps BEFORE UPDATE ON workflows_retirementitem
    FOR EACH ROW EXECUTE FUNCTION keep_retirement_item();
"""
UNDO = """
DROP TRIGGER workflows_retirementitem_keeps ON workflows_retirementitem;
DROP FUNCTION keep_retirement_item;
DROP TRIGGER workflows_retirement_keeps_course ON workflows_retirement;
DROP FUNCTION keep_retirement;
"""
STAYS = """
CREATE TRIGGER {table}_rows_stay BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
GOES = "DROP TRIGGER {table}_stays ON {table}; DROP TRIGGER {table}_rows_stay ON {table}"
TABLES = ("workflows_retirement", "workflows_retirementitem")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0017_carry_out_retirements"), ("trail", "0006_keep_what_is_finished")]

    operations = [
        migrations.RunSQL(FUNCTIONS, UNDO),
        *(migrations.RunSQL(STAYS.format(table=table), GOES.format(table=table)) for table in TABLES),
    ]
