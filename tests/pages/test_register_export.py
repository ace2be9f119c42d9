"""The register as a file, with what nobody enters: as the pages tell it, now and as of a past day."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audits.assessments.models import Plan
from audits.workflows.contents.assurance import attributes_of
from audits.workflows.models import Finding
from inventory.attributes import Kind
from inventory.contents.attributes import NOT_KEPT
from inventory.contents.export import DERIVED
from inventory.models import Model
from inventory.services import add_particular, attach_document, edit_model, start_use
from tests.factories import (
    approve_for,
    confirm,
    make_model,
    make_otherwise,
    make_person,
    make_use,
    make_version,
    promote,
)
from tests.inventory.test_history import days_ago, let_days_pass
from tests.pages.scenery import make_assessed_model, make_run
from tests.pages.test_workbook import cells
from tests.rest import is_problem

UNKNOWN = {"next_due", "monitoring"}


@pytest.fixture
def model(workspace, owner):
    """In use and red for ten days; a critical finding stood for six days until today, a low one since."""
    model = make_model(name="Loans", owner=owner)
    make_run(promote(make_version(model)), verdict="red", months_ago=1)
    now = timezone.now()
    then = now - timedelta(days=6)
    let_days_pass(10, model)
    said = {"model": model, "title": "T", "observation": "O", "required_outcome": "R", "owner": owner, "due_at": now}
    Finding.objects.create(
        reference="F-2026-0901", severity="critical", issued_at=then, closed_at=now, state="closed", **said
    )
    Finding.objects.create(reference="F-2026-0902", severity="low", issued_at=now, state="open", **said)
    return Model.objects.get(pk=model.pk)


def exported(client, **asked) -> list[dict]:
    answer = client.get(reverse("register-json"), asked)
    return json.loads(b"".join(answer.streaming_content))["models"]


def test_the_export_tells_what_the_page_of_each_model_tells(visit, auditor, model):
    promote(make_version(make_model(name="Cards")))
    make_model(name="Bare")
    found = exported(visit(auditor))
    assert [one["name"] for one in found] == ["Bare", "Cards", "Loans"]
    for one in found:
        told = {
            shown.attribute.name: list(shown.lines)
            for shown in attributes_of(Model.objects.get(slug=one["slug"]))
            if shown.attribute.kind == Kind.DERIVED
        }
        assert {name: one[name] for name in DERIVED} == {name: told[name] for name in DERIVED}
    loans = found[-1]
    assert loans["open_findings"] == ["1 low"] and loans["exceptions"] == [] and loans["residual_rating"][0] == "High"
    assert loans["monitoring"][0].startswith("Drift: red until")


def test_plans_of_a_past_day_are_told_as_they_stood(visit, auditor, model):
    [then] = exported(visit(auditor), as_of=days_ago(3))
    plan = Plan.objects.get()
    due = f"Drift on {plan.next_due_at.day} {plan.next_due_at:%b %Y}"
    make_otherwise(plan, next_due_at=plan.next_due_at + timedelta(days=400))
    [moved] = exported(visit(auditor), as_of=days_ago(3))
    assert then["next_due"] == moved["next_due"] and then["next_due"][-1] == due
    assert then["next_due"][0].startswith("Full revalidation on")
    make_otherwise(plan, enabled=False)
    assert exported(visit(auditor))[0]["monitoring"] == []
    assert exported(visit(auditor), as_of=days_ago(3))[0]["monitoring"][0].startswith("Drift: ")


def test_as_of_a_past_day_it_tells_what_is_kept_of_then_and_says_what_is_not(visit, api, auditor, model):
    """The plan is older than its first record, as where plans were not recorded yet."""
    Plan.objects.update(created_at=timezone.now() - timedelta(days=30))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE assessments_planrecord DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM assessments_planrecord WHERE recorded_to IS NOT NULL")
        cursor.execute("ALTER TABLE assessments_planrecord ENABLE TRIGGER USER")
    client, day = visit(auditor), days_ago(3)
    [then] = exported(client, as_of=day)
    assert then["open_findings"] == ["1 critical"]
    assert "the worst open finding critical: high" in then["residual_rating"][1]
    assert "monitoring red: high" in then["residual_rating"][1]
    assert {name for name in DERIVED if then[name] is None} == UNKNOWN
    answer = client.get(reverse("register-csv"), {"as_of": day})
    [row] = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    assert {name for name, value in row.items() if value == NOT_KEPT} == UNKNOWN
    assert row["open_findings"] == "1 critical"
    told = api(auditor).get(f"/api/v1/models/{model.slug}/attributes/", {"as_of": day}).json()["attributes"]
    told = {one["name"]: one for one in told}
    assert {name for name, one in told.items() if not one["kept"]} == UNKNOWN
    assert told["next_due"]["value"] is None and told["open_findings"]["value"] == ["1 critical"]
    page = client.get(reverse("model-as-of", args=[model.slug]), {"as_of": day}).text
    assert "1 critical" in page and page.count(NOT_KEPT) == len(UNKNOWN)


def test_before_anything_happened_nothing_of_it_is_told(visit, auditor, model):
    [before] = exported(visit(auditor), as_of=days_ago(8))
    assert before["open_findings"] == before["exceptions"] == before["first_production"] == []
    assert "monitoring red: high" in before["residual_rating"][1] and "no finding open" in before["residual_rating"][1]


def workbook_of(answer) -> tuple[dict, list[dict]]:
    """What the first sheet says, and each model by the heads of its columns."""
    content = b"".join(answer.streaming_content)
    pairs = [cell["text"] for cell in cells(content, 1)]
    table = {}
    for cell in cells(content):
        letters = cell["r"].rstrip("0123456789")
        table.setdefault(int(cell["r"].removeprefix(letters)), {})[letters] = cell
    heads = table.pop(1)
    rows = [{heads[letters]["text"]: cell for letters, cell in row.items()} for row in table.values()]
    return dict(zip(pairs[::2], pairs[1::2], strict=True)), rows


def serial(day: date) -> int:
    return (day - date(1899, 12, 30)).days


def test_the_workbook_says_what_the_csv_says_each_in_its_own_type(visit, auditor, model):
    edit_model(model, changes={"exposure_amount": Decimal("1250000.50"), "business_unit": "=1+1"}, actor=None)
    Model.objects.filter(pk=model.pk).update(baselined_until=date(2027, 3, 1))
    client = visit(auditor)
    [row] = csv.DictReader(io.StringIO(b"".join(client.get(reverse("register-csv")).streaming_content).decode()))
    about, [told] = workbook_of(client.get(reverse("register-xlsx")))
    typed = {"baselined_until": str(serial(date(2027, 3, 1))), "business_unit": "=1+1", "tier": "2"}
    for name in ("slug", "name", "owner", "open_findings", "residual_rating", "versions", "monitoring"):
        assert told[name]["text"] == row[name], name
    for name, text in typed.items():
        assert told[name]["text"] == text, name
    assert {name for name, value in row.items() if value} == told.keys()
    assert told["business_unit"]["t"] == "inlineStr" and row["business_unit"] == "'=1+1"
    assert told["exposure_amount"].get("t") is None and float(told["exposure_amount"]["text"]) == 1250000.5
    assert told["affects_natural_persons"]["t"] == "b" and told["registered_at"]["s"] == "3"
    assert about["Models"] == "1" and about["Chosen by"].startswith("Nothing: every model")
    assert about["For"] == f"{auditor.display_name} ({auditor.email})"
    assert about["As of"] == about["As known on"] == str(serial(timezone.now().date()))


def test_the_workbook_of_a_past_day_says_so_and_what_it_was_narrowed_to(visit, auditor, model):
    asked = {"as_of": days_ago(3), "tier": 2, "provisional": "true", "search": "loans"}
    about, [told] = workbook_of(visit(auditor).get(reverse("register-xlsx"), asked))
    assert told["open_findings"]["text"] == "1 critical" and told["monitoring"]["text"].startswith("Drift: ")
    assert about["As of"] == about["As known on"] == str(serial(days_ago(3)))
    assert about["Chosen by"] == "search = loans; tier = 2; provisional = Yes"
    assert NOT_KEPT in about


@pytest.mark.parametrize("kind", ["xlsx", "csv", "json"])
def test_the_api_gives_the_same_file_as_the_page(visit, api, auditor, model, kind):
    make_model(name="Other", business_unit="Cards")
    asked = {"business_unit": "Cards", "as_of": days_ago(0).isoformat()}
    paged = visit(auditor).get(reverse(f"register-{kind}"), asked)
    sent = api(auditor).get("/api/v1/register/export", asked | {"file": kind})
    assert sent["Content-Type"] == paged["Content-Type"]
    assert sent["Content-Disposition"] == paged["Content-Disposition"] and kind in sent["Content-Disposition"]
    if kind == "xlsx":
        (of_page, page_rows), (of_api, api_rows) = map(workbook_of, (paged, sent))
        assert of_page.pop("Written (UTC)") and of_api.pop("Written (UTC)")
        assert (of_page, page_rows) == (of_api, api_rows) and api_rows[0]["name"]["text"] == "Other"
    else:
        texts = [b"".join(answer.streaming_content) for answer in (paged, sent)]
        head = len(texts[0].partition(b"\n")[0]) if kind == "json" else 0
        assert texts[0][head:] == texts[1][head:] and b"Other" in texts[0] and b"Loans" not in texts[0]


def test_a_filter_that_is_nonsense_gives_no_file_rather_than_another_one(visit, api, auditor, model):
    for kind in ("xlsx", "csv", "json"):
        answer = visit(auditor).get(reverse(f"register-{kind}"), {"as_of": "yesterday"})
        assert answer.status_code == 422 and "Enter a valid date" in answer.text
    client, address = api(auditor), "/api/v1/register/export"
    for asked in ({"file": "ods"}, {"as_of": "yesterday"}, {"page_size": 10}, {"teir": 1}):
        is_problem(client.get(address, asked), 400)


def test_somebody_from_elsewhere_exports_nothing_and_a_token_only_what_it_may(visit, api, stranger, engineer, model):
    _, rows = workbook_of(visit(stranger).get(reverse("register-xlsx")))
    assert rows == []
    told = b"".join(api(stranger).get("/api/v1/register/export", {"file": "json"}).streaming_content)
    assert json.loads(told)["models"] == []
    make_model(name="Cards")
    client = api(engineer, models=["cards"])
    told = b"".join(client.get("/api/v1/register/export", {"file": "json"}).streaming_content)
    assert [one["slug"] for one in json.loads(told)["models"]] == ["cards"]


def make_told(name: str) -> Model:
    """A model of which there is something to tell in every column that names other rows, each of its own."""
    model, upstream = make_assessed_model(name=name, owner=make_person("owner")), make_model()
    for person in ("developer", "validator", "sponsor"):
        edit_model(model, changes={person: make_person("engineer")}, actor=None)
    edit_model(model, changes={"successor": upstream}, actor=None)
    make_version(model, actor=make_person("engineer"))
    rows = {
        "stakeholders": {"discipline": "legal", "person": make_person("owner")},
        "upstream": {"upstream": upstream, "kind": "input", "criticality": "high"},
        "limitations": {"text": "Not for all.", "significance": "medium"},
    }
    for attribute, values in rows.items():
        add_particular(model, attribute, values=values, actor=make_person("engineer"))
    named = {"filename": "a.txt", "media_type": "text/plain"}
    attach_document(model, name.encode(), values={"title": "Paper", "kind": "other"}, **named, actor=None)
    use = make_use(model)
    approve_for(model.production_version(), use, conditions=["Watched weekly."])
    start_use(use, actor=None)
    confirm(model)
    return model


def test_the_number_of_queries_does_not_grow_with_the_models(visit, auditor, workspace):
    client, asked_at = visit(auditor), ({}, {"as_of": days_ago(0)})

    def counted() -> list[int]:
        counts = []
        for asked in asked_at:
            for kind in ("json", "csv", "xlsx"):
                with CaptureQueriesContext(
                    connection,
                ) as queries:
                    b"".join(client.get(reverse(f"register-{kind}"), asked).streaming_content)
                counts.append(len(queries))
        return counts

    make_told("First")
    one = counted()
    for name in ("Second", "Third", "Fourth"):
        make_told(name)
    assert counted() == one and max(one) <= 44
