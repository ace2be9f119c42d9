"""A model and a version are never deleted; what they are stays, and what is retired does not come back."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_what_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- The arguments: the column that says where the row stands, whose value retired is its last; then what it is.
    stands text := TG_ARGV[0];
    name text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(OLD) ->> stands = 'retired' AND to_jsonb(NEW) ->> stands <> 'retired' THEN
            RAISE EXCEPTION 'what is retired in % does not come back', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
        FOREACH name IN ARRAY TG_ARGV[1:] LOOP
            -- What was empty, such as the artifact that follows its version, is filled once.
            IF to_jsonb(OLD) -> name IS DISTINCT FROM to_jsonb(NEW) -> name
               AND to_jsonb(OLD) -> name NOT IN ('""', '[]') THEN
                RAISE EXCEPTION '% of a row of % is never changed', name, TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of % is never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
TRIGGERS = """
CREATE TRIGGER {table}_keeps_what_it_is BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION keep_what_it_is({arguments});
CREATE TRIGGER {table}_stays BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER {table}_stays ON {table};
DROP TRIGGER {table}_keeps_what_it_is ON {table};
"""
KEPT = {
    "inventory_model": "'status', 'id', 'workspace_id', 'slug', 'registered_at', 'registered_by_id'",
    "inventory_modelversion": (
        "'stage', 'id', 'model_id', 'number', 'origin', 'schema', 'artifact_sha256', 'registered_at', "
        "'registered_by_id'"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("inventory", "0025_keep_particulars"), ("trail", "0002_make_append_only")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION keep_what_it_is"),
        *(
            migrations.RunSQL(TRIGGERS.format(table=table, arguments=arguments), BACK.format(table=table))
            for table, arguments in KEPT.items()
        ),
    ]
