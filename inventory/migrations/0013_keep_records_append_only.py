"""Records are written by the triggers of the register only, closed once, and otherwise never changed."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION guard_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.recorded_to IS NOT NULL
        OR (OLD.id, OLD.subject, OLD.recorded_from, OLD.valid_from, OLD.valid_to, OLD.fields)
            IS DISTINCT FROM (NEW.id, NEW.subject, NEW.recorded_from, NEW.valid_from, NEW.valid_to, NEW.fields))
    THEN
        RAISE EXCEPTION '% is append-only: a record is closed once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
GUARD = """
CREATE TRIGGER {records}_rows_stay BEFORE INSERT OR UPDATE OR DELETE ON {records}
    FOR EACH ROW EXECUTE FUNCTION guard_record();
CREATE TRIGGER {records}_stays BEFORE TRUNCATE ON {records} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNGUARD = "DROP TRIGGER {records}_rows_stay ON {records}; DROP TRIGGER {records}_stays ON {records};"
RECORDS = ("inventory_modelrecord", "inventory_versionrecord", "inventory_userecord")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0012_record_what_stands_already"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION guard_record"),
        *(migrations.RunSQL(GUARD.format(records=name), UNGUARD.format(records=name)) for name in RECORDS),
    ]
