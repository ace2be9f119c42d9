"""Triggers that record every change of the register, by whatever program, and the constraint that keeps it one truth.

A change closes the records it touches and writes their successors: one for the days before it, one for those after.
Facts that `mrm.effective_fields` names hold since the day in `mrm.effective_on`; everything else since today.

PostgreSQL has no equality of UUIDs for exclusion constraints without an extension, but it makes ranges of any type; a
range that holds one UUID overlaps with its equal only.
"""

from django.db import migrations

FUNCTIONS = """
CREATE TYPE uuid_span AS RANGE (subtype = uuid);

CREATE FUNCTION fields_to_keep(row_as_json jsonb, long_fields text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT row_as_json || coalesce(
        (SELECT jsonb_object_agg(name, encode(sha256(convert_to(value::text, 'UTF8')), 'hex'))
         FROM jsonb_each(row_as_json) AS field(name, value) WHERE name = ANY(long_fields)), '{}')
$$;

CREATE FUNCTION record_additions() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    EXECUTE format('INSERT INTO %I (subject, recorded_from, valid_from, fields)
                    SELECT id, $1, $2, fields_to_keep(to_jsonb(added), $3) FROM added', TG_ARGV[0])
    USING moment, (moment AT TIME ZONE 'UTC')::date, string_to_array(TG_ARGV[1], ',');
    RETURN NULL;
END $$;

CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    long_fields text[] := string_to_array(TG_ARGV[1], ',');
    before jsonb := fields_to_keep(to_jsonb(OLD), long_fields);
    after jsonb := '{}';
    stated_since date := nullif(current_setting('mrm.effective_on', true), '')::date;
    stated jsonb := '{}';
    changes jsonb := '{}';
    moment timestamptz;
    today date;
    piece record;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := fields_to_keep(to_jsonb(NEW), long_fields);
        SELECT coalesce(jsonb_object_agg(name, value), '{}') INTO changes
        FROM jsonb_each(after) AS field(name, value) WHERE value IS DISTINCT FROM before -> name;
        IF stated_since IS NOT NULL THEN
            SELECT coalesce(jsonb_object_agg(name, value), '{}') INTO stated
            FROM jsonb_each(after) AS field(name, value)
            WHERE name = ANY(string_to_array(current_setting('mrm.effective_fields', true), ','));
        END IF;
        IF changes = '{}' AND stated = '{}' THEN
            RETURN NULL;
        END IF;
    END IF;
    EXECUTE format('SELECT greatest(clock_timestamp(), max(recorded_from) + interval ''1 microsecond'')
                    FROM %I WHERE subject = $1', TG_ARGV[0]) INTO moment USING OLD.id;
    today := (moment AT TIME ZONE 'UTC')::date;
    FOR piece IN EXECUTE format(
        'SELECT * FROM %I WHERE subject = $1 AND recorded_to IS NULL AND (valid_to IS NULL OR valid_to > $2)',
        TG_ARGV[0])
        USING OLD.id, least(stated_since, today)
    LOOP
        EXECUTE format('UPDATE %I SET recorded_to = $1 WHERE id = $2', TG_ARGV[0]) USING moment, piece.id;
        EXECUTE format(
            'INSERT INTO %I (subject, recorded_from, valid_from, valid_to, fields)
             SELECT $1, $2, day, least(lead(day) OVER (ORDER BY day), $4, CASE WHEN $10 THEN $7 END),
                    $5 || CASE WHEN day >= $7 THEN $9 WHEN day >= $6 THEN $8 ELSE ''{}'' END
             FROM (SELECT DISTINCT unnest(ARRAY[$3, $6, $7]) AS day) AS days
             WHERE day >= $3 AND (day < $4 OR $4 IS NULL) AND NOT ($10 AND day >= $7)', TG_ARGV[0])
        USING OLD.id, moment, piece.valid_from, piece.valid_to, piece.fields, stated_since, today, stated,
              stated || changes, TG_OP = 'DELETE';
    END LOOP;
    RETURN NULL;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION record_change;
DROP FUNCTION record_additions;
DROP FUNCTION fields_to_keep;
DROP TYPE uuid_span;
"""
FOLLOW = """
ALTER TABLE {records} ADD CONSTRAINT {records}_one_truth_at_a_time EXCLUDE USING gist (
    uuid_span(subject, subject, '[]') WITH &&,
    tstzrange(recorded_from, recorded_to) WITH &&,
    daterange(valid_from, valid_to) WITH &&);
CREATE TRIGGER {table}_additions_are_recorded AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION record_additions('{records}', '{long_fields}');
CREATE TRIGGER {table}_changes_are_recorded AFTER UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION record_change('{records}', '{long_fields}');
"""
LEAVE = """
DROP TRIGGER {table}_changes_are_recorded ON {table};
DROP TRIGGER {table}_additions_are_recorded ON {table};
ALTER TABLE {records} DROP CONSTRAINT {records}_one_truth_at_a_time;
"""
FOLLOWED = (
    ("inventory_model", "inventory_modelrecord", ""),
    ("inventory_modelversion", "inventory_versionrecord", "schema,params,metrics,training_data"),
    ("inventory_use", "inventory_userecord", ""),
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_record_what_the_register_said")]

    operations = [
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        *(
            migrations.RunSQL(
                FOLLOW.format(table=table, records=records, long_fields=long_fields),
                LEAVE.format(table=table, records=records),
            )
            for table, records, long_fields in FOLLOWED
        ),
    ]
