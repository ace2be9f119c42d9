import io
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone

from audits.assessments.models import Kind
from mrm.adapters import storage
from reports.services import issue_report, request_report


def test_a_sealed_report_is_computed_again_to_the_last_number_whatever_was_measured(story, tmp_path):
    today = timezone.localdate()
    report = request_report(
        story.model, period_start=today - timedelta(days=364), period_end=today, actor=story.validator
    )
    sealed = issue_report(report.pk)
    file, said = tmp_path / "report.pdf", io.StringIO()
    file.write_bytes(storage.read(sealed.pdf_sha256))
    call_command("replay", str(file), stdout=said)
    lines = said.getvalue().splitlines()
    assert {kind.label for kind in Kind} == {line.partition(" run of ")[0] for line in lines if "the same:" in line}
    assert lines[-1].startswith("All ")
