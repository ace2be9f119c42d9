"""The page of a report: who signed it, who may, what is missing to publish it, what took its place."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audits.trail.models import Action, Entry
from mrm.adapters import storage
from reports.models import Report
from reports.services import issuing, publish_report
from tests.reports.sealing import make_sealed
from tests.signing import sign_report, signed_on_page


@pytest.fixture
def report(story) -> Report:
    return make_sealed(story)


@pytest.fixture
def page(report) -> str:
    return reverse("report", args=[report.reference])


def entry_of(report, action) -> str:
    return reverse("trail-entry", args=[Entry.objects.about(report).filter(action=action).first().position])


def test_a_risk_officer_signs_and_publishes_on_the_page(story, report, page, visit):
    client = visit(story.risk_officer)
    shown = client.get(page).text
    assert "Nobody has signed it yet; a risk officer signs it first." in shown and "You may not sign" not in shown
    signing = reverse("prepare-report-signature", args=[report.reference])
    statement = client.get(client.post(signing).url).text
    for part in (report.reference, report.pdf_sha256, report.evidence_sha256, "may be published"):
        assert part in statement
    signed_on_page(client, signing)
    shown = client.get(page).text
    assert f"Signed by {story.risk_officer}" in shown and entry_of(report, Action.REPORT_SIGNED) in shown
    assert "You have signed it already." in shown and signing not in shown
    client.post(reverse("publish-report", args=[report.reference]))
    shown = client.get(page).text
    assert f"Published by {story.risk_officer}" in shown and entry_of(report, Action.REPORT_PUBLISHED) in shown


def test_the_page_says_why_its_reader_may_not_sign_and_shows_no_button(story, page, report, visit):
    own = make_sealed(story, actor=story.risk_officer)
    shown = visit(story.risk_officer).get(reverse("report", args=[own.reference])).text
    assert "Whoever asks for a report, and so for its period, does not sign it: you asked for it on" in shown
    assert entry_of(own, Action.REPORT_REQUESTED) in shown
    for person in (story.owner, story.auditor, story.validator):
        client = visit(person)
        shown = client.get(page).text
        assert "You may not sign" in shown and reverse("prepare-report-signature", args=[report.reference]) not in shown
        assert client.post(reverse("prepare-report-signature", args=[report.reference])).status_code == 403


def test_what_is_signed_is_published_by_the_second_line_and_others_see_that_it_is_missing(story, report, page, visit):
    sign_report(report, actor=story.risk_officer)
    publishing = reverse("publish-report", args=[report.reference])
    assert publishing in visit(story.validator).get(page).text
    client = visit(story.auditor)
    assert "The second line does that." in client.get(page).text
    assert client.post(publishing).status_code == 403


def test_a_superseded_report_says_by_what_and_is_still_fetched(story, report, page, visit):
    newer = make_sealed(story)
    for one in (report, newer):
        publish_report(sign_report(one, actor=story.risk_officer), actor=story.validator)
    client = visit(story.auditor)
    shown, address = client.get(page).text, reverse("report", args=[newer.reference])
    assert "Superseded by" in shown and address in shown and entry_of(report, Action.REPORT_SUPERSEDED) in shown
    assert f'It took the place of <a href="{page}">{report.reference}</a>' in client.get(address).text
    file = client.get(reverse("report-pdf", args=[report.reference]))
    assert storage.digest_of(b"".join(file.streaming_content)) == report.pdf_sha256
    rows = client.get(reverse("report-list")).text
    assert "signed by Risk Officer" in rows and f'by <a href="{address}">{newer.reference}</a>' in rows
    spreadsheet = b"".join(client.get(reverse("reports-csv")).streaming_content).decode()
    assert ",superseded," in spreadsheet and ",Risk Officer," in spreadsheet and newer.reference in spreadsheet


def test_the_verification_page_tells_the_standing_to_whoever_may_see_the_model(story, report, visit, stranger):
    publish_report(sign_report(report, actor=story.risk_officer), actor=story.validator)
    pdf = storage.read(report.pdf_sha256)

    def verified(person) -> str:
        file = SimpleUploadedFile("report.pdf", pdf, content_type="application/pdf")
        return visit(person).post(reverse("verify-report"), {"file": file}).text

    told = verified(story.auditor)
    assert "Signed by Risk Officer as risk officer on" in told and "Published by Validator on" in told
    told = verified(stranger)
    assert "No report that you may see has this digest here." in told and report.reference not in told


def test_a_report_that_failed_leads_to_asking_for_the_same_days_again(story, visit):
    report = make_sealed(story)
    failed = issuing.request_report(
        story.model, period_start=report.period_start, period_end=report.period_end, actor=story.auditor
    )
    issuing._fail(failed, "There is no key.")
    client = visit(story.auditor)
    again = f"{reverse('request-report')}?model={story.model.slug}&amp;period_start={failed.period_start}"
    assert again in client.get(reverse("report", args=[failed.reference])).text
    form = client.get(again.replace("&amp;", "&")).text
    assert f'value="{failed.period_start}"' in form
