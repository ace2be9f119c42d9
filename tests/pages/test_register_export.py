"""The register as a file, with what nobody enters: as the pages tell it, now and as of a past day."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audits.workflows.contents.assurance import attributes_of
from audits.workflows.models import Finding
from inventory.attributes import Kind
from inventory.contents.attributes import NOT_KEPT
from inventory.contents.export import DERIVED
from inventory.models import Model
from tests.factories import make_model, make_version, promote
from tests.inventory.test_history import days_ago, let_days_pass
from tests.pages.scenery import make_run

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


def test_as_of_a_past_day_it_tells_what_is_kept_of_then_and_says_what_is_not(visit, api, auditor, model):
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
