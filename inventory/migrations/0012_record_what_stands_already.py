"""What was registered before the register kept its history: one first record each, from the day of registration."""

from django.db import migrations

FIRST = """
INSERT INTO {records} (subject, recorded_from, valid_from, fields)
SELECT id, {since}, ({since} AT TIME ZONE 'UTC')::date,
       fields_to_keep(to_jsonb(present), string_to_array('{long_fields}', ','))
FROM {table} AS present
WHERE NOT EXISTS (SELECT FROM {records} WHERE subject = present.id);
"""
FOLLOWED = (
    ("inventory_model", "inventory_modelrecord", "registered_at", ""),
    ("inventory_modelversion", "inventory_versionrecord", "registered_at", "schema,params,metrics,training_data"),
    ("inventory_use", "inventory_userecord", "proposed_at", ""),
)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0011_follow_the_register")]

    operations = [
        migrations.RunSQL(
            FIRST.format(table=table, records=records, since=since, long_fields=long_fields), migrations.RunSQL.noop
        )
        for table, records, since, long_fields in FOLLOWED
    ]
