"""Findings from before they had a plan: open ones stay open, submitted ones keep their submission."""

from django.db import migrations


def carry_over(apps, schema_editor):
    Finding = apps.get_model("workflows", "Finding")
    Submission = apps.get_model("workflows", "Submission")
    Arrangement = apps.get_model("workflows", "Arrangement")
    Policy = apps.get_model("inventory", "Policy")
    accepted = set(
        Arrangement.objects.filter(kind="acceptance", state="active", finding__isnull=False).values_list(
            "finding_id", flat=True
        )
    )
    for finding in Finding.objects.select_related("model").iterator():
        finding.owner_id = finding.model.owner_id
        finding.issued_at, finding.issued_by_id = finding.raised_at, finding.raised_by_id
        finding.first_due_at = finding.due_at
        finding.policy = Policy.objects.filter(published_at__lte=finding.raised_at).order_by("-number").first()
        if finding.submitted_by_id:
            returned = finding.raised_at if finding.state == "open" else None
            Submission.objects.create(
                finding=finding,
                number=1,
                told=finding.response,
                submitted_by_id=finding.submitted_by_id,
                submitted_at=finding.closed_at or finding.raised_at,
                returned_at=returned,
            )
        if finding.state == "submitted":
            finding.state = "submitted_for_closure"
        elif finding.state == "open" and finding.pk in accepted:
            finding.state = "risk_accepted"
        finding.save()


def carry_back(apps, schema_editor):
    Finding, Submission = apps.get_model("workflows", "Finding"), apps.get_model("workflows", "Submission")
    for submission in Submission.objects.select_related("finding"):
        Finding.objects.filter(pk=submission.finding_id).update(submitted_by_id=submission.submitted_by_id)
    Submission.objects.all().delete()
    Finding.objects.filter(state="submitted_for_closure").update(state="submitted")
    Finding.objects.filter(state="dropped").update(state="closed")
    Finding.objects.exclude(state__in=["submitted", "closed"]).update(state="open")


class Migration(migrations.Migration):
    dependencies = [("workflows", "0020_findings_in_full")]

    operations = [migrations.RunPython(carry_over, carry_back)]
