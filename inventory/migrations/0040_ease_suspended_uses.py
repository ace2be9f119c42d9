"""A suspended use may go on restricted, where something else limits it still."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("inventory.migrations.0036_take_the_steps_of_their_tables")
STEPS = BEFORE.STEPS["inventory_use", "state"]
DROP = "DROP TRIGGER inventory_use_takes_its_steps ON inventory_use;"


def trigger(steps: str) -> str:
    return DROP + BEFORE.TRIGGER.format(table="inventory_use", column="state", steps=steps)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0039_hold_single_uses")]

    operations = [migrations.RunSQL(trigger(f"{STEPS}, ('suspended', 'restricted')"), trigger(STEPS))]
