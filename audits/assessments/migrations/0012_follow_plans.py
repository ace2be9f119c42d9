"""Plans are recorded as models are: every change, by whatever program. What stands now is known from now on only."""

from django.db import migrations

TABLE, RECORDS = "assessments_plan", "assessments_planrecord"
FOLLOW = f"""
ALTER TABLE {RECORDS} ADD CONSTRAINT {RECORDS}_one_truth_at_a_time EXCLUDE USING gist (
    uuid_span(subject, subject, '[]') WITH &&,
    tstzrange(recorded_from, recorded_to) WITH &&,
    daterange(valid_from, valid_to) WITH &&);
INSERT INTO {RECORDS} (subject, recorded_from, valid_from, fields)
SELECT id, now(), (now() AT TIME ZONE 'UTC')::date, to_jsonb(present) FROM {TABLE} AS present;
CREATE TRIGGER {TABLE}_additions_are_recorded AFTER INSERT ON {TABLE} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION record_additions('{RECORDS}', '');
CREATE TRIGGER {TABLE}_changes_are_recorded AFTER UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION record_change('{RECORDS}', '');
CREATE TRIGGER {RECORDS}_rows_stay BEFORE INSERT OR UPDATE OR DELETE ON {RECORDS}
    FOR EACH ROW EXECUTE FUNCTION guard_record();
CREATE TRIGGER {RECORDS}_stays BEFORE TRUNCATE ON {RECORDS} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""  # noqa: S608 - our own names
LEAVE = f"""
DROP TRIGGER {RECORDS}_stays ON {RECORDS};
DROP TRIGGER {RECORDS}_rows_stay ON {RECORDS};
DROP TRIGGER {TABLE}_changes_are_recorded ON {TABLE};
DROP TRIGGER {TABLE}_additions_are_recorded ON {TABLE};
ALTER TABLE {RECORDS} DROP CONSTRAINT {RECORDS}_one_truth_at_a_time;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0011_record_plans"),
        ("inventory", "0028_record_additions_by_kept_plans"),
        ("trail", "0002_make_append_only"),
    ]

    operations = [migrations.RunSQL(FOLLOW, LEAVE)]
