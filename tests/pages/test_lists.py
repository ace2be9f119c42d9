"""Lists told once: sorted by every head, searched, stable while rows come and go, the same over REST and as CSV."""

import csv
import io
from datetime import date

import pytest
from django.urls import reverse

from audits.assessments.contents import lists as measured
from audits.trail.models import Action
from audits.workflows.contents import lists as decided
from audits.workflows.services import raise_finding, request_change
from inventory.contents import lists
from inventory.services import edit_use, propose_use
from mrm.accounts.contents import PEOPLE, TOKENS
from mrm.accounts.models import Person
from mrm.accounts.policies import Role
from mrm.pages.filters import ListFilter
from reports.contents.lists import REPORTS
from reports.services import request_report
from tests.factories import RETIREMENT, make_model, make_otherwise, make_person, make_reference, make_version
from tests.rest import is_problem

LISTS = {
    "/api/v1/findings/": decided.FINDINGS,
    "/api/v1/changes/": decided.CHANGES,
    "/api/v1/arrangements/": decided.ARRANGEMENTS,
    "/api/v1/validations/": decided.VALIDATIONS,
    "/api/v1/attestations/": decided.ATTESTATIONS,
    "/api/v1/models/loans/versions/": lists.VERSIONS,
    "/api/v1/models/loans/uses/": lists.USES,
    "/api/v1/models/loans/sources/": lists.SOURCES,
    "/api/v1/models/loans/indicators/": lists.SERIES,
    "/api/v1/models/loans/plans/": measured.PLANS,
    "/api/v1/models/loans/runs/": measured.RUNS,
    "/api/v1/models/loans/breaches/": measured.BREACHES,
    "/api/v1/reports/": REPORTS,
    "/api/v1/tokens/": TOKENS,
}
PAGES = {
    "finding-list": decided.FINDINGS,
    "change-list": decided.CHANGES,
    "arrangement-list": decided.ARRANGEMENTS,
    "validation-list": decided.VALIDATIONS,
    "attestation-list": decided.ATTESTATIONS,
    "report-list": REPORTS,
    "people": PEOPLE,
    "trail": lists.TRAIL,
}
TABS = {
    "model-findings": "findings.csv",
    "model-changes": "changes.csv",
    "model-validations": "validations.csv",
    "model-reports": "reports.csv",
}
SEVERITIES = ("low", "critical", "medium", "high", "medium")


@pytest.mark.parametrize("name", [*PAGES, "register", "portfolio"])
def test_every_field_that_a_list_is_filtered_by_stands_on_its_page(visit, risk_officer, administrator, name):
    page = visit(administrator if name == "people" else risk_officer).get(reverse(name))
    fields = page.context["form"].visible_fields()
    assert fields
    for field in fields:
        assert f'name="{field.html_name}"' in page.content.decode(), field.label


@pytest.fixture
def model(workspace, owner):
    return make_model(name="Loans", owner=owner)


@pytest.fixture
def findings(model, validator):
    written = {"observation": "Few rows.", "required_outcome": "More rows.", "actor": validator}
    return [
        raise_finding(model, title=f"=Finding {number}", severity=severity, **written)
        for number, severity in enumerate(SEVERITIES)
    ]


def walk(client, address: str, query: dict) -> list[str]:
    seen, cursor = [], ""
    while True:
        page = client.get(address, query | ({"cursor": cursor} if cursor else {})).context["page"]
        seen += [row.pk for row in page.rows]
        if not (cursor := page.next):
            return seen


def told(answer) -> list[dict]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_findings_are_sorted_by_every_head_both_ways_and_pages_miss_nothing(visit, validator, findings, monkeypatch):
    monkeypatch.setattr("mrm.pages.listing.ROWS_PER_PAGE", 2)
    client, address = visit(validator), reverse("finding-list")
    for ordering in decided.FINDINGS.orderings[::2]:
        there = walk(client, address, {"ordering": ordering})
        assert len(there) == len(findings), ordering
        assert there == walk(client, address, {"ordering": f"-{ordering}"})[::-1], ordering
    gravest = client.get(address, {"ordering": "severity"}).context["page"].rows
    assert [row.severity for row in gravest] == ["critical", "high"]


def test_a_sorted_head_says_so_and_turns_round_when_it_is_followed(visit, validator, findings):
    client, address = visit(validator), reverse("finding-list")
    heads = {head.label: head for head in client.get(address, {"ordering": "owner"}).context["heads"]}
    assert (heads["Owner"].direction, heads["Owner"].turned) == ("ascending", "-owner")
    assert (heads["Due"].direction, heads["Due"].turned) == ("", "due")
    text = client.get(address, {"ordering": "-owner", "q": "loans"}).text
    assert 'aria-sort="descending"' in text and '<input type="hidden" name="ordering" value="-owner">' in text
    assert client.get(address, {"ordering": "password"}).context["ordering"] == "due", "nonsense sorts as usual"
    assert client.get(address, {"cursor": "nonsense"}).status_code == 302


@pytest.mark.parametrize("name", PAGES)
def test_every_page_of_a_list_answers_for_each_of_its_orderings(visit, auditor, name):
    client = visit(auditor)
    for ordering in PAGES[name].orderings:
        assert client.get(reverse(name), {"ordering": ordering, "q": "a b"}).status_code == 200, ordering


@pytest.mark.parametrize("name", PAGES)
def test_an_eleventh_word_is_refused_by_every_page_of_a_list(visit, auditor, name):
    client, ten = visit(auditor), " ".join("abcdefghij")
    if not isinstance(client.get(reverse(name)).context["form"], ListFilter):  # The trail looks for a name as a whole.
        return
    assert client.get(reverse(name), {"q": ten}).status_code == 200
    refused = client.get(reverse(name), {"q": f"{ten} k"})
    assert refused.status_code == 400 and "These are 11 words; at most 10" in refused.text
    assert 'name="q"' in refused.text and refused.context["page"].rows == [] and "empty-state" not in refused.text
    assert client.get(refused.context["csv"] or reverse(name), {"q": f"{ten} k"}).status_code in (400, 422)


@pytest.mark.parametrize("address", LISTS)
def test_an_eleventh_word_is_refused_by_every_list_over_rest(api, auditor, model, address):
    client, ten = api(auditor), " ".join("abcdefghij")
    if not LISTS[address].searched:
        return
    assert client.get(address, {"search": ten}).status_code == 200
    (fault,) = is_problem(client.get(address, {"search": f"{ten} k"}), 400)["errors"]
    assert (fault["field"], "These are 11 words; at most 10" in fault["message"]) == ("search", True)


@pytest.mark.parametrize("address", LISTS)
def test_rest_sorts_and_searches_by_what_the_page_shows(api, auditor, model, address):
    client, listing = api(auditor), LISTS[address]
    for ordering in listing.orderings:
        asked = {"ordering": ordering, "search": "loans x"} if listing.searched else {"ordering": ordering}
        assert client.get(address, asked).status_code == 200, ordering
    is_problem(client.get(address, {"ordering": "password"}), 400)


def test_rest_finds_findings_by_words_owner_and_day(api, auditor, findings, model):
    client = api(auditor)

    def found(**asked):
        return len(client.get("/api/v1/findings/", asked).json()["results"])

    assert (found(search="loans -0003"), found(search="LOANS"), found(search="nothing such")) == (1, 5, 0)
    assert (found(owner=model.owner.email), found(due_before="2001-01-01")) == (5, 0)
    is_problem(client.get("/api/v1/findings/", {"owner": "nobody@example.com"}), 400)


def test_cursor_pages_over_rest_repeat_and_miss_nothing_while_rows_come_and_go(api, engineer, model):
    for number in range(6):
        propose_use(model, title=f"Use {number}", actor=None)
    client = api(engineer)
    seen, address = [], f"/api/v1/models/{model.slug}/uses/?ordering=-title&page_size=2&state=proposed"
    while address:
        page = client.get(address).json()
        seen += [use["number"] for use in page["results"]]
        address = page["next"]
        if len(seen) == 2:
            propose_use(model, title="Use 9", actor=None)  # Before what was read: it shifts nothing.
            gone = model.uses.get(title="Use 1")
            edit_use(gone, changes={"title": "A"}, actor=None)  # Leaves its place for a later page, and is met there.
    assert seen == [6, 5, 4, 3, 1, 2]


def test_what_goes_away_while_one_pages_hides_nobody_else(api, auditor, findings, validator):
    client = api(auditor)
    first = client.get("/api/v1/findings/", {"ordering": "title", "page_size": "2"}).json()
    make_otherwise(findings[1], title="=Finding 9")
    rest = (
        client.get(first["next"]).json()["results"]
        + client.get(client.get(first["next"]).json()["next"]).json()["results"]
    )
    assert [one["title"][-1] for one in first["results"] + rest] == ["0", "1", "2", "3", "4", "9"]


def test_spreadsheets_hold_all_of_a_list_and_no_formula(visit, validator, owner, findings, model):
    client = visit(validator)
    rows = told(client.get(reverse("findings-csv"), {"ordering": "-title"}))
    assert [row["title"] for row in rows] == [f"'=Finding {number}" for number in (4, 3, 2, 1, 0)]
    assert rows[0]["severity"] == "medium" and rows[0]["owner"] == str(owner)
    version = make_version(model, framework="@SUM(A1)")
    propose_use(model, title="+1+2", actor=None)
    request_change("retirement", model, reason="=HYPERLINK()", terms=RETIREMENT, actor=owner)
    [change] = told(client.get(reverse("changes-csv")))
    assert (change["model"], change["reason"]) == ("loans", "'=HYPERLINK()")
    [row] = told(client.get(reverse("versions-csv", args=[model.slug])))
    assert (row["number"], row["framework"]) == (str(version.number), "'@SUM(A1)")
    [row] = told(client.get(reverse("uses-csv", args=[model.slug])))
    assert (row["title"], row["state"]) == ("'+1+2", "proposed")
    assert told(client.get(reverse("sources-csv", args=[model.slug]))) == []
    assert told(client.get(reverse("arrangements-csv"))) == []


def test_nobody_elsewhere_reads_a_list_of_a_model(visit, stranger, model):
    for name in ("versions-csv", "uses-csv", "sources-csv"):
        assert visit(stranger).get(reverse(name, args=[model.slug])).status_code == 404


def test_the_csv_of_a_tab_holds_what_is_about_that_model_only(visit, validator, findings, model):
    other = make_version(make_model(name="Cards"))
    for slug in (model.slug, other.model.slug):
        client = visit(validator)
        for tab, filename in TABS.items():
            page = client.get(reverse(tab, args=[slug])).context
            answer = client.get(page["csv"])
            assert answer["Content-Disposition"] == f'attachment; filename="{filename}"'
            assert len(told(answer)) == len(page["page"].rows), (slug, tab)
    client = visit(validator)
    here = client.get(reverse("model-findings", args=[model.slug]), {"ordering": "-title"}).context
    assert [row["title"][-1] for row in told(client.get(here["csv"]))] == ["4", "3", "2", "1", "0"]


def test_reports_are_sorted_searched_and_told_as_csv(visit, api, model, validator, tmp_path):
    make_reference(make_version(model), tmp_path)
    asked = [
        request_report(model, period_start=date(2026, 1, day), period_end=date(2026, 1, 20), actor=None)
        for day in (3, 1, 2)
    ]
    client = visit(validator)
    rows = told(client.get(reverse("reports-csv"), {"ordering": "period_start", "state": "requested", "q": "loans"}))
    assert [row["period_start"] for row in rows] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    listed = api(validator).get("/api/v1/reports/", {"ordering": "-reference", "search": "loan", "model": model.slug})
    assert [row["reference"] for row in listed.json()["results"]] == [report.reference for report in asked[::-1]]
    assert told(client.get(reverse("reports-csv"), {"q": "nothing such"})) == []


def test_the_trail_is_paged_by_where_the_last_page_ended_and_told_as_csv(visit, auditor, findings, monkeypatch):
    monkeypatch.setattr("mrm.pages.listing.ROWS_PER_PAGE", 3)
    client, chosen = visit(auditor), {"action": Action.FINDING_RAISED}
    there = walk(client, reverse("trail"), chosen)
    assert len(there) == len(findings) and there == sorted(there, reverse=True)
    rows = told(client.get(reverse("trail-csv"), chosen))
    assert [int(row["position"]) for row in rows] == there
    assert {row["actor"] for row in rows} == {findings[0].raised_by.display_name}


def test_people_are_found_by_name_and_address(visit, auditor, validator, owner):
    client = visit(auditor)
    found = client.get(reverse("people"), {"q": validator.email}).context["page"].rows
    assert found == [validator]
    turned = client.get(reverse("people"), {"ordering": "-name"}).context["page"].rows
    names = [person.display_name for person in turned]
    assert names == sorted(names, reverse=True)
    assert client.get(reverse("people"), {"kind": "service"}).context["page"].rows == []


def test_people_and_what_one_read_are_told_as_csv_to_those_only_who_may_know(visit, auditor, engineer, validator):
    client = visit(auditor)
    page = client.get(reverse("people"), {"q": validator.email}).context
    [row] = told(client.get(page["csv"]))
    assert (row["name"], row["email"], row["account"]) == (validator.display_name, validator.email, "open")
    assert row["roles"] == f"validator in {validator.grants.get().workspace}"
    make_person(Role.ENGINEER, name="=Pipe", kind=Person.Kind.SERVICE)
    [row] = told(client.get(reverse("people-csv"), {"kind": "service"}))
    assert (row["name"], row["tokens"], row["used"]) == ("'=Pipe", "0", "")
    read = [row["address"] for row in told(client.get(reverse("readings-csv", args=[auditor.pk])))]
    assert read[1].startswith(reverse("people-csv")) and len(read) == auditor.readings.count()
    for address in (reverse("people-csv"), reverse("readings-csv", args=[auditor.pk])):
        assert visit(engineer).get(address).status_code == 403


def test_the_list_of_people_asks_as_often_for_many_as_for_one(visit, auditor, django_assert_max_num_queries):
    for number in range(8):
        make_person(Role.OWNER, name=f"Person {number}")
    client = visit(auditor)
    with django_assert_max_num_queries(16):
        assert len(told(client.get(reverse("people-csv")))) > 8
