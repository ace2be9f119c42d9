from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0054_refuse_closures_by_who_had_a_part")]

    operations = [
        migrations.AddField(model_name="validationopinion", name="realised", field=models.JSONField(default=dict)),
    ]
