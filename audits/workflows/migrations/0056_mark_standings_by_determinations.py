"""A trigger that marks a model of which somebody said, or no longer says, whether it is one: a tool has nothing due."""

from django.db import migrations

MARKS = """
CREATE TRIGGER inventory_determination_marks_its_standing AFTER INSERT OR UPDATE ON inventory_determination
    FOR EACH ROW EXECUTE FUNCTION mark_standing_by_cadence();
"""
NO_MARKS = "DROP TRIGGER inventory_determination_marks_its_standing ON inventory_determination;"


class Migration(migrations.Migration):
    dependencies = [("workflows", "0055_say_what_came_of_changes"), ("inventory", "0038_tell_tools_from_models")]

    operations = [migrations.RunSQL(MARKS, NO_MARKS)]
