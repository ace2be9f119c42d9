from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_keep_tokens_and_count_roles"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="role_is_known",
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
                choices=[
                    ("engineer", "Engineer"),
                    ("owner", "Owner"),
                    ("validator", "Validator"),
                    ("risk_officer", "Risk officer"),
                    ("auditor", "Auditor"),
                    ("administrator", "Administrator"),
                    ("head_of_validation", "Head of validation"),
                    ("chief_risk_officer", "Chief risk officer"),
                    ("committee_member", "Committee member"),
                    ("committee_chair", "Committee chair"),
                    ("compliance", "Compliance"),
                    ("examiner", "Examiner"),
                    ("key_custodian", "Key custodian"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "engineer",
                            "owner",
                            "validator",
                            "risk_officer",
                            "auditor",
                            "administrator",
                            "head_of_validation",
                            "chief_risk_officer",
                            "committee_member",
                            "committee_chair",
                            "compliance",
                            "examiner",
                            "key_custodian",
                        ],
                    )
                ),
                name="role_is_known",
            ),
        ),
    ]
