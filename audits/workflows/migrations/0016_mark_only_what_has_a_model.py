"""A change of the policy is about no model: there is nothing to mark then."""

from django.db import migrations

MARKS = """
CREATE OR REPLACE FUNCTION mark_standings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The argument: what in a changed row is the key of its model.
    EXECUTE format(
        'INSERT INTO workflows_standingmark (model) '
        'SELECT DISTINCT found FROM (SELECT %s AS found FROM changed) AS keys WHERE found IS NOT NULL', TG_ARGV[0]);
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0015_mark_changed_standings")]

    operations = [migrations.RunSQL(MARKS, migrations.RunSQL.noop)]
