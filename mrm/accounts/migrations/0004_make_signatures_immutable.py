"""A signature can be voided, once; nothing else about it ever changes, and it is never deleted."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION keep_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL AND NEW.voided_at IS NOT NULL
       AND to_jsonb(NEW) - 'voided_at' - 'voided_because' = to_jsonb(OLD) - 'voided_at' - 'voided_because' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a signature is never changed or deleted, only voided' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_signature_rows_stay BEFORE UPDATE OR DELETE ON accounts_signature
    FOR EACH ROW EXECUTE FUNCTION keep_signature();
CREATE TRIGGER accounts_signature_stays BEFORE TRUNCATE ON accounts_signature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BACK = """
DROP TRIGGER accounts_signature_stays ON accounts_signature;
DROP TRIGGER accounts_signature_rows_stay ON accounts_signature;
DROP FUNCTION keep_signature;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_keep_signatures"), ("trail", "0002_make_append_only")]

    operations = [migrations.RunSQL(FUNCTION, BACK)]
