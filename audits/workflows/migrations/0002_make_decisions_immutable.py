"""A decision can be voided, once; nothing else about it ever changes, and it is never deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
       AND to_jsonb(NEW) - 'voided_at' - 'voided_because' = to_jsonb(OLD) - 'voided_at' - 'voided_because' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a decision is never changed or deleted, only voided' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_decision_rows_stay BEFORE UPDATE OR DELETE ON workflows_decision
    FOR EACH ROW EXECUTE FUNCTION keep_decision();
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(
            FUNCTION, "DROP TRIGGER workflows_decision_rows_stay ON workflows_decision; DROP FUNCTION keep_decision"
        )
    ]
