"""Roles that were given before stay in force, and say why nobody else approved them."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

EARLIER = "Given before a second person had to approve it."


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_make_signatures_immutable"),
    ]

    operations = [
        migrations.CreateModel(
            name="Recertification",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("pending", "Awaits confirmation"),
                            ("confirmed", "Confirmed"),
                            ("lapsed", "Lapsed"),
                            ("over", "The role ended before"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["due_at", "grant__person__display_name"],
            },
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="alone_because",
            field=models.TextField(blank=True, default=EARLIER),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants_decided",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="ended_because",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="model_slugs",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="proposed_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="state",
            field=models.CharField(
                choices=[
                    ("proposed", "Proposed"),
                    ("granted", "Granted"),
                    ("refused", "Refused"),
                    ("revoked", "Revoked"),
                    ("lapsed", "Lapsed"),
                ],
                default="granted",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "rolegrant",
            "state",
            models.CharField(
                choices=[
                    ("proposed", "Proposed"),
                    ("granted", "Granted"),
                    ("refused", "Refused"),
                    ("revoked", "Revoked"),
                    ("lapsed", "Lapsed"),
                ],
                default="proposed",
                max_length=10,
            ),
        ),
        migrations.AlterField("rolegrant", "alone_because", models.TextField(blank=True)),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["proposed", "granted", "refused", "revoked", "lapsed"])),
                name="grant_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "granted"), _negated=True),
                    ("decided_by__isnull", False),
                    models.Q(("alone_because", ""), _negated=True),
                    _connector="OR",
                ),
                name="grant_has_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(
                        models.Q(
                            models.Q(("decided_by", models.F("granted_by")), _negated=True),
                            ("granted_by__isnull", True),
                            _connector="OR",
                        ),
                        models.Q(("decided_by", models.F("person")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="second_person_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "proposed")),
                fields=("person", "role", "workspace"),
                name="one_proposal_per_role_and_place",
                nulls_distinct=False,
            ),
        ),
        migrations.AddField(
            model_name="recertification",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="roles_confirmed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="recertification",
            name="grant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="recertifications", to="accounts.rolegrant"
            ),
        ),
        migrations.AddConstraint(
            model_name="recertification",
            constraint=models.UniqueConstraint(
                fields=("grant", "opened_at"), name="one_recertification_per_grant_and_cycle"
            ),
        ),
        migrations.AddConstraint(
            model_name="recertification",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["pending", "confirmed", "lapsed", "over"])),
                name="recertification_is_known",
            ),
        ),
    ]
