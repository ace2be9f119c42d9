"""At the end of a transaction the hash of a password is the one that the last entry about it tells of.

It binds whoever writes past the services. Of hashes that stand already, `manage.py prepare` makes the entries.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION refuse_unrecorded_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT encode(sha256(convert_to(password, 'UTF8')), 'hex') FROM accounts_person WHERE id = NEW.id)
       IS DISTINCT FROM (
        SELECT details ->> 'password' FROM trail_entry
        WHERE subject = 'accounts.Person:' || NEW.id AND details ? 'password'
          AND action IN ('person.created', 'person.password_chosen', 'person.password_hashed')
        ORDER BY position DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'a password is put down with the entry that says so, and there is none'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_person_begins_with_its_password AFTER INSERT ON accounts_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unrecorded_password();
CREATE CONSTRAINT TRIGGER accounts_person_password_is_recorded AFTER UPDATE ON accounts_person
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.password <> OLD.password)
    EXECUTE FUNCTION refuse_unrecorded_password();
"""
UNDO = """
DROP TRIGGER accounts_person_password_is_recorded ON accounts_person;
DROP TRIGGER accounts_person_begins_with_its_password ON accounts_person;
DROP FUNCTION refuse_unrecorded_password;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_sign_by_no_bare_password"),
        ("trail", "0008_index_entries_in_their_order"),
    ]

    operations = [migrations.RunSQL(FUNCTIONS, UNDO)]
