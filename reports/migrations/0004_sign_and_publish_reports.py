"""A sealed report is signed, published and superseded; which version it is about is kept from now on."""

import uuid

from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT, Q

STATES = ["requested", "sealed", "failed", "signed", "published", "superseded"]
HANDED_OUT = ["published", "superseded"]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_keep_passwords_as_recorded"),
        ("inventory", "0056_find_an_artifact_in_little_memory"),
        ("reports", "0003_know_why_a_report_was_asked_for"),
    ]

    operations = [
        migrations.RemoveConstraint("report", "report_state_is_known"),
        migrations.AlterField(
            "report",
            "state",
            models.CharField(
                max_length=20, choices=[(state, state.capitalize()) for state in STATES], default="requested"
            ),
        ),
        migrations.AddField(
            "report",
            "version",
            models.ForeignKey(
                "inventory.ModelVersion", null=True, blank=True, on_delete=PROTECT, related_name="reports"
            ),
        ),
        migrations.AddField("report", "published_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "report",
            "published_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=PROTECT, related_name="reports_published"
            ),
        ),
        migrations.AddField(
            "report",
            "superseded_by",
            models.ForeignKey("reports.report", null=True, blank=True, on_delete=PROTECT, related_name="supersedes"),
        ),
        migrations.AddConstraint(
            "report", models.CheckConstraint(condition=Q(state__in=STATES), name="report_state_is_known")
        ),
        migrations.AddConstraint(
            "report",
            models.CheckConstraint(
                condition=Q(state__in=HANDED_OUT, published_at__isnull=False, published_by__isnull=False)
                | ~Q(state__in=HANDED_OUT) & Q(published_at=None, published_by=None),
                name="published_report_says_when_and_by_whom",
            ),
        ),
        migrations.AddConstraint(
            "report",
            models.CheckConstraint(
                condition=Q(state="superseded", superseded_by__isnull=False)
                | ~Q(state="superseded") & Q(superseded_by=None),
                name="superseded_report_says_by_which",
            ),
        ),
        migrations.AddConstraint(
            "report",
            models.UniqueConstraint(
                fields=["model", "kind"], condition=Q(state="published", origin=""), name="one_report_in_force"
            ),
        ),
        migrations.CreateModel(
            name="ReportSignature",
            fields=[
                ("id", models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False, serialize=False)),
                (
                    "report",
                    models.ForeignKey("reports.Report", on_delete=PROTECT, related_name="signatures"),
                ),
                ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, related_name="+")),
                ("signature", models.OneToOneField("accounts.Signature", on_delete=PROTECT, related_name="+")),
            ],
            options={"ordering": ["signature__signed_at"]},
        ),
        migrations.AddConstraint(
            "reportsignature",
            models.UniqueConstraint(fields=["report", "person"], name="nobody_signs_a_report_twice"),
        ),
    ]
