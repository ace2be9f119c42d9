"""A model, a version and a use take the steps of their tables (inventory/states.py), also by SQL.

Otherwise a restriction, or what ended, would be gone around by way of a state from which any other may follow.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of a row of % does not go from % to %', TG_ARGV[0], TG_TABLE_NAME,
        to_jsonb(OLD) ->> TG_ARGV[0], to_jsonb(NEW) ->> TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;
"""
TRIGGER = """
CREATE TRIGGER {table}_takes_its_steps BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.{column} <> NEW.{column} AND (OLD.{column}, NEW.{column}) NOT IN ({steps}))
    EXECUTE FUNCTION refuse_step('{column}');
"""
STEPS = {
    ("inventory_model", "status"): """
        ('in_development', 'in_use'), ('in_development', 'retired'),
        ('in_use', 'restricted'), ('in_use', 'suspended'), ('in_use', 'retired'),
        ('restricted', 'in_use'), ('restricted', 'suspended'), ('restricted', 'retired'),
        ('suspended', 'in_use'), ('suspended', 'retired')""",
    ("inventory_modelversion", "stage"): """
        ('candidate', 'challenger'), ('candidate', 'production'), ('challenger', 'production'),
        ('production', 'superseded'),
        ('candidate', 'retired'), ('challenger', 'retired'), ('production', 'retired'), ('superseded', 'retired')""",
    ("inventory_use", "state"): """
        ('proposed', 'approved'), ('approved', 'live'), ('approved', 'proposed'),
        ('live', 'restricted'), ('live', 'suspended'), ('restricted', 'suspended'),
        ('restricted', 'live'), ('suspended', 'live'),
        ('proposed', 'ended'), ('approved', 'ended'), ('live', 'ended'), ('restricted', 'ended'),
        ('suspended', 'ended')""",
}


class Migration(migrations.Migration):
    dependencies = [("inventory", "0035_keep_inference_events")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION refuse_step"),
        *(
            migrations.RunSQL(
                TRIGGER.format(table=table, column=column, steps=steps),
                f"DROP TRIGGER {table}_takes_its_steps ON {table}",
            )
            for (table, column), steps in STEPS.items()
        ),
    ]
