"""At the end of a transaction a single use goes on, or has ended, by what was decided about it.

What a person ordered about one use holds until its order is over: a suspension by an approved request that names the
use, a restriction by another of the second line. A use that was approved ends by an approved request or with its model.
"""

from importlib import import_module

from django.db import migrations

DECIDED = import_module("audits.workflows.migrations.0042_begin_arrangements_by_decision").FUNCTIONS
SIGNED = import_module("audits.workflows.migrations.0057_stop_and_go_back_by_signature").FUNCTIONS


def function(source: str, name: str) -> str:
    """Its definition, so that it replaces the one before."""
    begun = source[source.index(f"CREATE FUNCTION {name}") :]
    return begun[: begun.index("END $$;")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") + "END $$;\n"


LIFTED = function(DECIDED, "refuse_resumption_without_decision")
RUNNING = function(DECIDED, "refuse_to_run_while_suspended")
ORDERED = function(SIGNED, "refuse_unsigned_order")
OF_A_USE = """
    IF EXISTS (SELECT FROM inventory_use WHERE id = NEW.use_id AND state = 'ended') THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS"""
ABOUT = """asked.kind = 'resumption' AND asked.terms ->> 'use' IS NOT DISTINCT FROM
                  (SELECT number::text FROM inventory_use WHERE id = NEW.use_id)"""
BY_SIGNATURE = """
        NEW.use_id IS NULL AND NEW.kind = 'suspension'"""
OF_ONE_USE = """
        OR is_signed('inventory.Use:' || NEW.use_id,
                     CASE NEW.kind WHEN 'suspension' THEN 'use.suspended' ELSE 'use.restricted' END,
                     NEW.begun_by_id, NEW.starts_at)
    ) THEN"""
REPLACED = LIFTED.replace("IF NOT EXISTS", OF_A_USE.strip(), 1).replace("asked.kind = 'resumption'", ABOUT) + (
    RUNNING.replace("kind = 'suspension' AND", "kind = 'suspension' AND use_id IS NULL AND")
    + ORDERED.replace("\n        NEW.kind = 'suspension'", BY_SIGNATURE).replace("\n    ) THEN", OF_ONE_USE)
)
TRIGGERS = """
DROP TRIGGER workflows_arrangement_order_is_signed ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_order_is_signed AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind IN ('suspension', 'restriction', 'rollback'))
    EXECUTE FUNCTION refuse_unsigned_order();
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind NOT IN ('suspension', 'restriction', 'rollback'))
    EXECUTE FUNCTION refuse_arrangement_without_decision();
DROP TRIGGER workflows_arrangement_ends_on_a_ground ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_ends_on_a_ground AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'closed' AND OLD.state <> 'closed'
          AND NEW.kind NOT IN ('suspension', 'restriction', 'legal_hold'))
    EXECUTE FUNCTION refuse_end_without_ground();

CREATE FUNCTION refuse_end_of_restriction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM inventory_use WHERE id = NEW.use_id AND state = 'ended')
       OR NEW.ended_by_id IS DISTINCT FROM NEW.begun_by_id
          AND NEW.ended_by_id IS DISTINCT FROM (SELECT owner_id FROM inventory_model WHERE id = NEW.model_id)
          AND held_one_of(NEW.ended_by_id,
                          ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer'],
                          NEW.model_id, NEW.ended_at)
          AND EXISTS (SELECT FROM trail_entry WHERE subject = 'workflows.Arrangement:' || NEW.id
                      AND action = 'arrangement.closed' AND actor_id = NEW.ended_by_id::text)
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is ended by another of the second line than the owner and who ordered it', NEW.reference
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER workflows_arrangement_restriction_is_lifted AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.kind = 'restriction' AND NEW.state <> OLD.state) EXECUTE FUNCTION refuse_end_of_restriction();

CREATE FUNCTION refuse_to_go_on_while_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    standing text;
BEGIN
    SELECT reference INTO standing FROM workflows_arrangement
        WHERE use_id = NEW.id AND state = 'active'
          AND kind = CASE OLD.held WHEN 'restricted' THEN 'restriction' ELSE 'suspension' END;
    IF FOUND AND EXISTS (SELECT FROM inventory_use
                         WHERE id = NEW.id AND held NOT IN (OLD.held, 'suspended') AND state <> 'ended') THEN
        RAISE EXCEPTION '“%” goes on when % is over', NEW.title, standing USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_use_is_held_as_ordered AFTER UPDATE ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.held <> '' AND NEW.held <> OLD.held)
    EXECUTE FUNCTION refuse_to_go_on_while_held();

CREATE FUNCTION refuse_end_of_use_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM inventory_model WHERE id = NEW.model_id AND status = 'retired') AND NOT EXISTS (
        SELECT FROM workflows_changerequest asked
        WHERE asked.model_id = NEW.model_id AND asked.kind = 'use_ending' AND was_approved(asked.id)
          AND asked.terms ->> 'use' = NEW.number::text
          AND NEW.ended_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) THEN
        RAISE EXCEPTION '“%” ends by an approved request that names it, or with its model', NEW.title
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_use_end_is_decided AFTER UPDATE ON inventory_use
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'ended' AND OLD.state NOT IN ('proposed', 'ended'))
    EXECUTE FUNCTION refuse_end_of_use_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_use_end_is_decided ON inventory_use;
DROP FUNCTION refuse_end_of_use_without_decision;
DROP TRIGGER inventory_use_is_held_as_ordered ON inventory_use;
DROP FUNCTION refuse_to_go_on_while_held;
DROP TRIGGER workflows_arrangement_restriction_is_lifted ON workflows_arrangement;
DROP FUNCTION refuse_end_of_restriction;
DROP TRIGGER workflows_arrangement_ends_on_a_ground ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_ends_on_a_ground AFTER UPDATE ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state = 'closed' AND OLD.state <> 'closed' AND NEW.kind NOT IN ('suspension', 'legal_hold'))
    EXECUTE FUNCTION refuse_end_without_ground();
DROP TRIGGER workflows_arrangement_is_decided ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_is_decided AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind NOT IN ('suspension', 'rollback'))
    EXECUTE FUNCTION refuse_arrangement_without_decision();
DROP TRIGGER workflows_arrangement_order_is_signed ON workflows_arrangement;
CREATE CONSTRAINT TRIGGER workflows_arrangement_order_is_signed AFTER INSERT ON workflows_arrangement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind IN ('suspension', 'rollback'))
    EXECUTE FUNCTION refuse_unsigned_order();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0058_restrict_and_suspend_single_uses"),
        ("inventory", "0040_ease_suspended_uses"),
    ]

    operations = [migrations.RunSQL(REPLACED + TRIGGERS, UNDO + LIFTED + RUNNING + ORDERED)]
