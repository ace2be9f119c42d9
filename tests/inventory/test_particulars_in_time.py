"""Two axes of rows: since when something held, and since when the register knew it."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from inventory.attributes import BY_NAME
from inventory.contents.differences import differences
from inventory.contents.histories import history_of
from inventory.models import ModelRecord, Moment
from inventory.models.particulars import rows_of
from inventory.services import add_particular, end_particular
from mrm.errors import UnusableData
from mrm.pages import tags
from tests.factories import make_model
from tests.inventory.test_history import days_ago, let_days_pass
from tests.rest import is_problem, post_json

LIMITATION = {"text": "Not for the self-employed.", "significance": "medium"}


@pytest.fixture
def model(owner):
    """Registered thirty days ago."""
    model = make_model(name="Loans", owner=owner)
    let_days_pass(30, model)
    return model


def held(day: int, known: int | None = None) -> bool:
    """Whether the limitation held on a day so many days ago, as known then or on another one."""
    moment = Moment.of(days_ago(day), None if known is None else days_ago(known))
    return rows_of("limitations").standing(moment).exists()


def test_what_is_said_late_held_since_its_day_and_is_known_since_it_was_said(model, engineer):
    add_particular(model, "limitations", values=LIMITATION, effective_on=days_ago(20), actor=engineer)
    assert (held(21, 0), held(20, 0), held(5, 0), held(0)) == (False, True, True, True)
    assert not held(20) and not held(5, 1), "as it was believed on those days"


def test_what_is_said_today_did_not_hold_before(model, engineer):
    add_particular(model, "limitations", values=LIMITATION, actor=engineer)
    assert (held(1, 0), held(0)) == (False, True)


def test_what_ended_before_today_is_put_right_with_hindsight_only(model, engineer):
    row = add_particular(model, "limitations", values=LIMITATION, actor=engineer)
    let_days_pass(20, model)
    end_particular(row, "limitations", reason="Estimated on them.", effective_on=days_ago(7), actor=engineer)
    assert (held(8, 0), held(7, 0), held(7), held(1)) == (True, False, True, True)


def test_what_ends_on_the_day_it_began_never_held(model, engineer):
    row = add_particular(model, "limitations", values=LIMITATION, actor=engineer)
    let_days_pass(20, model)
    end_particular(row, "limitations", reason="Of another model.", effective_on=days_ago(20), actor=engineer)
    assert not any(held(day, 0) for day in (20, 10, 0)) and held(10)


def test_days_that_cannot_be_are_refused(model, engineer):
    for day in (timezone.now().date() + timedelta(days=1), days_ago(31)):
        with pytest.raises(UnusableData, match="effective_on lies"):
            add_particular(model, "limitations", values=LIMITATION, effective_on=day, actor=engineer)
    row = add_particular(model, "limitations", values=LIMITATION, effective_on=days_ago(20), actor=engineer)
    for day in (days_ago(21), timezone.now().date() + timedelta(days=1)):
        with pytest.raises(UnusableData, match="effective_on must be a day from"):
            end_particular(row, "limitations", reason="Over.", effective_on=day, actor=engineer)
    with pytest.raises(IntegrityError, match="ends no earlier than it began"), transaction.atomic():
        rows_of("limitations").update(ended_at=timezone.now(), valid_to=days_ago(21))
    with pytest.raises(IntegrityError, match="only ended"), transaction.atomic():
        rows_of("limitations").update(valid_from=days_ago(25))


def test_a_regime_determined_again_late_ends_what_stood_on_that_day(model, validator):
    verdict = {"regime": "sr-26-2", "verdict": "model", "rationale": "It estimates."}
    first = add_particular(model, "determinations", values=verdict, effective_on=days_ago(20), actor=validator)
    verdict["verdict"] = "undetermined"
    second = add_particular(model, "determinations", values=verdict, effective_on=days_ago(10), actor=validator)
    rows = rows_of("determinations")
    for day, stands in ((15, first), (10, second), (0, second)):
        assert rows.standing(Moment.of(days_ago(day), days_ago(0))).get() == stands


def test_two_days_differ_by_what_was_said_late_with_hindsight_only(model, engineer):
    add_particular(model, "limitations", values=LIMITATION, effective_on=days_ago(10), actor=engineer)
    days = (days_ago(15), days_ago(5))
    records = ModelRecord.objects.all()
    assert differences(records, *(Moment.of(day) for day in days)).total == 0
    (found,) = differences(records, *(Moment.of(day, days_ago(0)) for day in days)).shown
    assert [(change.field, change.before) for change in found.changes] == [("limitations", None)]


def test_page_and_api_take_and_tell_both_days(model, engineer, api, client):
    address = f"/api/v1/models/{model.slug}/attributes/limitations/"
    said = LIMITATION | {"effective_on": days_ago(20).isoformat()}
    body = post_json(api(engineer), address, said).json()
    (row,) = body["value"]
    assert row["valid_from"] == said["effective_on"] and row["added_at"][:10] == days_ago(0).isoformat()
    assert body["history"][0]["effective_on"] == said["effective_on"]
    is_problem(post_json(api(engineer), address, said | {"effective_on": "2999-01-01"}), 422)
    asked = {"as_of": days_ago(20).isoformat(), "known_on": days_ago(0).isoformat()}
    told = api(engineer).get(f"/api/v1/models/{model.slug}/attributes/", asked).json()["attributes"]
    assert next(one["value"] for one in told if one["name"] == "limitations")
    client.force_login(engineer)
    page = client.get(reverse("model-attribute", args=[model.slug, "limitations"])).text
    assert "holding since" in page
    ending = reverse("end-particular", args=[model.slug, "limitations", row["id"]])
    answer = client.post(ending, {"reason": "Over.", "effective_on": days_ago(25).isoformat()})
    assert answer.status_code == 422 and "effective_on must be a day from" in answer.text
    client.post(ending, {"reason": "Over.", "effective_on": days_ago(5).isoformat()})
    ended = history_of(model, BY_NAME["limitations"])[0]
    assert (ended.after, ended.effective_on) == ("Ended: Over.", days_ago(5))
    page = client.get(reverse("model-attribute", args=[model.slug, "limitations"])).text
    assert f"as from {tags.day(days_ago(5))}" in page and f"as from {days_ago(5).isoformat()}" not in page


def test_a_document_that_came_late_holds_since_the_day_that_page_and_api_are_told(model, engineer, api, client):
    address, day = f"/api/v1/models/{model.slug}/documents/", days_ago(20).isoformat()
    query = urlencode({"title": "Report", "kind": "other", "effective_on": day})
    assert api(engineer).post(f"{address}?{query}", b"1", content_type="text/plain").status_code == 201
    client.force_login(engineer)
    sent = {"title": "Paper", "kind": "other", "effective_on": day, "file": SimpleUploadedFile("paper.txt", b"2")}
    client.post(reverse("add-particular", args=[model.slug, "documents"]), sent)

    def titles(**asked):
        return [one["title"] for one in api(engineer).get(address, asked).json()["results"]]

    then = {"as_of": day}
    assert titles() == titles(**then, known_on=days_ago(0).isoformat()) == ["Paper", "Report"]
    assert titles(**then) == [], "known since today only"
    late = urlencode({"title": "Other", "kind": "other", "effective_on": "2999-01-01"})
    is_problem(api(engineer).post(f"{address}?{late}", b"3", content_type="text/plain"), 422)
