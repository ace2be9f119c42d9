"""A row is ended with the day since when it no longer held, which is not before it began; nothing else ever changes."""

from django.db import migrations

KEEP = """
CREATE OR REPLACE FUNCTION keep_particular() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['ended_at', 'ended_because', 'valid_to'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending THEN
        IF NEW.valid_to < coalesce(OLD.valid_from, (OLD.added_at AT TIME ZONE 'UTC')::date) THEN
            RAISE EXCEPTION 'a row of % ends no earlier than it began', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of % is never changed or deleted, only ended', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION keep_particular() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
       AND to_jsonb(NEW) - 'ended_at' - 'ended_because' = to_jsonb(OLD) - 'ended_at' - 'ended_because' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a row of % is never changed or deleted, only ended', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0041_particulars_hold_from_and_to")]

    operations = [migrations.RunSQL(KEEP, AS_BEFORE)]
