"""What is added to the register is recorded by a statement that the database plans once, not with every row.

The statement was put together anew each time, for the table that the trigger named; now each table has a function.
"""

from django.db import migrations

KEEP = """
CREATE OR REPLACE FUNCTION fields_to_keep(row_as_json jsonb, long_fields text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
AS $$
    SELECT row_as_json || coalesce(
        (SELECT jsonb_object_agg(name, encode(sha256(convert_to((row_as_json -> name)::text, 'UTF8')), 'hex'))
         FROM unnest(long_fields) AS long_field(name) WHERE row_as_json ? name), '{}')
$$;
"""
KEPT_BEFORE = """
CREATE OR REPLACE FUNCTION fields_to_keep(row_as_json jsonb, long_fields text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE
AS $$
    SELECT row_as_json || coalesce(
        (SELECT jsonb_object_agg(name, encode(sha256(convert_to(value::text, 'UTF8')), 'hex'))
         FROM jsonb_each(row_as_json) AS field(name, value) WHERE name = ANY(long_fields)), '{}')
$$;
"""
FOLLOW = """
CREATE FUNCTION record_additions_to_{table}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    INSERT INTO {records} (subject, recorded_from, valid_from, fields)
    SELECT id, moment, (moment AT TIME ZONE 'UTC')::date, fields_to_keep(to_jsonb(added), '{{{long_fields}}}')
    FROM added;
    RETURN NULL;
END $$;
DROP TRIGGER {table}_additions_are_recorded ON {table};
CREATE TRIGGER {table}_additions_are_recorded AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION record_additions_to_{table}();
"""
BACK = """
DROP TRIGGER {table}_additions_are_recorded ON {table};
CREATE TRIGGER {table}_additions_are_recorded AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION record_additions('{records}', '{long_fields}');
DROP FUNCTION record_additions_to_{table}();
"""
FOLLOWED = (
    ("inventory_model", "inventory_modelrecord", ""),
    ("inventory_modelversion", "inventory_versionrecord", "schema,params,metrics,training_data"),
    ("inventory_use", "inventory_userecord", ""),
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0027_find_versions_by_artifact")]

    operations = [
        migrations.RunSQL(KEEP, KEPT_BEFORE),
        *(
            migrations.RunSQL(
                FOLLOW.format(table=table, records=records, long_fields=long_fields),
                BACK.format(table=table, records=records, long_fields=long_fields),
            )
            for table, records, long_fields in FOLLOWED
        ),
    ]
