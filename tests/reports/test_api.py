"""The REST API of reports: asked for, followed, fetched, and verified by whoever holds one."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, connections
from django.utils import timezone
from mrm_client import commands

from mrm.accounts.policies import Permission
from mrm.adapters import storage
from reports.api import examples
from reports.models import Report
from reports.services import MOST_ATTEMPTS, issue_report, publish_report, request_report
from reports.states import ReportState
from tests.factories import PASSWORD
from tests.reports.sealing import make_sealed
from tests.rest import is_problem, post_json
from tests.signing import sign_report

ROOT = Path(__file__).resolve().parents[2]
REPORTS = "/api/v1/reports/"
PDF = "application/pdf"


@dataclass(frozen=True)
class Sealed:
    reference: str
    pdf: bytes


@pytest.fixture(scope="module")
def sealed(told_story, story_database, django_db_blocker) -> Sealed:
    """A report on the story, sealed once for the module."""
    with django_db_blocker.unblock():
        story = told_story[1]
        today = timezone.localdate()
        start = today - timedelta(days=300)
        report = request_report(story.model, period_start=start, period_end=today, actor=story.auditor)
        report = issue_report(report.pk)
        connections.close_all()
    assert connection.settings_dict["NAME"] == told_story[0]
    return Sealed(report.reference, storage.read(report.pdf_sha256))


def verify(client, body, content_type=PDF, **headers):
    return client.generic("POST", f"{REPORTS}verify/", body, content_type=content_type, headers=headers)


def test_the_command_verifies_a_report_as_issued_and_names_what_was_changed(
    sealed, story, connect, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(commands, "Client", lambda url, token: connect(story.auditor))
    (tmp_path / "report.pdf").write_bytes(sealed.pdf)
    (tmp_path / "changed.pdf").write_bytes(sealed.pdf + b"\n")
    assert commands.main(["verify", str(tmp_path / "report.pdf")]) == 0
    told = capsys.readouterr().out
    digest = hashlib.sha256(sealed.pdf).hexdigest()
    assert told.splitlines()[-1] == f"The report holds. SHA-256 {digest}" and "FAILS" not in told
    assert commands.main(["verify", str(tmp_path / "changed.pdf")]) == 1
    told = capsys.readouterr().out
    assert "FAILS" in told and "does not cover the whole file" in told and "The report does not hold." in told


@pytest.fixture
def wanted(story) -> dict:
    return examples.REPORT_IN | {"model": story.model.slug}


def test_a_report_is_asked_for_and_followed_by_id_or_reference(api, story, wanted):
    answer = post_json(api(story.auditor), REPORTS, wanted)
    assert answer.status_code == 202 and answer.json().keys() == examples.REQUESTED.keys()
    told = answer.json()
    assert (told["state"], told["requested_by"]["name"]) == ("requested", "Auditor")
    assert answer.headers["Location"] == f"{REPORTS}{told['id']}/"
    for named in (told["id"], told["reference"]):
        assert api(story.owner).get(f"{REPORTS}{named}/").json() == told
    listed = api(story.owner).get(f"{REPORTS}?state=requested&model={story.model.slug}").json()["results"]
    assert [report["reference"] for report in listed] == [told["reference"]]


def test_what_is_not_sealed_yet_cannot_be_fetched(api, story, wanted):
    reference = post_json(api(story.auditor), REPORTS, wanted).json()["reference"]
    for what in ("pdf", "evidence"):
        assert "requested" in is_problem(api(story.auditor).get(f"{REPORTS}{reference}/{what}"), 409)["reasons"][0]


def test_an_administrator_reads_reports_and_asks_for_none(api, story, wanted):
    is_problem(post_json(api(story.administrator), REPORTS, wanted), 403)
    assert api(story.administrator).get(REPORTS).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"model": "nobody-knows-it"}, 422),
        ({"period_start": "2025-13-01"}, 400),
        ({"period_start": None}, 400),
        ({"period_start": "2025-07-02", "period_end": "2025-07-01"}, 409),
        ({"period_start": "2999-01-01", "period_end": "2999-02-01"}, 409),
        ({"period_end": "9999-12-31"}, 409),
        ({"period_start": "0001-01-01"}, 202),
    ],
)
def test_a_period_that_is_none_is_refused(api, story, wanted, wrong, status):
    answer = post_json(api(story.auditor), REPORTS, wanted | wrong)
    assert answer.status_code == status, answer.content


def test_a_report_that_cannot_be_issued_fails_after_three_attempts_with_a_reason(story):
    today = timezone.localdate()
    report = request_report(story.model, period_start=today, period_end=today, actor=story.auditor)
    Report.objects.filter(pk=report.pk).update(attempts=MOST_ATTEMPTS)
    report = issue_report(report.pk)
    assert report.state == ReportState.FAILED and f"{MOST_ATTEMPTS} attempts" in report.reason


def test_a_sealed_report_is_fetched_as_it_was_sealed(api, story, sealed):
    client = api(story.auditor)
    told = client.get(f"{REPORTS}{sealed.reference}/").json()
    assert told["state"] == "sealed" and told["pdf_bytes"] == len(sealed.pdf)
    file = client.get(f"{REPORTS}{sealed.reference}/pdf", headers={"Accept": PDF})
    assert file.status_code == 200 and file.headers["Content-Type"] == PDF
    assert b"".join(file.streaming_content) == sealed.pdf
    assert f"{sealed.reference}.pdf" in file.headers["Content-Disposition"]
    evidence = client.get(f"{REPORTS}{told['id']}/evidence")
    content = b"".join(evidence.streaming_content)
    assert storage.digest_of(content) == told["evidence_sha256"] and json.loads(content)


def test_a_report_is_signed_and_published_over_what_was_read(api, story):
    report = make_sealed(story)
    address, officer = f"{REPORTS}{report.reference}/", api(story.risk_officer)
    shown = officer.get(f"{address}signature/").json()
    assert shown["may_sign"] and shown["evidence"]["sha256"] == report.pdf_sha256
    proof = {"evidence_digest": shown["evidence_digest"], "password": PASSWORD}
    is_problem(post_json(officer, f"{address}signature/", proof | {"evidence_digest": "0" * 64}), 409)
    is_problem(post_json(officer, f"{address}signature/", proof | {"password": "a guess"}), 403)
    is_problem(post_json(officer, f"{address}publication/", {}), 409)
    signed = post_json(officer, f"{address}signature/", proof).json()
    assert signed["state"] == "signed" and signed.keys() == examples.SIGNED.keys()
    (signature,) = signed["signatures"]
    assert signature.keys() == examples.SIGNED["signatures"][0].keys()
    assert (signature["person"]["name"], signature["role"]) == ("Risk Officer", "risk_officer")
    is_problem(post_json(officer, f"{address}signature/", proof), 409)
    is_problem(post_json(api(story.auditor), f"{address}publication/", {}), 403)
    published = post_json(api(story.validator), f"{address}publication/", {}).json()
    assert (published["state"], published["published_by"]["name"]) == ("published", "Validator")
    is_problem(post_json(officer, f"{address}publication/", {}), 409)
    listed = officer.get(f"{REPORTS}?state=published").json()["results"]
    assert [one["reference"] for one in listed] == [report.reference]
    told = verify(officer, storage.read(report.pdf_sha256)).json()
    assert told["report"] == report.reference
    assert told["standing"] == {name: published[name] for name in examples.VERIFICATION["standing"]}


def test_who_may_not_sign_is_told_why_with_the_entry(api, story):
    report = make_sealed(story, actor=story.risk_officer)
    told = api(story.risk_officer).get(f"{REPORTS}{report.reference}/signature/").json()
    assert not told["may_sign"] and told["shown_by"][0]["reason"] == told["reasons_not_to"][0]
    assert "does not sign it" in told["reasons_not_to"][0]


def test_a_token_of_a_program_signs_and_publishes_nothing(api, story):
    report = sign_report(make_sealed(story), actor=story.risk_officer)
    asks = api(story.risk_officer, actions=[Permission.READ, Permission.ISSUE_REPORT])
    is_problem(asks.post(f"{REPORTS}{report.reference}/publication/"), 403)
    proof = {"evidence_digest": "0" * 64, "password": PASSWORD}
    is_problem(post_json(asks, f"{REPORTS}{report.reference}/signature/", proof), 403)


def test_verify_report_tells_who_signed_and_published_what_is_on_record_here(sealed, story, tmp_path, capsys):
    file = tmp_path / "report.pdf"
    file.write_bytes(sealed.pdf)
    report = sign_report(Report.objects.get(reference=sealed.reference), actor=story.risk_officer)
    publish_report(report, actor=story.validator)
    call_command("verify_report", str(file))
    told = capsys.readouterr().out
    assert f"On record here as {report.reference}.\nSigned by Risk Officer as risk officer on " in told
    assert "\nPublished by Validator on " in told and "\nEverything holds. " in told


def test_verify_report_needs_no_database(sealed, settings, tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(sealed.pdf)
    elsewhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "KEYS_DIR": str(settings.KEYS_DIR)}
    command = [sys.executable, str(ROOT / "manage.py"), "verify_report", str(file)]
    done = subprocess.run(command, env=os.environ | elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Everything holds. " in done.stdout and "On record here" not in done.stdout


def test_a_report_verifies_as_body_or_in_a_form(api, story, sealed):
    client = api(story.auditor)
    form = {"file": SimpleUploadedFile("report.pdf", sealed.pdf, content_type=PDF)}
    for answer in (verify(client, sealed.pdf), client.post(f"{REPORTS}verify/", form, format=None)):
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert told.keys() == examples.VERIFICATION.keys()
        assert told["holds"] and all(check["holds"] for check in told["checks"])
        assert (told["report"], told["standing"]["state"]) == (sealed.reference, "sealed")


def test_a_flipped_byte_is_found_and_every_check_still_answered(api, story, sealed):
    forged = bytearray(sealed.pdf)
    forged[len(forged) // 2] ^= 1
    told = verify(api(story.auditor), bytes(forged)).json()
    assert not told["holds"] and told["report"] is None
    assert len(told["checks"]) == len(examples.VERIFICATION["checks"])
    assert not all(check["holds"] for check in told["checks"])


@pytest.mark.parametrize("junk", [b"", b"%PDF-1.7", b"\x00" * 100, b"%PDF-1.7\n" + b"1 0 obj\n" * 1000, "🙂".encode()])
def test_whatever_the_file_is_the_answer_is_a_list_of_checks(api, story, junk):
    answer = verify(api(story.auditor), junk)
    assert answer.status_code == 200 and not answer.json()["holds"]


def test_a_form_that_is_none_is_refused(api, story, sealed):
    client = api(story.auditor)
    is_problem(verify(client, b"--x\r\nrubbish", "multipart/form-data; boundary=x"), 400)
    is_problem(verify(client, b"rubbish", "multipart/form-data"), 400)
    two = {name: SimpleUploadedFile(f"{name}.pdf", b"%PDF-1.7") for name in ("one", "two")}
    is_problem(client.post(f"{REPORTS}verify/", two, format=None), 400)
    is_problem(client.post(f"{REPORTS}verify/", {"file": "a text"}, format=None), 400)


def test_only_a_pdf_is_verified_and_only_up_to_the_limit(api, story, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 1000
    is_problem(verify(api(story.auditor), b"{}", "application/json"), 415)
    is_problem(verify(api(story.auditor), b"x" * 1001), 413)
    form = {"file": SimpleUploadedFile("big.pdf", b"x" * 1001)}
    is_problem(api(story.auditor).post(f"{REPORTS}verify/", form, format=None), 413)


def test_what_one_may_not_see_is_not_there(api, story, sealed, wanted, stranger):
    client = api(stranger, workspace=stranger.grants.get().workspace)
    for path in ("", "pdf", "evidence"):
        is_problem(client.get(f"{REPORTS}{sealed.reference}/{path}"), 404)
    assert client.get(REPORTS).json()["results"] == []
    is_problem(post_json(client, REPORTS, wanted), 422)
    told = verify(client, sealed.pdf).json()
    assert (told["report"], told["standing"]) == (None, None), "it holds, and whose it is stays untold"


def test_a_token_does_only_what_it_is_for(api, story, sealed, wanted):
    is_problem(api().get(REPORTS), 401)
    is_problem(verify(api(), sealed.pdf), 401)
    pushes = api(story.engineer, actions=[Permission.LOG_DATA])
    is_problem(pushes.get(f"{REPORTS}{sealed.reference}/pdf"), 403)
    is_problem(post_json(pushes, REPORTS, wanted), 403)
    is_problem(verify(pushes, sealed.pdf), 403)


@pytest.mark.parametrize(
    "named", ["R-2020-0001", "r-2026-1", "%00", "00000000-0000-4000-8000-000000000000", "verify/pdf"]
)
def test_an_address_that_names_nothing_is_not_found(api, story, named):
    for what in ("", "pdf", "evidence"):
        is_problem(api(story.auditor).get(f"{REPORTS}{named}/{what}"), 404)
