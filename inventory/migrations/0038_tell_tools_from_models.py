from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0037_doubts_name_their_use")]

    operations = [
        migrations.AddIndex(
            model_name="determination",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True), ("verdict", "not_a_model")),
                fields=["model"],
                name="tools_of_the_register",
            ),
        ),
    ]
