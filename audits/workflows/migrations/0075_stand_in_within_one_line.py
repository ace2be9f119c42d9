"""Neither line of defence decides in the place of the other: not by a delegation, and not in the count of a vote.

A vote that was cast for somebody else counts for the weaker line of the two.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("audits.workflows.migrations.0051_count_votes_in_the_line_of_their_day").AFTER
COUNTED = "line_of_defence(coalesce(on_behalf_of_id, person_id), asked, decided_at) AS line"
assert COUNTED in BEFORE
AFTER = BEFORE.replace(COUNTED, "line_of_vote(person_id, on_behalf_of_id, asked, decided_at) AS line")

LINES = """
CREATE FUNCTION line_of_vote(voter uuid, principal uuid, asked workflows_changerequest, moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN 'first' = ANY (array_agg(line)) THEN 'first' WHEN 'second' = ALL (array_agg(line)) THEN 'second'
           ELSE '' END
    FROM (
        SELECT line_of_defence(voter, asked, moment) AS line
        UNION SELECT line_of_defence(principal, asked, moment) WHERE principal IS NOT NULL
    ) AS behind
$$;

CREATE FUNCTION line_by_any_role(holder uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN role && ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer', 'compliance']
        THEN 'second' WHEN role && ARRAY['engineer', 'owner'] THEN 'first' ELSE '' END
    FROM (
        SELECT coalesce(array_agg(role::text), '{}') AS role FROM accounts_rolegrant
        WHERE person_id = holder AND state = 'granted' AND starts_at <= clock_timestamp()
          AND (ends_at IS NULL OR ends_at > clock_timestamp())
    ) AS held
$$;
"""
LINES_GO = "DROP FUNCTION line_by_any_role; DROP FUNCTION line_of_vote;"

STAND_IN = """
CREATE FUNCTION refuse_stand_in_of_another_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest;
    line text;
    own text;
BEGIN
    IF TG_TABLE_NAME = 'workflows_delegation' THEN
        line := line_by_any_role(NEW.delegator_id);
        own := line_by_any_role(NEW.delegate_id);
    ELSE
        SELECT * INTO asked FROM workflows_changerequest WHERE id = NEW.change_id;
        line := line_of_defence(NEW.on_behalf_of_id, asked, clock_timestamp());
        own := line_of_defence(NEW.person_id, asked, clock_timestamp());
    END IF;
    IF line <> '' AND line <> own THEN
        RAISE EXCEPTION 'who decides for a person of the % line is of the % line too', line, line
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_delegation_within_a_line BEFORE INSERT ON workflows_delegation
    FOR EACH ROW EXECUTE FUNCTION refuse_stand_in_of_another_line();
CREATE TRIGGER workflows_decision_within_a_line BEFORE INSERT ON workflows_decision
    FOR EACH ROW WHEN (NEW.on_behalf_of_id IS NOT NULL) EXECUTE FUNCTION refuse_stand_in_of_another_line();
"""
STAND_IN_GOES = """
DROP TRIGGER workflows_decision_within_a_line ON workflows_decision;
DROP TRIGGER workflows_delegation_within_a_line ON workflows_delegation;
DROP FUNCTION refuse_stand_in_of_another_line;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0074_end_exceptions_by_who_decides_them")]

    operations = [
        migrations.RunSQL(LINES, LINES_GO),
        migrations.RunSQL(AFTER, BEFORE),
        migrations.RunSQL(STAND_IN, STAND_IN_GOES),
    ]
