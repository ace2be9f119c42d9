"""A password alone signs where the trail says that this installation is one of development, in the database too.

`manage.py prepare` says so, by the setting `MRM_DEVELOPMENT`, at its first run and whenever that has changed.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_bare_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF 'true' IS DISTINCT FROM (
        SELECT details ->> 'development' FROM trail_entry WHERE action = 'installation.prepared'
        ORDER BY position DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'a password alone signs nothing here; a passkey does, or a password with the code of an app'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_signature_by_no_bare_password BEFORE INSERT ON accounts_signature
    FOR EACH ROW WHEN (NEW.method = 'password') EXECUTE FUNCTION refuse_bare_password();
"""
UNDO = """
DROP TRIGGER accounts_signature_by_no_bare_password ON accounts_signature;
DROP FUNCTION refuse_bare_password;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_end_roles_before_their_day_by_signature"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
