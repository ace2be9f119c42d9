"""Nor does the head go ahead of the database's clock: all that is recorded later would bear that time."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION refuse_head_ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_at > clock_timestamp() + interval '5 minutes' THEN
        RAISE EXCEPTION 'nothing is recorded that is dated ahead: the clock of the server that writes says %, that of '
            'the database %', NEW.last_at, clock_timestamp() USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trail_head_is_not_ahead BEFORE UPDATE ON trail_head FOR EACH ROW
WHEN (NEW.last_at IS DISTINCT FROM OLD.last_at) EXECUTE FUNCTION refuse_head_ahead();
"""
NO_TRIGGER = """
DROP TRIGGER trail_head_is_not_ahead ON trail_head;
DROP FUNCTION refuse_head_ahead;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0009_date_nothing_back")]

    operations = [migrations.RunSQL(TRIGGER, NO_TRIGGER)]
