"""Nothing that MLflow clients said about a model on legal hold is deleted, by the services or past them."""

from django.db import migrations

TABLES = ("registry_modelfacts", "registry_modeltag", "registry_versionfacts", "registry_versiontag")


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_answer_a_call_once"), ("workflows", "0029_keep_what_is_on_hold")]

    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_stays_on_hold BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_deletion_on_hold()",
            f"DROP TRIGGER {table}_stays_on_hold ON {table}",
        )
        for table in TABLES
    ]
