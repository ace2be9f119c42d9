"""At the end of a transaction a model that was in production has ended by a retirement that was decided and signed.

Where a workspace is not governed, its MLflow clients delete their models themselves; that alone needs no decision, and
so this lies here, in the app that knows which workspaces those are.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_retirement_without_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM inventory_modelversion WHERE model_id = NEW.id AND promoted_at IS NOT NULL)
       OR EXISTS (
        SELECT FROM workflows_retirement ending
        JOIN workflows_changerequest asked ON asked.id = ending.change_id
        JOIN accounts_signature signed ON signed.id = ending.signature_id
        WHERE asked.model_id = NEW.id AND asked.kind = 'retirement' AND was_approved(asked.id)
          AND ending.state IN ('retired', 'archived') AND signed.subject = 'workflows.Retirement:' || ending.id
          AND NEW.retired_at BETWEEN asked.decided_at AND coalesce(asked.completed_at, 'infinity')
    ) OR EXISTS (
        SELECT FROM registry_registryrules rules
        JOIN registry_modelfacts facts ON facts.model_id = NEW.id AND facts.deleted_at IS NOT NULL
        WHERE rules.workspace_id = NEW.workspace_id AND NOT rules.governed
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the model % was in production: it is retired by an approved request, signed, and there is none',
        NEW.slug USING ERRCODE = 'restrict_violation';
END $$;
CREATE CONSTRAINT TRIGGER inventory_model_retirement_is_decided AFTER UPDATE ON inventory_model
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'retired' AND OLD.status <> 'retired')
    EXECUTE FUNCTION refuse_retirement_without_decision();
"""
UNDO = """
DROP TRIGGER inventory_model_retirement_is_decided ON inventory_model;
DROP FUNCTION refuse_retirement_without_decision;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_keep_what_is_on_hold"),
        ("workflows", "0032_publish_only_decided_policies"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
