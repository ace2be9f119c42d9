"""A report takes the steps of its table (reports/states.py), and keeps what it was asked for and sealed as.

At the end of a transaction what is signed stands on the signature of a risk officer over these very digests, who
neither asked for it nor answers for its model; what is published on the second line; what is superseded on another.
"""

from django.db import migrations

FUNCTIONS = """
DROP TRIGGER reports_report_rows_stay ON reports_report;
CREATE FUNCTION keep_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moves text[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        moves := CASE OLD.state
            WHEN 'requested' THEN ARRAY['state', 'attempts', 'step', 'reason', 'sealed_at', 'version_id', 'pdf_sha256',
                                        'pdf_bytes', 'evidence_sha256']
            WHEN 'sealed' THEN ARRAY['state']
            WHEN 'signed' THEN ARRAY['state', 'published_at', 'published_by_id']
            WHEN 'published' THEN ARRAY['state', 'superseded_by_id']
            ELSE '{}' END;
        IF OLD.state IN ('requested', 'sealed', 'signed', 'published')
           AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what a report was asked for and sealed as is never changed, and none is deleted'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER reports_report_rows_stay BEFORE UPDATE OR DELETE ON reports_report
    FOR EACH ROW EXECUTE FUNCTION keep_report();
CREATE TRIGGER reports_report_takes_its_steps BEFORE UPDATE ON reports_report FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('requested', 'sealed'), ('requested', 'failed'), ('sealed', 'signed'), ('signed', 'published'),
        ('published', 'superseded')))
    EXECUTE FUNCTION refuse_step('state');
CREATE TRIGGER reports_reportsignature_rows_stay BEFORE UPDATE OR DELETE ON reports_reportsignature
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reports_reportsignature_stays BEFORE TRUNCATE ON reports_reportsignature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_unfounded_signature_of_report() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about reports_report;
    signed accounts_signature;
    which text := 'reports.Report:' || NEW.report_id;
BEGIN
    SELECT * INTO about FROM reports_report WHERE id = NEW.report_id;
    SELECT * INTO signed FROM accounts_signature WHERE id = NEW.signature_id;
    IF about.state NOT IN ('signed', 'published', 'superseded')
       OR (signed.person_id, signed.subject) IS DISTINCT FROM (NEW.person_id, which::varchar)
       OR NOT is_signed(which, 'report.signed', NEW.person_id, signed.signed_at)
       OR (signed.statement #>> '{terms,sha256}', signed.statement #>> '{terms,evidence_sha256}')
          IS DISTINCT FROM (about.pdf_sha256::text, about.evidence_sha256::text)
       OR NOT held_one_of(NEW.person_id, ARRAY['risk_officer'], about.model_id, signed.signed_at) THEN
        RAISE EXCEPTION 'the report % is signed by a risk officer over the file that was sealed', about.reference
            USING ERRCODE = 'restrict_violation';
    ELSIF NEW.person_id = about.requested_by_id OR EXISTS (
        SELECT FROM inventory_modelversion version
        WHERE (version.id = about.version_id OR about.version_id IS NULL AND version.model_id = about.model_id)
          AND (made_artifact_of(version.id, NEW.person_id)
               OR owns_version_or_did_lately(version.id, NEW.person_id::text)
               OR develops_or_did_lately(about.model_id, version.id, ARRAY[NEW.person_id])
               OR EXISTS (
                SELECT FROM workflows_retraining made JOIN workflows_changerequest wanted ON wanted.id = made.change_id
                WHERE made.candidate_id = version.id AND wanted.requester_id = NEW.person_id))
    ) THEN
        RAISE EXCEPTION 'neither who asked for the report % nor who answers for its model signs it', about.reference
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reports_reportsignature_is_founded AFTER INSERT ON reports_reportsignature
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unfounded_signature_of_report();

CREATE FUNCTION refuse_unsigned_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM reports_reportsignature WHERE report_id = NEW.id) THEN
        RAISE EXCEPTION 'the report % is signed by nobody', NEW.reference USING ERRCODE = 'restrict_violation';
    ELSIF NEW.state IN ('published', 'superseded') AND NOT (
        held_one_of(NEW.published_by_id,
                    ARRAY['validator', 'head_of_validation', 'risk_officer', 'chief_risk_officer', 'compliance'],
                    NEW.model_id, NEW.published_at)
        AND EXISTS (SELECT FROM trail_entry WHERE subject = 'reports.Report:' || NEW.id AND action = 'report.published'
                    AND actor_id = NEW.published_by_id::text)
    ) THEN
        RAISE EXCEPTION 'the report % is published by the second line', NEW.reference
            USING ERRCODE = 'restrict_violation';
    ELSIF NEW.state = 'superseded' AND NOT EXISTS (
        SELECT FROM reports_report later
        WHERE later.id = NEW.superseded_by_id AND later.state IN ('published', 'superseded')
          AND (later.model_id, later.kind, later.origin, NEW.origin) = (NEW.model_id, NEW.kind, '', '')
          AND (later.period_end, later.sealed_at) > (NEW.period_end, NEW.sealed_at)
    ) THEN
        RAISE EXCEPTION 'the report % is superseded by a published one that reaches as far and was sealed later',
            NEW.reference USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER reports_report_is_signed AFTER INSERT OR UPDATE ON reports_report
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('signed', 'published', 'superseded'))
    EXECUTE FUNCTION refuse_unsigned_report();
"""
UNDO = """
DROP TRIGGER reports_report_is_signed ON reports_report;
DROP FUNCTION refuse_unsigned_report;
DROP TRIGGER reports_reportsignature_is_founded ON reports_reportsignature;
DROP FUNCTION refuse_unfounded_signature_of_report;
DROP TRIGGER reports_reportsignature_stays ON reports_reportsignature;
DROP TRIGGER reports_reportsignature_rows_stay ON reports_reportsignature;
DROP TRIGGER reports_report_takes_its_steps ON reports_report;
DROP TRIGGER reports_report_rows_stay ON reports_report;
DROP FUNCTION keep_report;
CREATE TRIGGER reports_report_rows_stay BEFORE UPDATE OR DELETE ON reports_report
    FOR EACH ROW EXECUTE FUNCTION keep_once_finished('state', 'sealed,failed');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_sign_and_publish_reports"),
        ("workflows", "0107_know_who_made_what_elsewhere"),
        ("assessments", "0010_keep_former_owners_from_deciding"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
