"""Of a report, too, the database keeps no signature weaker than the policy asks for."""

from importlib import import_module

from django.db import migrations

FUNCTIONS = import_module("audits.workflows.migrations.0111_sign_as_strongly_as_demanded").FUNCTIONS
BEFORE = FUNCTIONS[: FUNCTIONS.index("CREATE FUNCTION refuse_weaker_than_demanded")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
LAST = "WHERE label = 'workflows.Retraining' AND retraining.id = key"
OF_REPORTS = """
    UNION ALL
    SELECT 'report', report.model_id, NULL FROM reports_report report
    WHERE label = 'reports.Report' AND report.id = key"""
AFTER = BEFORE.replace("|assessments)", "|assessments|reports)").replace(LAST, LAST + OF_REPORTS)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0005_keep_signed_reports"),
        ("workflows", "0111_sign_as_strongly_as_demanded"),
    ]

    operations = [migrations.RunSQL(AFTER, BEFORE)]
