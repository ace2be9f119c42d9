"""What a validation is of stays, and an approved opinion is set aside only by a later one that replaces it.

The rule is that of `audits.workflows.services.validations.effects.replaced_by`: a lighter review that finds no fault
leaves a full opinion in force, and what a full validation found not fit is found fit by another full one only.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION replaces(later workflows_validationopinion, earlier workflows_validationopinion) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT later.id <> earlier.id AND later.approved_at > earlier.approved_at
        AND (asked.model_id, asked.version_id) IS NOT DISTINCT FROM (before.model_id, before.version_id)
        AND (later.outcome = 'not_fit' OR asked.kind IN ('initial', 'periodic_full', 'vendor')
             OR earlier.outcome <> 'not_fit' OR before.kind NOT IN ('initial', 'periodic_full', 'vendor'))
        AND (later.outcome = 'not_fit' OR asked.kind IN ('initial', 'periodic_full', 'vendor', 'change_triggered')
             OR before.kind NOT IN ('initial', 'periodic_full', 'vendor', 'change_triggered'))
    FROM workflows_validationrequest asked, workflows_validationrequest before
    WHERE asked.id = later.request_id AND before.id = earlier.request_id
$$;

CREATE OR REPLACE FUNCTION keep_signed_of_validation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['voided_at', 'voided_because', 'approved_at', 'superseded_at'];
    before jsonb := to_jsonb(OLD);
    now_is jsonb;
    approved timestamptz := before ->> 'approved_at';
    superseded timestamptz := before ->> 'superseded_at';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        now_is := to_jsonb(NEW);
        IF now_is - ending = before - ending AND OLD.voided_at IS NULL
           AND (approved IS NULL OR NEW.voided_at IS NULL AND approved = (now_is ->> 'approved_at')::timestamptz)
           AND (superseded IS NULL OR superseded = (now_is ->> 'superseded_at')::timestamptz) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what was signed in a validation is never changed or deleted, only voided until it is approved'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_opinion_set_aside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM workflows_validationopinion later
        WHERE later.approved_at >= NEW.superseded_at AND later.voided_at IS NULL AND replaces(later, NEW)
          AND EXISTS (SELECT FROM workflows_validationreview WHERE opinion_id = later.id AND step = 'approval'
                        AND agreed AND person_id <> later.person_id)
    ) THEN
        RAISE EXCEPTION 'an opinion is set aside by a later one that was approved and replaces it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER workflows_validationopinion_is_replaced AFTER UPDATE ON workflows_validationopinion
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL)
    EXECUTE FUNCTION refuse_opinion_set_aside();

CREATE FUNCTION keep_what_a_validation_is_of() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    going_on text[] := ARRAY['state', 'content_digest', 'reason', 'closed_at'];
BEGIN
    IF to_jsonb(NEW) - going_on = to_jsonb(OLD) - going_on THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what a validation was asked for is never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_validationrequest_stays_as_asked BEFORE UPDATE ON workflows_validationrequest
    FOR EACH ROW EXECUTE FUNCTION keep_what_a_validation_is_of();
"""
UNDO = """
DROP TRIGGER workflows_validationrequest_stays_as_asked ON workflows_validationrequest;
DROP FUNCTION keep_what_a_validation_is_of;
DROP TRIGGER workflows_validationopinion_is_replaced ON workflows_validationopinion;
DROP FUNCTION refuse_opinion_set_aside;
CREATE OR REPLACE FUNCTION keep_signed_of_validation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ending text[] := ARRAY['voided_at', 'voided_because', 'approved_at', 'superseded_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ending = to_jsonb(OLD) - ending AND OLD.voided_at IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was signed in a validation is never changed or deleted, only voided'
        USING ERRCODE = 'restrict_violation';
END $$;
DROP FUNCTION replaces;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0094_fill_only_what_nobody_decided_about")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
