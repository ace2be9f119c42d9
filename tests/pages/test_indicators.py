"""Indicators: each number counts what it says, of what it says; nothing that is not measured is ever within."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.statistics.estimates import Estimate
from audits.statistics.limits import judge
from audits.workflows.contents.indicators import BY_NAME, INDICATORS, indicators_of, trend_of
from audits.workflows.contents.indicators.shown import month_ends
from audits.workflows.models import Arrangement, Attestation, ChangeRequest, Finding
from inventory import policies
from inventory.models import Policy
from inventory.services import add_particular, edit_model
from tests.factories import make_model, make_version, promote, publish, retire, undecided
from tests.pages.scenery import make_assessed_model, make_run
from tests.rest import is_problem
from tests.signing import confirm_tier

OFFICERS = ["validator", "risk_officer"]
ADDRESS = "/api/v1/indicators/"


@pytest.fixture
def read(auditor):
    """`read(name)` is one indicator as an auditor reads it."""

    def one(name: str, person=auditor):
        [shown] = indicators_of(person, now=timezone.now(), names=(name,))
        return shown

    return one


def make_finding(model, number: int, *, severity="low", due=30, age=0) -> Finding:
    now = timezone.now()
    return Finding.objects.create(
        reference=f"F-2026-{number:04}", model=model, severity=severity, title="T", observation="O",
        required_outcome="R", due_at=now.date() + timedelta(days=due), raised_at=now - timedelta(days=age),
        state="open", owner=model.owner,
    )  # fmt: skip


def test_every_indicator_of_the_policy_is_told():
    assert set(BY_NAME) == set(policies.INDICATORS)
    assert len(BY_NAME) == len(INDICATORS)


def test_where_nothing_is_registered_nothing_is_within(auditor):
    shown = indicators_of(auditor, now=timezone.now())
    shares = [one for one in shown if one.indicator.written == "share"]
    assert shares and all((one.verdict, one.value) == ("unknown", None) and one.reason for one in shares)
    assert not [one.indicator.name for one in shown if one.value is None and one.verdict == "within"]


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: one.name)
def test_an_indicator_without_data_says_why_and_one_with_data_says_of_how_many(indicator, read, workspace):
    shown = read(indicator.name)
    assert shown.is_measured is not bool(shown.reason)
    if indicator.find is None:
        assert shown.reason.startswith("Not measured, because ")
    if shown.limit and shown.is_measured:
        assert shown.verdict == judge(Estimate(value=shown.value), shown.limit)


def test_what_is_in_production_without_an_approval_is_counted(read, workspace, engineer):
    assert (read("unapproved_in_use").value, read("unapproved_in_use").verdict) == (None, "unknown")
    model = promote(make_version(make_model())).model
    assert (read("unapproved_in_use").value, read("unapproved_in_use").verdict) == (1, "red")
    ChangeRequest.objects.create(
        reference="CR-2026-0001", kind="approval", model=model, version=model.versions.get(), reason="R",
        policy=Policy.objects.in_force(), roles_required=OFFICERS, evidence_digest="0" * 64, state="pending",
        expires_at=timezone.now(),
    )  # fmt: skip
    assert read("unapproved_in_use").value == 1


def test_shares_of_verdicts_are_of_models_in_use_by_their_worst_current_run(read, workspace):
    for verdict in ("red", "within", "within", "amber"):
        make_assessed_model(verdict=verdict)
    failed = make_assessed_model(verdict="within")
    make_run(failed.versions.get(), kind="performance", state="failed", reason="No artifact.")
    promote(make_version(make_model()))
    assert (read("red_share").value, read("red_share").found.size) == (0.2, 5)
    assert read("amber_share").value == 0.2
    assert (read("unmeasured_share").value, read("unmeasured_share").found.size) == (pytest.approx(2 / 6), 6)
    assert read("residual_high_share").found.size == 6


def test_findings_are_counted_by_severity_age_and_date(read, workspace):
    model = make_model()
    make_finding(model, 1, severity="critical", due=-1, age=20)
    make_finding(model, 2, severity="high", age=10)
    make_finding(model, 3)
    make_finding(model, 4)
    assert (read("findings_high_open").value, read("findings_high_open").found.size) == (2, 4)
    assert (read("findings_past_due").value, read("findings_past_due").verdict) == (0.25, "red")
    assert read("findings_age").value == pytest.approx(7.5, abs=0.1)


def test_attestations_that_were_not_given_in_time_are_late(read, workspace):
    today, policy = timezone.now().date(), Policy.objects.in_force()
    for days in (1, 2):
        day = today - timedelta(days=days)
        Attestation.objects.create(model=make_model(), policy=policy, covers_from=day, due_at=day)
    Attestation.objects.create(model=make_model(), policy=policy, covers_from=today, due_at=today)
    assert (read("attestation_late").value, read("attestation_late").found.size) == (1.0, 2)


def test_concentration_is_the_largest_share_of_what_is_known(read, workspace, engineer):
    for vendor, family, source in (("Acme", "tree", "Bureau"), ("Acme", "tree", "BUREAU"), ("", "linear", "Ledger")):
        model = make_model(owner=None, vendor=vendor, method_family=family, origin="vendor" if vendor else "internal")
        add_particular(model, "data_sources", values={"name": source}, actor=None)
    make_model()
    assert (read("concentration_vendor").value, read("concentration_vendor").found.size) == (pytest.approx(2 / 3), 3)
    assert (read("concentration_method").value, read("concentration_method").found.size) == (pytest.approx(2 / 3), 3)
    assert read("concentration_source").value == pytest.approx(2 / 3)
    assert read("vendor_share").value == pytest.approx(2 / 3)


def test_a_retired_model_counts_among_the_retirements_and_nowhere_else(read, workspace, risk_officer):
    model = make_model(uses_machine_learning=True)
    assert read("machine_learning_share").value == 1
    retire(model)
    assert (read("retirements").value, read("machine_learning_share").value) == (1, None)


def test_what_a_new_policy_loosens_is_counted(read, workspace, standard_document):
    standard_document["limits"][0]["red"] = 0.4
    standard_document["limits"][1]["red"] = 0.2
    publish(standard_document)
    assert (read("policy_loosened").value, read("policy_loosened").found.size) == (1, 2)


def test_the_appetite_is_the_policys(read, workspace, standard_document):
    make_model()
    assert (read("tier_provisional_share").value, read("tier_provisional_share").verdict) == (1, "red")
    standard_document["indicators"]["appetite"]["tier_provisional_share"] = {"red": 1, "owner": "risk_officer"}
    publish(standard_document)
    assert read("tier_provisional_share").verdict == "within"
    del standard_document["indicators"]["appetite"]["tier_provisional_share"]
    publish(standard_document)
    assert (read("tier_provisional_share").verdict, read("tier_provisional_share").owner) == ("", "")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"luck": {"red": 1, "owner": "owner"}}, "indicators.appetite.luck"),
        ({"red_share": {"red": 0.1}}, "indicators.appetite.red_share.owner"),
        ({"red_share": {"owner": "risk_officer"}}, "indicators.appetite.red_share needs"),
        ({"red_share": {"amber": 0.2, "red": 0.1, "owner": "risk_officer"}}, "indicators.appetite.red_share.red"),
        ({"assessed_on_time": {"amber": 0.9, "red": 0.95, "owner": "risk_officer"}}, "indicators.appetite.assessed"),
        ({"red_share": {"red": "much", "owner": "risk_officer"}}, "indicators.appetite.red_share.red"),
        ({"red_share": {"red": 1, "owner": "nobody"}}, "indicators.appetite.red_share.owner"),
    ],
)
def test_an_appetite_that_means_nothing_is_named_by_its_path(change, path, standard_document):
    standard_document["indicators"]["appetite"] |= change
    (fault,) = policies.faults_in(standard_document)
    assert fault.startswith(path)


def test_an_older_policy_has_the_standard_appetite(standard_document):
    older = {name: section for name, section in standard_document.items() if name != "indicators"}
    assert policies.appetite(older, "red_share") == policies.appetite(standard_document, "red_share")


def test_the_past_is_told_where_it_is_known(auditor, workspace):
    model, now = make_model(), timezone.now()
    finding = make_finding(model, 1, severity="high", age=100)
    Finding.objects.filter(pk=finding.pk).update(due_at=(now - timedelta(days=50)).date())
    days = {one.day: one.shown for one in trend_of(BY_NAME["findings_past_due"], auditor, now=now)}
    for day, shown in days.items():
        raised, late = day >= finding.raised_at.date(), day > (now - timedelta(days=50)).date()
        assert shown.value == (float(late) if raised else None)
    assert trend_of(BY_NAME["red_share"], auditor, now=now) == []


def test_the_register_of_the_past_is_counted_as_it_stood(auditor, workspace, risk_officer):
    model = make_model(uses_machine_learning=True)
    confirm_tier(model, actor=risk_officer)
    later = timezone.now() + timedelta(days=40)
    edit_model(model, changes={"uses_machine_learning": False}, effective_on=None, actor=None)
    for name, value in (("tier_provisional_share", 0), ("machine_learning_share", 0)):
        assert trend_of(BY_NAME[name], auditor, now=later)[-1].shown.value == value
        assert trend_of(BY_NAME[name], auditor, now=later)[0].shown.value is None, "there was no model a year ago"


def test_months_end_on_their_last_day():
    ends = month_ends(datetime(2024, 3, 31).date())
    assert (len(ends), str(ends[-1]), str(ends[0])) == (12, "2024-02-29", "2023-03-31")


def test_more_models_ask_the_database_no_more(auditor, workspace):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            indicators_of(auditor, now=timezone.now())
        return len(queries)

    make_assessed_model(verdict="red")
    asked()
    first = asked()
    for verdict in ("amber", "within", "red"):
        make_assessed_model(verdict=verdict)
    assert asked() == first <= 60


def test_people_see_indicators_of_what_they_may_see(read, api, stranger, workspace):
    make_model()
    assert read("tier_provisional_share", stranger).value is None
    client = api(stranger, workspace=stranger.grants.get().workspace)
    told = {one["name"]: one for one in client.get(ADDRESS).json()["results"]}
    assert told["tier_provisional_share"]["value"] is None


def test_page_file_and_api_say_the_same(visit, api, auditor, workspace):
    make_assessed_model(verdict="red")
    told = {one["name"]: one["value"] for one in api(auditor).get(ADDRESS).json()["results"]}
    page = visit(auditor).get("/indicators/")
    shown = {one.indicator.name: one.value for _, rows in page.context["groups"] for one in rows}
    assert told == shown
    assert set(told) == set(BY_NAME)
    file = visit(auditor).get("/indicators/indicators.csv").text
    assert len(file.splitlines()) == len(BY_NAME) + 1


@pytest.mark.parametrize("name", ["findings_past_due", "red_share", "concentration_vendor", "repeat_findings"])
def test_an_indicator_has_its_page_with_its_months(name, visit, auditor, workspace):
    text = visit(auditor).get(f"/indicators/{name}/").text
    assert BY_NAME[name].title in text
    assert ("Its past is not known" in text) is not BY_NAME[name].has_past


def test_every_indicator_leads_to_a_list_that_there_is(visit, auditor, workspace):
    client = visit(auditor)
    for name, query in {one.page for one in INDICATORS} - {("", "")}:
        address = reverse(name, args=[query]) if name == "hygiene-rule" else f"{reverse(name)}{query}"
        assert client.get(address).status_code == 200


def test_an_indicator_that_there_is_not_is_not_found(visit, api, auditor, workspace):
    assert visit(auditor).get("/indicators/luck/").status_code == 404
    is_problem(api(auditor).get(f"{ADDRESS}luck/"), 404)
    assert api(auditor).get(f"{ADDRESS}findings_age/").json()["trend"]


def test_an_exception_counts_while_it_holds_and_then_as_lapsed(read, workspace):
    model, now = make_model(), timezone.now()
    change = ChangeRequest.objects.create(
        reference="CR-2026-0002", kind="exception", model=model, reason="R", policy=Policy.objects.in_force(),
        roles_required=OFFICERS, evidence_digest="0" * 64, expires_at=now,
    )  # fmt: skip
    held = {"kind": "exception", "model": model, "change": change, "title": "T"}
    with undecided("workflows_arrangement", "workflows_arrangement_is_decided"):
        Arrangement.objects.create(
            reference="EX-2026-0001", clause="validation", ends_at=now + timedelta(days=9), **held
        )
        Arrangement.objects.create(
            reference="EX-2026-0002", clause="validation", starts_at=now - timedelta(days=20), state="expired",
            ends_at=now - timedelta(days=9), **held,
        )  # fmt: skip
    assert (read("exceptions_live").value, read("exceptions_lapsed").value) == (1, 1)
    assert read("exceptions_lapsed").verdict == "red"
