"""What a change was classified by stays; its class only rises, until it is decided; nothing of it is deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_classification() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text[] := ARRAY['change_class', 'confirmed_by_id', 'confirmed_at', 'remark'];
BEGIN
    IF to_jsonb(NEW) - said <> to_jsonb(OLD) - said
       OR (OLD.change_class = 'material' AND NEW.change_class <> 'material')
       OR (SELECT state FROM workflows_changerequest WHERE id = OLD.change_id) <> 'pending' THEN
        RAISE EXCEPTION 'the class of a change only rises, until the change is decided'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_classification_only_rises BEFORE UPDATE ON workflows_classification
    FOR EACH ROW EXECUTE FUNCTION keep_classification();
CREATE TRIGGER workflows_classification_rows_stay BEFORE DELETE ON workflows_classification
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workflows_classification_stays BEFORE TRUNCATE ON workflows_classification
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = """
DROP TRIGGER workflows_classification_stays ON workflows_classification;
DROP TRIGGER workflows_classification_rows_stay ON workflows_classification;
DROP TRIGGER workflows_classification_only_rises ON workflows_classification;
DROP FUNCTION keep_classification;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0036_classes_of_changes"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
