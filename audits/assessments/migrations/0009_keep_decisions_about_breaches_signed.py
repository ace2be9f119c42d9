"""What is done about a breach is decided by a signature over it; it is closed after that, or with its version.

Decisions of before there were signatures stay as they are.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unsigned_breach_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_signature signed
        WHERE signed.id = NEW.signature_id AND signed.person_id = NEW.person_id AND signed.voided_at IS NULL
          AND signed.subject = 'assessments.Breach:' || NEW.breach_id
          AND signed.statement ->> 'outcome' = NEW.decision AND signed.statement ->> 'comment' = NEW.text
    ) THEN
        RAISE EXCEPTION 'what is done about a breach is decided by the signature of whoever decides'
            USING ERRCODE = 'restrict_violation';
    ELSIF EXISTS (
        SELECT FROM assessments_breach breach
        JOIN inventory_modelversion version ON version.id = breach.version_id
        JOIN inventory_model model ON model.id = version.model_id
        WHERE breach.id = NEW.breach_id AND model.owner_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'the owner of a model does not decide what is done about its breaches'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_breachstep_decision_is_signed BEFORE INSERT ON assessments_breachstep
    FOR EACH ROW WHEN (NEW.kind = 'decision') EXECUTE FUNCTION refuse_unsigned_breach_decision();

CREATE FUNCTION refuse_to_close_undecided_breach() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM assessments_breachstep WHERE breach_id = NEW.id AND kind = 'decision')
       AND NOT EXISTS (SELECT FROM inventory_modelversion
                       WHERE id = NEW.version_id AND stage IN ('superseded', 'retired')) THEN
        RAISE EXCEPTION 'a breach is closed after it was decided what is done about it, or with its version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER assessments_breach_closed_is_decided AFTER UPDATE ON assessments_breach
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL)
    EXECUTE FUNCTION refuse_to_close_undecided_breach();
"""
UNDO = """
DROP TRIGGER assessments_breach_closed_is_decided ON assessments_breach;
DROP FUNCTION refuse_to_close_undecided_breach;
DROP TRIGGER assessments_breachstep_decision_is_signed ON assessments_breachstep;
DROP FUNCTION refuse_unsigned_breach_decision;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0008_sign_decisions_about_breaches"),
        ("accounts", "0004_make_signatures_immutable"),
        ("inventory", "0036_take_the_steps_of_their_tables"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
