"""What triggers of other tables call: a row that has come to its end stays as it is, and no row is deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_once_finished() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The arguments: a column, and the values in it, with commas between them, that end a row's life.
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> TG_ARGV[0] <> ALL (string_to_array(TG_ARGV[1], ',')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of % that is finished is never changed, and none is deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0005_make_endorsements_append_only")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION keep_once_finished")]
