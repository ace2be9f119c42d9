"""A model is ended with the signed agreement of who owns it."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_end_without_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_signature signed
        JOIN workflows_changerequest asked ON asked.id = NEW.change_id
        JOIN inventory_model model ON model.id = asked.model_id
        WHERE signed.id = NEW.agreement_id AND signed.person_id = model.owner_id AND signed.voided_at IS NULL
          AND signed.subject = 'workflows.Retirement:' || NEW.id
          AND signed.statement ->> 'outcome' = 'retirement_agreed'
    ) THEN
        RAISE EXCEPTION 'a model ends with the signed agreement of who owns it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_retirement_is_agreed_to BEFORE UPDATE ON workflows_retirement FOR EACH ROW
    WHEN (NEW.state = 'retired' AND OLD.state <> 'retired') EXECUTE FUNCTION refuse_end_without_owner();
"""
UNDO = """
DROP TRIGGER workflows_retirement_is_agreed_to ON workflows_retirement;
DROP FUNCTION refuse_end_without_owner;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0062_have_owners_agree_to_retirements")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
