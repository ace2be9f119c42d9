"""What a finding says in full, and how it is put right: plans, submissions, re-performance."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import audits.workflows.states


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_keep_readings"),
        ("assessments", "0005_keep_finished_runs"),
        ("inventory", "0025_keep_particulars"),
        ("workflows", "0019_mark_only_what_has_a_model"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ActionItem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("what", models.CharField(max_length=500)),
                ("due_at", models.DateField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["plan", "number"],
            },
        ),
        migrations.CreateModel(
            name="ActionPlan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("review", "Under review"),
                            ("accepted", "Accepted"),
                            ("returned", "Returned"),
                            ("superseded", "Superseded"),
                        ],
                        default="review",
                        max_length=10,
                    ),
                ),
                ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("review", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["finding", "number"],
            },
        ),
        migrations.CreateModel(
            name="Reperformance",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("results_digest", models.CharField(max_length=64)),
                ("told", models.TextField()),
                ("performed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["performed_at"],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveSmallIntegerField()),
                ("told", models.TextField()),
                ("evidence", models.JSONField(default=list)),
                ("submitted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("returned_at", models.DateTimeField(blank=True, null=True)),
                ("returned_because", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["finding", "number"],
            },
        ),
        migrations.AlterModelOptions(
            name="finding",
            options={"ordering": ["due_at", "id"]},
        ),
        migrations.RemoveConstraint(
            model_name="finding",
            name="finding_state_is_known",
        ),
        migrations.AddField(
            model_name="finding",
            name="class_change_percent",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="criterion",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="finding",
            name="effect_percent",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="evidence",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="finding",
            name="extensions",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="finding",
            name="first_due_at",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="impact",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="issued_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="issued_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings_issued",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="origin",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="finding",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings_owned",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="plan_due_at",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="policy",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="inventory.policy"),
        ),
        migrations.AddField(
            model_name="finding",
            name="rebuttal_answer",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="rebutted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings_rebutted",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="severity_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="signature",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="finding",
                to="accounts.signature",
            ),
        ),
        migrations.AddField(
            model_name="finding",
            name="validated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="finding",
            name="validated_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings_validated",
                to=settings.AUTH_USER_MODEL,
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
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="finding",
            name="due_at",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="finding",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("issued", "Issued"),
                    ("rebutted", "Rebutted"),
                    ("action_plan_due", "Action plan due"),
                    ("action_plan_review", "Action plan review"),
                    ("open", "Open"),
                    ("submitted_for_closure", "Submitted for closure"),
                    ("validated_closed", "Validated closed"),
                    ("closed", "Closed"),
                    ("risk_accepted", "Risk accepted"),
                    ("dropped", "Dropped"),
                ],
                default=audits.workflows.states.FindingState["DRAFT"],
                max_length=25,
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="done_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="action_items_done",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="action_items", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="actionplan",
            name="finding",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="workflows.finding"
            ),
        ),
        migrations.AddField(
            model_name="actionplan",
            name="planned_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="plans_made", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="actionplan",
            name="reviewed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="plans_reviewed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="actionitem",
            name="plan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="items", to="workflows.actionplan"
            ),
        ),
        migrations.AddField(
            model_name="reperformance",
            name="performed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reperformances", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reperformance",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reperformances",
                to="assessments.run",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="finding",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="workflows.finding"
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="returned_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions_returned",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="submitted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions_made",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="reperformance",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reperformances", to="workflows.submission"
            ),
        ),
        migrations.AddConstraint(
            model_name="actionplan",
            constraint=models.UniqueConstraint(fields=("finding", "number"), name="one_plan_per_number"),
        ),
        migrations.AddConstraint(
            model_name="actionplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("standing__in", ["review", "accepted"])),
                fields=("finding",),
                name="one_standing_plan_per_finding",
            ),
        ),
        migrations.AddConstraint(
            model_name="actionplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("standing__in", ["review", "accepted", "returned", "superseded"])),
                name="plan_standing_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="actionitem",
            constraint=models.UniqueConstraint(fields=("plan", "number"), name="one_item_per_number"),
        ),
        migrations.AddConstraint(
            model_name="actionitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_at__isnull", True), ("done_by__isnull", True)),
                    models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                    _connector="OR",
                ),
                name="done_item_says_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(fields=("finding", "number"), name="one_submission_per_number"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                condition=models.Q(("returned_at__isnull", True)),
                fields=("finding",),
                name="one_standing_submission_per_finding",
            ),
        ),
        migrations.AddConstraint(
            model_name="reperformance",
            constraint=models.UniqueConstraint(
                fields=("submission", "results_digest"), name="one_reperformance_per_submission_and_evidence"
            ),
        ),
        migrations.AddConstraint(
            model_name="reperformance",
            constraint=models.CheckConstraint(
                condition=models.Q(("told", ""), _negated=True), name="reperformance_says_what_came_out"
            ),
        ),
    ]
