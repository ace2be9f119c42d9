"""Every finding has an owner and a known state, and those that ended or were issued say when."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0021_carry_findings_over")]

    operations = [
        migrations.RemoveField(
            model_name="finding",
            name="submitted_by",
        ),
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(fields=["due_at", "id"], name="findings_by_due_date"),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "draft",
                            "issued",
                            "rebutted",
                            "action_plan_due",
                            "action_plan_review",
                            "open",
                            "submitted_for_closure",
                            "validated_closed",
                            "closed",
                            "risk_accepted",
                            "dropped",
                        ],
                    )
                ),
                name="finding_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "dropped"]), ("due_at__isnull", False), _connector="OR"),
                name="issued_finding_has_a_due_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["closed", "dropped"]), _negated=True),
                    ("closed_at__isnull", False),
                    _connector="OR",
                ),
                name="ended_finding_says_when",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("validated_by__isnull", True),
                    ("signature__isnull", True),
                    models.Q(("validated_by", models.F("closed_by")), _negated=True),
                    _connector="OR",
                ),
                name="finding_signed_off_by_another_than_who_validated_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin", ""), _negated=True), fields=("origin",), name="one_finding_per_origin"
            ),
        ),
        migrations.AlterField(
            model_name="finding",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="findings_owned", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
