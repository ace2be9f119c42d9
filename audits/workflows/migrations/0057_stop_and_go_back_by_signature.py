"""At the end of a transaction a suspension, and a roll-back, stands on the signature of whoever ordered it.

The entry of the act cites it, and it is theirs, over this very subject, of that hour, and not void.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION is_signed(about text, act text, who uuid, moment timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM trail_entry told
        JOIN accounts_signature signed ON signed.id::text = told.details #>> '{signature,id}'
        WHERE told.subject = about AND told.action = act AND told.actor_id = who::text
          AND signed.person_id = who AND signed.subject = about AND signed.voided_at IS NULL
          AND signed.statement_digest = told.details #>> '{signature,statement_digest}'
          AND signed.signed_at BETWEEN moment - interval '1 hour' AND moment + interval '1 hour'
    )
$$;

CREATE FUNCTION refuse_unsigned_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (
        NEW.kind = 'suspension'
        AND is_signed('inventory.Model:' || NEW.model_id, 'model.suspended', NEW.begun_by_id, NEW.starts_at)
        OR NEW.kind = 'rollback'
        AND is_signed('inventory.ModelVersion:' || NEW.version_id, 'version.returned', NEW.begun_by_id, NEW.starts_at)
    ) THEN
        RAISE EXCEPTION '% is ordered by the signature of one person, and there is none', NEW.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_order_is_signed AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind IN ('suspension', 'rollback'))
    EXECUTE FUNCTION refuse_unsigned_order();
"""
UNDO = """
DROP TRIGGER workflows_arrangement_order_is_signed ON workflows_arrangement;
DROP FUNCTION refuse_unsigned_order;
DROP FUNCTION is_signed;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0056_mark_standings_by_determinations"),
        ("accounts", "0015_keep_tokens_and_count_roles"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
