"""The database keeps apart the roles that nobody holds together (governance.md, section 7, rule 13).

It binds whoever writes past the services, and roles that are limited in time or to some models like any other.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_excluded_role() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    other text;
BEGIN
    IF NEW.state <> 'granted' OR NEW.ends_at <= clock_timestamp() THEN
        RETURN NEW;
    END IF;
    SELECT g.role INTO other FROM accounts_rolegrant g
    WHERE g.person_id = NEW.person_id AND g.id <> NEW.id AND g.state = 'granted' AND g.role <> NEW.role
      AND (g.ends_at IS NULL OR g.ends_at > clock_timestamp())
      AND (NEW.ends_at IS NULL OR g.starts_at < NEW.ends_at) AND (g.ends_at IS NULL OR NEW.starts_at < g.ends_at)
      AND (
          NEW.role IN ('administrator', 'auditor', 'examiner') OR g.role IN ('administrator', 'auditor', 'examiner')
          OR (NEW.role, g.role) IN (
              ('engineer', 'validator'), ('validator', 'engineer'),
              ('engineer', 'head_of_validation'), ('head_of_validation', 'engineer'),
              ('owner', 'risk_officer'), ('risk_officer', 'owner')
          )
      )
    LIMIT 1;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'nobody is % and % at the same time', NEW.role, other USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_rolegrant_excludes BEFORE INSERT OR UPDATE ON accounts_rolegrant
    FOR EACH ROW EXECUTE FUNCTION refuse_excluded_role();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_know_who_gave_a_password")]

    operations = [
        migrations.RunSQL(
            FUNCTION,
            "DROP TRIGGER accounts_rolegrant_excludes ON accounts_rolegrant; DROP FUNCTION refuse_excluded_role",
        )
    ]
