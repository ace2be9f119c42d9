"""At the end of a transaction a looser cadence stands on the request that asked for exactly it and was approved."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_looser_cadence_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.reference = NEW.change_reference AND asked.kind = 'cadence_change' AND was_approved(asked.id)
          AND asked.model_id = NEW.model_id AND asked.terms ->> 'rhythm' = NEW.rhythm
          AND asked.terms ->> 'every' = NEW.every AND (asked.terms ->> 'holds_until')::date = NEW.holds_until
    ) THEN
        RAISE EXCEPTION 'a cadence is loosened by an approved request that asks for it, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_cadence_is_decided AFTER INSERT ON inventory_cadence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.loosens)
    EXECUTE FUNCTION refuse_looser_cadence_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_cadence_is_decided ON inventory_cadence;
DROP FUNCTION refuse_looser_cadence_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0039_mark_standings_by_cadences")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
