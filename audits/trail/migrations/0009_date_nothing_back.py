"""The time of the last entry never goes back in the head, from which the next entry is dated."""

from django.db import migrations

TRIGGER = """
CREATE FUNCTION refuse_earlier_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry is never dated before the one before it' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER trail_head_goes_forward BEFORE UPDATE ON trail_head FOR EACH ROW
WHEN (NEW.last_at < OLD.last_at OR NEW.last_at IS NULL AND OLD.last_at IS NOT NULL)
EXECUTE FUNCTION refuse_earlier_head();
"""
NO_TRIGGER = """
DROP TRIGGER trail_head_goes_forward ON trail_head;
DROP FUNCTION refuse_earlier_head;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0008_index_entries_in_their_order")]

    operations = [migrations.RunSQL(TRIGGER, NO_TRIGGER)]
