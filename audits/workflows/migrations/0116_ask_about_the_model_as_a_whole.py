"""What is asked about a model as a whole names no version, whose makers and validators alone would be kept from it."""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_version_of_the_askers_choice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a request of the kind % is about the model as a whole', NEW.kind
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER workflows_changerequest_is_about_its_model BEFORE INSERT ON workflows_changerequest FOR EACH ROW
    WHEN (NEW.version_id IS NOT NULL AND NEW.kind NOT IN (
        'promotion', 'approval', 'retraining', 'break_glass', 'exception', 'overlay'))
    EXECUTE FUNCTION refuse_version_of_the_askers_choice();
"""
UNDO = """
DROP TRIGGER workflows_changerequest_is_about_its_model ON workflows_changerequest;
DROP FUNCTION refuse_version_of_the_askers_choice;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0115_put_no_opinion_into_force_unsigned")]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
