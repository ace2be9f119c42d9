"""A use goes live only while its model is in use: not for the first time either while that is restricted or stopped."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER inventory_use_may_go_on ON inventory_use;
CREATE CONSTRAINT TRIGGER inventory_use_may_go_on AFTER UPDATE ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state {before})
    EXECUTE FUNCTION refuse_to_lift_a_use();
"""
BORN = """
CREATE CONSTRAINT TRIGGER inventory_use_may_begin AFTER INSERT ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'live') EXECUTE FUNCTION refuse_to_lift_a_use();
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0104_switch_monitoring_off_by_signature")]

    operations = [
        migrations.RunSQL(TRIGGER.format(before="<> 'live'"), TRIGGER.format(before="IN ('restricted', 'suspended')")),
        migrations.RunSQL(BORN, "DROP TRIGGER inventory_use_may_begin ON inventory_use"),
    ]
