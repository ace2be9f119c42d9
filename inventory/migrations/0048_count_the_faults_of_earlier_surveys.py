"""Of surveys from before faults were counted, as many as were kept; more may have been found."""

from django.db import migrations

COUNT = "UPDATE inventory_survey SET fault_count = jsonb_array_length(faults) WHERE faults <> '[]'"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0047_count_every_fault_of_a_survey")]

    operations = [migrations.RunSQL(COUNT, migrations.RunSQL.noop)]
