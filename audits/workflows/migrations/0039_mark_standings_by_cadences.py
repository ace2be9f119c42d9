"""Triggers that mark a model whose cadence was set or ended, or of which a rule of cadences may ask something else."""

from django.db import migrations

CADENCES = """
CREATE FUNCTION mark_standing_by_cadence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO workflows_standingmark (model) VALUES (NEW.model_id);
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_cadence_marks_its_standing AFTER INSERT OR UPDATE ON inventory_cadence
    FOR EACH ROW EXECUTE FUNCTION mark_standing_by_cadence();
"""
NO_CADENCES = """
DROP TRIGGER inventory_cadence_marks_its_standing ON inventory_cadence;
DROP FUNCTION mark_standing_by_cadence;
"""
ASKED = ("regulatory_categories", "regions", "legal_entities")
RULES = """
CREATE TRIGGER inventory_model_marks_its_standing_by_rules AFTER UPDATE OF {asked} ON inventory_model
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION mark_standing_of_edited_model();
""".format(asked=", ".join(ASKED), changed=" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in ASKED))
NO_RULES = "DROP TRIGGER inventory_model_marks_its_standing_by_rules ON inventory_model;"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0038_ask_for_looser_cadences"), ("inventory", "0034_keep_cadences")]

    operations = [migrations.RunSQL(CADENCES, NO_CADENCES), migrations.RunSQL(RULES, NO_RULES)]
