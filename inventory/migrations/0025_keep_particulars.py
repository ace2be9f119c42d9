"""A particular of a model is only ever ended: the database refuses to change or to delete what it said."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_particular() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - 'ended_at' - 'ended_because' = to_jsonb(OLD) - 'ended_at' - 'ended_because' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of % is never changed or deleted, only ended', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
TRIGGERS = """
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION keep_particular();
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
TABLES = ("alias", "datasource", "dependency", "determination", "document", "stakeholder", "statement")


class Migration(migrations.Migration):
    dependencies = [("inventory", "0024_particulars_of_models"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION keep_particular"),
        *(
            migrations.RunSQL(
                TRIGGERS.format(table=f"inventory_{name}"),
                f"DROP TRIGGER inventory_{name}_rows_stay ON inventory_{name}; "
                f"DROP TRIGGER inventory_{name}_stays ON inventory_{name}",
            )
            for name in TABLES
        ),
    ]
