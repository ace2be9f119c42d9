"""What a supervisor said of a version is kept by nobody who answers for it, nor by who asks for its release."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_word_of_who_answers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about inventory_modelversion;
BEGIN
    SELECT * INTO about FROM inventory_modelversion WHERE id = NEW.version_id;
    IF made_artifact_of(about.id, NEW.recorded_by_id) OR owns_version_or_did_lately(about.id, NEW.recorded_by_id::text)
       OR develops_or_did_lately(about.model_id, about.id, ARRAY[NEW.recorded_by_id])
       OR EXISTS (
        SELECT FROM workflows_retraining trained JOIN workflows_changerequest asked ON asked.id = trained.change_id
        WHERE trained.candidate_id = about.id AND asked.requester_id = NEW.recorded_by_id
    ) THEN
        RAISE EXCEPTION 'who answers for a version does not say what the supervisor said of it'
            USING ERRCODE = 'restrict_violation';
    ELSIF EXISTS (
        SELECT FROM workflows_changerequest
        WHERE version_id = about.id AND requester_id = NEW.recorded_by_id AND state = 'pending'
          AND kind IN ('promotion', 'break_glass', 'approval')
    ) THEN
        RAISE EXCEPTION 'whoever asks for the release of a version does not say what the supervisor said of it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_supervisoryrecord_by_another BEFORE INSERT ON workflows_supervisoryrecord
    FOR EACH ROW EXECUTE FUNCTION refuse_word_of_who_answers();

CREATE FUNCTION refuse_request_on_own_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM workflows_supervisoryrecord
        WHERE version_id = NEW.version_id AND recorded_by_id = NEW.requester_id
    ) THEN
        RAISE EXCEPTION 'whoever kept what the supervisor said of a version does not ask for its release'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER workflows_changerequest_on_the_word_of_another BEFORE INSERT ON workflows_changerequest
    FOR EACH ROW WHEN (NEW.kind IN ('promotion', 'break_glass', 'approval'))
    EXECUTE FUNCTION refuse_request_on_own_word();
"""
UNDO = """
DROP TRIGGER workflows_changerequest_on_the_word_of_another ON workflows_changerequest;
DROP FUNCTION refuse_request_on_own_word;
DROP TRIGGER workflows_supervisoryrecord_by_another ON workflows_supervisoryrecord;
DROP FUNCTION refuse_word_of_who_answers;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0079_shed_nothing_by_another_number"),
        ("assessments", "0010_keep_former_owners_from_deciding"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
