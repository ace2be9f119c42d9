from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_keep_tokens_and_count_roles"),
        ("inventory", "0043_tell_who_let_a_survey_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="model",
            name="tier_hint",
            field=models.CharField(blank=True, choices=[("1", "1"), ("2", "2"), ("3", "3")], max_length=30),
        ),
        migrations.AddConstraint(
            model_name="model",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier_hint__in", ["", "1", "2", "3"])), name="tier_hint_is_known"
            ),
        ),
    ]
