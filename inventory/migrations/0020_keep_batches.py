"""A batch of predictions stays as it was received; its profile is noted once."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.profile_sha256 = ''
       AND to_jsonb(NEW) - 'profile_sha256' = to_jsonb(OLD) - 'profile_sha256' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a batch is never changed or deleted' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER inventory_predictionbatch_rows_stay BEFORE UPDATE OR DELETE ON inventory_predictionbatch
    FOR EACH ROW EXECUTE FUNCTION keep_batch();
CREATE TRIGGER inventory_predictionbatch_stays BEFORE TRUNCATE ON inventory_predictionbatch
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER inventory_predictionbatch_stays ON inventory_predictionbatch;
DROP TRIGGER inventory_predictionbatch_rows_stay ON inventory_predictionbatch;
DROP FUNCTION keep_batch;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0019_know_restricted_and_suspended_models"), ("trail", "0006_keep_what_is_finished")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
