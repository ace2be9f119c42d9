"""A sealed report is signed by the second line over its digests, published once, and superseded by a newer one."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from audits.trail.services import governed
from inventory.services import edit_model
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.accounts.services import (
    Password,
    grant_role,
    prepare_act,
    prepare_statement,
    prove,
    sign,
    sign_act,
    view_of_act,
)
from mrm.errors import NotPermitted, RuleBroken
from reports.contents.agreement import disagreements
from reports.contents.signed import statements_that_differ
from reports.models import Report
from reports.services import REPORT_SIGNATURE, publish_report, request_report, why_not_publish
from reports.states import ReportState
from tests.factories import PASSWORD, end_roles, make_person, publish, settle, sql, without_triggers
from tests.reports.sealing import make_sealed
from tests.signing import sign_report
from tests.workflows.test_nothing_without_its_decision import refused


@pytest.fixture
def report(story) -> Report:
    return make_sealed(story)


@pytest.fixture
def colleague(story) -> Person:
    return make_person(Role.RISK_OFFICER, workspace=story.workspace)


def signed_and_published(report, officer) -> Report:
    return publish_report(sign_report(report, actor=officer), actor=officer)


def last(report, action) -> Entry:
    return Entry.objects.about(report).filter(action=action).first()


def test_a_risk_officer_signs_which_report_it_is_with_both_digests(story, report):
    signed = sign_report(report, actor=story.risk_officer)
    assert signed.state == ReportState.SIGNED
    kept = signed.signatures.get().signature
    named = {
        "report": report.reference,
        "kind": "monitoring",
        "model": report.model.slug,
        "period": [report.period_start.isoformat(), report.period_end.isoformat()],
        "sha256": report.pdf_sha256,
        "evidence_sha256": report.evidence_sha256,
    }
    assert kept.statement["terms"] == named and "may be published" in kept.meaning
    assert (kept.person, kept.statement["signer"]["role"]) == (story.risk_officer, "risk_officer")
    assert last(report, Action.REPORT_SIGNED).details == named | {"signature": kept.in_trail()}


@pytest.mark.parametrize("name", ["engineer", "owner", "validator", "auditor", "administrator"])
def test_nobody_but_a_risk_officer_signs(story, report, name):
    with pytest.raises(NotPermitted):
        sign_report(report, actor=story.person(name))


def test_whoever_asked_for_a_report_and_so_for_its_period_does_not_sign_it(story):
    report = make_sealed(story, actor=story.risk_officer)
    told = view_of_act(REPORT_SIGNATURE, report, person=story.risk_officer)
    (why,) = told["reasons_not_to"]
    assert why.startswith("Whoever asks for a report, and so for its period, does not sign it: you asked for it on")
    assert why.entry == last(report, Action.REPORT_REQUESTED).position


def now_risk_officer(person, story) -> Person:
    end_roles(person)
    grant_role(person, Role.RISK_OFFICER, workspace=story.workspace, actor=None)
    return Person.objects.get(pk=person.pk)


def test_whoever_owned_the_model_in_the_last_twelve_months_does_not_sign(story, report):
    former = make_person(Role.OWNER, workspace=story.workspace)
    edit_model(story.model, changes={"owner": former}, actor=story.owner)
    edit_model(story.model, changes={"owner": story.owner}, actor=former)
    with pytest.raises(NotPermitted, match="you owned it until .* less than twelve months ago"):
        sign_report(report, actor=now_risk_officer(former, story))


def test_whoever_made_the_version_does_not_sign(story, report):
    with pytest.raises(NotPermitted, match="you registered version 1 on"):
        sign_report(report, actor=now_risk_officer(story.engineer, story))


def test_of_a_report_that_does_not_say_its_version_nobody_signs_who_made_any(story):
    report = make_sealed(story)
    without_triggers("reports_report", f"UPDATE reports_report SET version_id = NULL WHERE id = '{report.pk}'")
    report = Report.objects.get(pk=report.pk)
    with pytest.raises(NotPermitted, match="you registered version 1 on"):
        sign_report(report, actor=now_risk_officer(story.engineer, story))
    assert sign_report(report, actor=story.risk_officer).state == ReportState.SIGNED


def test_nobody_signs_twice_and_several_may_sign(story, report, colleague):
    sign_report(report, actor=story.risk_officer)
    with pytest.raises(RuleBroken, match="You have signed it already"):
        sign_report(report, actor=story.risk_officer)
    assert sign_report(report, actor=colleague).signatures.count() == 2


def test_what_is_not_sealed_or_is_published_already_is_not_signed(story, report, colleague):
    today = timezone.localdate()
    waiting = request_report(story.model, period_start=today, period_end=today, actor=story.auditor)
    signed_and_published(report, story.risk_officer)
    for one, state in ((waiting, "requested"), (report, "published")):
        with pytest.raises(RuleBroken, match=f"is {state}; a report is signed between its seal and publication"):
            sign_report(one, actor=colleague)


def test_a_statement_over_another_file_than_is_kept_is_not_signed(story, report):
    statement = prepare_act(REPORT_SIGNATURE, report, actor=story.risk_officer)
    statement.body["terms"]["sha256"] = "0" * 64
    statement.save(update_fields=["body"])
    with pytest.raises(RuleBroken, match="has changed since"):
        sign_act(REPORT_SIGNATURE, report, statement.pk, proof=Password(PASSWORD), actor=story.risk_officer)


def test_what_one_signed_does_not_void_what_another_is_reading(story, report, colleague):
    statement = prepare_act(REPORT_SIGNATURE, report, actor=colleague)
    sign_report(report, actor=story.risk_officer)
    signed = sign_act(REPORT_SIGNATURE, report, statement.pk, proof=Password(PASSWORD), actor=colleague)
    assert signed.signatures.count() == 2


def test_the_policy_may_ask_for_a_passkey(story, report, standard_document):
    standard_document["signatures"]["passkey"]["report"] = ["1", "2", "3"]
    publish(standard_document)
    with pytest.raises(NotPermitted, match="asks for a passkey"):
        sign_report(report, actor=story.risk_officer)


def test_a_signed_report_is_published_by_the_second_line_once(story, report):
    assert why_not_publish(report) == ["Nobody has signed it yet; a risk officer signs it first."]
    with pytest.raises(RuleBroken, match="Nobody has signed it yet"):
        publish_report(report, actor=story.validator)
    report = sign_report(report, actor=story.risk_officer)
    for nobody in (story.owner, story.engineer, story.auditor, story.administrator, None):
        with pytest.raises(NotPermitted):
            publish_report(report, actor=nobody)
    published = publish_report(report, actor=story.validator)
    assert (published.state, published.published_by) == (ReportState.PUBLISHED, story.validator)
    assert last(report, Action.REPORT_PUBLISHED).details["sha256"] == report.pdf_sha256
    with pytest.raises(RuleBroken, match="is published; only a signed report is published"):
        publish_report(report, actor=story.validator)


def test_a_published_report_is_superseded_by_one_that_reaches_as_far(story, report):
    signed_and_published(report, story.risk_officer)
    newer = signed_and_published(make_sealed(story), story.risk_officer)
    report.refresh_from_db()
    assert (report.state, report.superseded_by, newer.state) == ("superseded", newer, "published")
    entry = last(report, Action.REPORT_SUPERSEDED)
    assert (entry.actor_id, entry.details) == ("", {"by": newer.reference})
    assert report.pdf_sha256 == last(report, Action.REPORT_ISSUED).details["sha256"]


def test_a_report_that_reaches_less_far_or_was_sealed_earlier_takes_no_place(story):
    yesterday = timezone.localdate() - timedelta(days=1)
    earlier = sign_report(make_sealed(story), actor=story.risk_officer)
    shorter = sign_report(make_sealed(story, until=yesterday), actor=story.risk_officer)
    present = signed_and_published(make_sealed(story), story.risk_officer)
    for one in (earlier, shorter):
        with pytest.raises(RuleBroken, match=f"{present.reference} is published, reaches until .* reaches further, or"):
            publish_report(one, actor=story.risk_officer)


def test_a_report_that_reaches_further_takes_the_place_of_one_that_was_sealed_later(story):
    yesterday = timezone.localdate() - timedelta(days=1)
    longer = sign_report(make_sealed(story), actor=story.risk_officer)
    shorter = signed_and_published(make_sealed(story, until=yesterday), story.risk_officer)
    publish_report(longer, actor=story.risk_officer)
    settle()
    shorter.refresh_from_db()
    assert (shorter.state, shorter.superseded_by) == ("superseded", longer)


def test_the_report_of_an_emergency_stands_beside_the_regular_ones(story, report):
    signed_and_published(report, story.risk_officer)
    other = signed_and_published(make_sealed(story, origin="break_glass:1"), story.risk_officer)
    report.refresh_from_db()
    assert (report.state, other.state) == ("published", "published")


def test_the_database_keeps_no_report_as_signed_that_nobody_signed(story, report):
    with refused("is signed by nobody"):
        sql(f"UPDATE reports_report SET state = 'signed' WHERE id = '{report.pk}'")
    with refused("asked for and sealed as is never changed"):
        sql(f"UPDATE reports_report SET state = 'published', published_at = now(), "
            f"published_by_id = '{story.validator.pk}' WHERE id = '{report.pk}'")  # fmt: skip


@governed()
def signed_past_the_service(report, person, *, over=None) -> None:
    """Everything as the service does it, without asking who may, and over what."""
    over = over or report
    statement = prepare_statement(over, signer=person, evidence_digest="0" * 64, outcome="report_signed",
                                  meaning="I have read it.", policy_version=1,
                                  terms=REPORT_SIGNATURE.terms(over))  # fmt: skip
    signature = sign(prove(statement.pk, Password(PASSWORD), signer=person), subject=over, evidence_digest="0" * 64)
    REPORT_SIGNATURE.done(report, comment="", signature=signature, actor=person)


def test_the_database_takes_no_signature_that_is_over_another_report(story, report):
    with refused("signed by a risk officer over the file that was sealed"):
        signed_past_the_service(report, story.risk_officer, over=make_sealed(story))


def test_the_database_takes_no_password_where_the_policy_asks_for_a_passkey(story, report, standard_document):
    standard_document["signatures"]["passkey"]["report"] = ["1", "2", "3"]
    publish(standard_document)
    with pytest.raises(RuleBroken, match="asks for this to be signed by passkey"):
        signed_past_the_service(report, story.risk_officer)


def test_the_database_takes_the_signature_of_no_other_role(story, report):
    with refused("signed by a risk officer over the file that was sealed"):
        signed_past_the_service(report, story.validator)


def test_the_database_takes_no_signature_of_who_asked_or_made_the_version(story, report):
    own = make_sealed(story, actor=story.risk_officer)
    with refused("neither who asked for the report"):
        signed_past_the_service(own, story.risk_officer)
    maker = now_risk_officer(story.engineer, story)
    with refused("neither who asked for the report"):
        signed_past_the_service(report, maker)


def test_the_database_publishes_for_nobody_outside_the_second_line(story, report):
    report = sign_report(report, actor=story.risk_officer)
    with refused("is published by the second line"):
        sql(f"UPDATE reports_report SET state = 'published', published_at = now(), "
            f"published_by_id = '{story.owner.pk}' WHERE id = '{report.pk}'")  # fmt: skip


def test_the_database_supersedes_by_nothing_but_what_was_published_later(story, report):
    report = signed_and_published(report, story.risk_officer)
    waiting = sign_report(make_sealed(story), actor=story.risk_officer)
    for by in (waiting, report):
        with refused("is superseded by a published one that reaches as far"):
            sql(f"UPDATE reports_report SET state = 'superseded', superseded_by_id = '{by.pk}' "
                f"WHERE id = '{report.pk}'")  # fmt: skip


@pytest.mark.parametrize(
    "change",
    ["pdf_sha256 = repeat('0', 64)", "requested_by_id = NULL", "period_end = period_end - 1", "version_id = NULL",
     "published_at = published_at - interval '1 day'", "reference = 'R-1'"],
)  # fmt: skip
def test_what_a_published_report_is_never_changes(story, report, change):
    signed_and_published(report, story.risk_officer)
    with refused("asked for and sealed as is never changed"):
        sql(f"UPDATE reports_report SET {change} WHERE id = '{report.pk}'")


def test_who_asked_for_a_report_is_not_changed_before_it_is_sealed_either(story):
    today = timezone.localdate()
    waiting = request_report(story.model, period_start=today, period_end=today, actor=story.risk_officer)
    with refused("asked for and sealed as is never changed"):
        sql(f"UPDATE reports_report SET requested_by_id = NULL WHERE id = '{waiting.pk}'")


def test_a_signature_of_a_report_stays(story, report):
    sign_report(report, actor=story.risk_officer)
    for change in ("UPDATE reports_reportsignature SET person_id = person_id", "DELETE FROM reports_reportsignature"):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(change)


def test_reports_as_the_services_leave_them_agree_with_the_trail(story, report):
    before = disagreements()
    signed_and_published(report, story.risk_officer)
    signed_and_published(make_sealed(story), story.risk_officer)
    assert disagreements() == before and list(statements_that_differ()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("evidence_sha256 = repeat('0', 64)", "is not the file, the evidence"),
        ("version_id = NULL", "or of the version that its entry says"),
        ("requested_by_id = NULL", "was asked for by somebody else"),
        ("period_start = '2020-01-01'", "or of another period"),
        ("published_by_id = requested_by_id", "was not published by whom"),
        (
            "state = 'signed', published_at = NULL, published_by_id = NULL",
            "is signed, which is not where the last entry",
        ),
    ],
)
def test_a_report_changed_past_its_triggers_is_named(story, report, change, told):
    signed_and_published(report, story.risk_officer)
    without_triggers("reports_report", f"UPDATE reports_report SET {change} WHERE id = '{report.pk}'")
    assert [one for one in disagreements() if told in one]


def test_a_signature_that_is_gone_from_its_report_is_named(story, report):
    sign_report(report, actor=story.risk_officer)
    without_triggers("reports_reportsignature", f"DELETE FROM reports_reportsignature WHERE report_id = '{report.pk}'")
    assert [one for one in disagreements() if "is signed by others than its entries say" in one]
