"""At the end of a transaction an opinion in force was agreed to by a second validator and approved by a third person.

Both by signature, of which an entry tells; whoever approved held the role at that moment.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION refuse_unapproved_opinion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM workflows_validationrequest asked
        JOIN workflows_validationreview agreeing ON agreeing.opinion_id = NEW.id AND agreeing.step = 'review'
        JOIN workflows_validationreview approving ON approving.opinion_id = NEW.id AND approving.step = 'approval'
        CROSS JOIN LATERAL (SELECT 'workflows.ValidationRequest:' || asked.id AS about) named
        WHERE asked.id = NEW.request_id AND agreeing.agreed AND approving.agreed
          AND agreeing.voided_at IS NULL AND approving.voided_at IS NULL AND agreeing.person_id <> NEW.person_id
          AND approving.person_id NOT IN (NEW.person_id, agreeing.person_id)
          AND is_signed(about, 'validation.reviewed', agreeing.person_id, agreeing.signed_at)
          AND is_signed(about, 'validation.approved', approving.person_id, NEW.approved_at)
          AND held_one_of(approving.person_id, ARRAY['head_of_validation', 'risk_officer'],
                          asked.model_id, NEW.approved_at)
    ) THEN
        RAISE EXCEPTION 'an opinion is in force once a second validator and whoever approves it have signed'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_validationopinion_is_approved AFTER UPDATE ON workflows_validationopinion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.approved_at IS NOT NULL AND OLD.approved_at IS NULL)
    EXECUTE FUNCTION refuse_unapproved_opinion();
CREATE CONSTRAINT TRIGGER workflows_validationopinion_begins_unapproved AFTER INSERT ON workflows_validationopinion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.approved_at IS NOT NULL)
    EXECUTE FUNCTION refuse_unapproved_opinion();
"""
UNDO = """
DROP TRIGGER workflows_validationopinion_begins_unapproved ON workflows_validationopinion;
DROP TRIGGER workflows_validationopinion_is_approved ON workflows_validationopinion;
DROP FUNCTION refuse_unapproved_opinion;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0114_keep_compliance_until_the_tier_is_confirmed")]

    operations = [migrations.RunSQL(FUNCTION, UNDO)]
