"""The pen in the database: entries get their place in the tree where the tree is, in the statement that appends them.

A writer hands over the canonical bytes of each entry in four pieces, cut where its time, its position and the leaf
before it belong, which are known only once the head is locked. So the head is locked for one statement, and not while
a program works out hashes.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION append_to_trail(moment timestamptz, entries jsonb, tells_of_clock boolean DEFAULT false)
RETURNS TABLE (its_position bigint, its_time timestamptz, its_previous text, its_leaf text) LANGUAGE plpgsql AS $$
DECLARE
    head trail_head;
    behind boolean;
    tips bytea[];
    entry jsonb;
    node bytea;
    tree_level int;
    tree_index bigint;
BEGIN
    SELECT * INTO head FROM trail_head WHERE id = 1 FOR UPDATE;
    -- Clocks of hosts that are kept in time differ by two seconds at most. No row: say first that it was set back.
    behind := coalesce(moment < head.last_at - interval '2 seconds', false);
    IF behind AND NOT head.clock_is_behind AND NOT tells_of_clock THEN
        RETURN;
    END IF;
    its_time := greatest(moment, head.last_at);  -- An entry is never dated before the one before it.
    tips := ARRAY(SELECT decode(value, 'hex') FROM jsonb_array_elements_text(head.frontier));
    FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
        its_position := head.length;
        its_previous := head.last_leaf;
        node := sha256('\\x00'::bytea || convert_to(concat(
            entry -> 'pieces' ->> 0,
            '"', to_char(its_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '+00:00"',
            entry -> 'pieces' ->> 1, its_position, entry -> 'pieces' ->> 2, to_json(its_previous),
            entry -> 'pieces' ->> 3), 'UTF8'));
        its_leaf := encode(node, 'hex');
        INSERT INTO trail_entry (position, at, actor_id, actor_name, authenticated_by, action, subject, subject_name,
                                 model_slug, details, request_id, previous, leaf_hash)
        VALUES (its_position, its_time, entry ->> 'actor_id', entry ->> 'actor_name', entry ->> 'authenticated_by',
                entry ->> 'action', entry ->> 'subject', entry ->> 'subject_name', entry ->> 'model_slug',
                entry -> 'details', entry ->> 'request_id', its_previous, its_leaf);
        tree_level := 0;
        tree_index := its_position;
        WHILE tree_index & 1 = 1 LOOP
            node := sha256('\\x01'::bytea || tips[cardinality(tips)] || node);
            tips := trim_array(tips, 1);
            tree_level := tree_level + 1;
            tree_index := tree_index >> 1;
            INSERT INTO trail_subtree (level, index, hash) VALUES (tree_level, tree_index, encode(node, 'hex'));
        END LOOP;
        tips := tips || node;
        head.length := head.length + 1;
        head.last_leaf := its_leaf;
        RETURN NEXT;
    END LOOP;
    UPDATE trail_head SET
        length = head.length,
        frontier = (SELECT coalesce(jsonb_agg(encode(hash, 'hex') ORDER BY place), '[]')
                    FROM unnest(tips) WITH ORDINALITY AS kept(hash, place)),
        last_leaf = head.last_leaf, last_at = its_time, clock_is_behind = behind
    WHERE id = 1;
END $$;

CREATE FUNCTION refuse_unless(holds boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION 'what this was decided on has changed since' USING ERRCODE = 'serialization_failure';
    END IF;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION refuse_unless;
DROP FUNCTION append_to_trail;
"""


class Migration(migrations.Migration):
    dependencies = [("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS)]
