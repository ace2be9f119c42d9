"""A vote of the committee has the second line in it, and the line that asked is not its majority.

The line of whoever asked is the one they were in when they asked; a vote counts for the line its holder is in now.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION line_of_defence(holder uuid, asked workflows_changerequest, moment timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT known.line
        FROM (VALUES ('validator', 'second'), ('head_of_validation', 'second'), ('risk_officer', 'second'),
                     ('chief_risk_officer', 'second'), ('compliance', 'second'),
                     ('engineer', 'first'), ('owner', 'first')) AS known(role, line)
        WHERE (
            SELECT bool_and(EXISTS (
                SELECT FROM accounts_rolegrant g
                WHERE g.person_id = holder AND g.role = known.role AND g.state IN ('granted', 'revoked', 'lapsed')
                  AND (g.decided_at IS NOT NULL OR g.alone_because <> '')
                  AND g.starts_at <= moment AND (g.ends_at IS NULL OR g.ends_at > moment)
                  AND (g.workspace_id IS NULL OR g.workspace_id = place.id)
                  AND (g.model_slugs = '[]'::jsonb
                       OR g.model_slugs ? (SELECT slug FROM inventory_model WHERE id = asked.model_id))
            ))
            FROM accounts_workspace place
            WHERE asked.model_id IS NULL
               OR place.id = (SELECT workspace_id FROM inventory_model WHERE id = asked.model_id)
        )
        ORDER BY known.line DESC LIMIT 1
    ), '')
$$;

CREATE OR REPLACE FUNCTION refuse_vote_without_quorum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked workflows_changerequest := NEW;
    rules jsonb;
    sponsor text;
    votes integer;
    of_second integer;
    of_sponsor integer;
    why text := '';
BEGIN
    SELECT coalesce(document -> 'committee', '{}') INTO rules FROM inventory_policy ORDER BY number DESC LIMIT 1;
    sponsor := CASE
        WHEN asked.requester_id IS NOT NULL THEN line_of_defence(asked.requester_id, asked, asked.requested_at)
        WHEN asked.model_id IS NOT NULL THEN 'first'
        ELSE ''
    END;
    SELECT count(*), count(*) FILTER (WHERE cast_in.line = 'second'),
           count(*) FILTER (WHERE cast_in.line = sponsor AND sponsor <> '')
    INTO votes, of_second, of_sponsor
    FROM (
        SELECT line_of_defence(coalesce(on_behalf_of_id, person_id), asked, clock_timestamp()) AS line
        FROM workflows_decision
        WHERE change_id = asked.id AND role = 'committee' AND voided_at IS NULL AND meaning <> 'recused'
    ) AS cast_in;
    IF votes < coalesce((rules ->> 'quorum')::integer, 3) THEN
        why := format('a vote of the committee needs its quorum of %s', coalesce(rules ->> 'quorum', '3'));
    ELSIF of_second < coalesce((rules ->> 'of_second_line')::integer, 1) THEN
        why := 'a vote of the committee needs the second line in it';
    ELSIF 2 * of_sponsor > votes THEN
        why := format('the %s line asked for it and is not the majority of those who vote', sponsor);
    END IF;
    IF why <> '' THEN
        RAISE EXCEPTION '%', why USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BACK = """
CREATE OR REPLACE FUNCTION refuse_vote_without_quorum() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    quorum integer;
BEGIN
    SELECT (document #>> '{committee,quorum}')::integer INTO quorum FROM inventory_policy ORDER BY number DESC LIMIT 1;
    IF (SELECT count(*) FROM workflows_decision
        WHERE change_id = NEW.id AND role = 'committee' AND voided_at IS NULL AND meaning <> 'recused') < quorum THEN
        RAISE EXCEPTION 'a vote of the committee needs its quorum of %', quorum USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP FUNCTION line_of_defence;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0042_begin_arrangements_by_decision"),
        ("accounts", "0012_end_roles_and_keep_confirmations"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, BACK)]
