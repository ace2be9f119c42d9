"""A roll-back holds about a model; at most one at a time."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0037_doubts_name_their_use"),
        ("workflows", "0045_loosen_no_tier_before_it_is_confirmed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="arrangement",
            name="kind",
            field=models.CharField(
                choices=[
                    ("approval", "Approval"),
                    ("condition", "Condition of use"),
                    ("exception", "Exception"),
                    ("overlay", "Overlay"),
                    ("acceptance", "Accepted risk"),
                    ("break_glass", "Emergency release"),
                    ("suspension", "Suspension"),
                    ("validation", "Validation"),
                    ("legal_hold", "Legal hold"),
                    ("rollback", "Roll-back"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="arrangement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "rollback"), ("state", "active")),
                fields=("model",),
                name="one_active_rollback_per_model",
            ),
        ),
    ]
