"""A change of the policy is about no model, so it marks none; without this, nobody could ask for one."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION mark_standings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The argument: what in a changed row is the key of its model.
    EXECUTE format(
        'INSERT INTO workflows_standingmark (model) SELECT DISTINCT %1$s FROM changed WHERE %1$s IS NOT NULL',
        TG_ARGV[0]
    );
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0018_keep_retirements")]

    operations = [migrations.RunSQL(FUNCTION, migrations.RunSQL.noop)]
