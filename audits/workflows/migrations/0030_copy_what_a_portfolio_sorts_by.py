"""What is kept of how a model stands is computed, so the table is made anew rather than filled in part."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import inventory.states


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0011_give_notices_a_second_form"),
        ("inventory", "0030_keep_doubts_about_tiers"),
        ("workflows", "0029_keep_what_is_on_hold"),
    ]

    operations = [
        migrations.DeleteModel("Standing"),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "model",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="inventory.model",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.workspace",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("slug", models.TextField()),
                ("name", models.TextField()),
                ("tier", models.PositiveSmallIntegerField()),
                ("tier_is_provisional", models.BooleanField()),
                ("status", models.CharField(max_length=20)),
                (
                    "is_retired",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Q(("status", inventory.states.Status["RETIRED"])),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("within", "Within"),
                            ("amber", "Amber"),
                            ("red", "Red"),
                            ("insufficient", "Insufficient"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=20,
                    ),
                ),
                ("badness", models.PositiveSmallIntegerField()),
                ("next_due_at", models.DateTimeField(null=True)),
                ("finding_due_on", models.DateField(null=True)),
                ("validation_due_on", models.DateField(null=True)),
                ("in_use_without_approval", models.BooleanField(default=False)),
                ("counted_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["is_retired", "badness", "tier", "name", "model"], name="standings_worst_first"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["", "within", "amber", "red", "insufficient", "unknown"])),
                        name="standing_verdict_is_known",
                    )
                ],
            },
        ),
    ]
