"""An artifact has few versions. PostgreSQL guesses a million, and made its hash tables for as many: 16 ms each time.

With little memory to begin with they are small, and grow where an artifact has many.
"""

from django.db import migrations

LITTLE = "ALTER FUNCTION versions_of_artifact(uuid) ROWS 10 SET work_mem = '64kB'"
AS_EVERYWHERE = "ALTER FUNCTION versions_of_artifact(uuid) ROWS 1000 RESET work_mem"


class Migration(migrations.Migration):
    dependencies = [("inventory", "0055_find_one_artifact_from_both_ends")]

    operations = [migrations.RunSQL(LITTLE, AS_EVERYWHERE)]
