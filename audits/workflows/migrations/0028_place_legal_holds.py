from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("workflows", "0027_refuse_to_leave_tier_1_unsigned")]

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
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="changerequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("retraining", "Retraining"),
                    ("promotion", "Promotion"),
                    ("retirement", "Retirement"),
                    ("approval", "Approval for use"),
                    ("exception", "Exception"),
                    ("overlay", "Overlay"),
                    ("risk_acceptance", "Risk acceptance"),
                    ("tier_change", "Tier change"),
                    ("policy_change", "Policy change"),
                    ("resumption", "Lifting of a suspension"),
                    ("break_glass", "Emergency release"),
                    ("extension", "More time for a finding"),
                    ("legal_hold", "Legal hold"),
                    ("hold_release", "Release of a legal hold"),
                ],
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint("arrangement", "arrangement_has_an_end"),
        migrations.AddConstraint(
            "arrangement",
            models.CheckConstraint(
                condition=Q(kind__in=["suspension", "legal_hold"]) | Q(ends_at__isnull=False),
                name="arrangement_has_an_end",
            ),
        ),
    ]
