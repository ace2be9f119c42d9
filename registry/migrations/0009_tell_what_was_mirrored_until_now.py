"""Until now a model was followed by its name here, so that is what the master calls it, unless it is told as gone."""

from django.db import migrations

KNOWN = """
INSERT INTO registry_modelfacts (model_id, touched_at, deleted_name, mirrors)
    SELECT model.id, model.edited_at, '', model.name FROM inventory_model model
    WHERE EXISTS (SELECT FROM inventory_modelversion WHERE model_id = model.id AND origin LIKE 'mlflow:%')
      AND NOT EXISTS (
        SELECT FROM registry_modeltag WHERE model_id = model.id AND key = 'mlflow.gone' AND value = 'true'
    )
    ON CONFLICT (model_id) DO UPDATE SET mirrors = EXCLUDED.mirrors WHERE registry_modelfacts.deleted_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0008_keep_what_the_master_calls_a_model"),
    ]

    operations = [migrations.RunSQL(KNOWN, migrations.RunSQL.noop)]
