"""Operational and business series: what others measure of a model, point by point."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from audits.trail.models import Action, Entry
from inventory.models import Series, SeriesPoint
from inventory.services import receive_points
from inventory.services.series import MOST_POINTS, digest_of
from mrm.errors import NotPermitted, RuleBroken, UnusableData
from tests.factories import make_model

MONDAY, TUESDAY = "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z"


@pytest.fixture
def model(workspace):
    return make_model(name="Offers")


def send(model, points, *, name="click_through", unit="%", **others):
    return receive_points(model, name=name, unit=unit, points=points, **others, actor=None)


def faults(error) -> list[tuple]:
    return [(fault.get("row"), fault.get("column")) for fault in error.value.errors]


def test_the_same_point_again_changes_nothing_and_is_not_recorded(model):
    assert send(model, [[MONDAY, 4.1], [TUESDAY, 4]])[1:] == (2, 0)
    assert send(model, [[MONDAY, 4.1], ["2026-06-02T02:00:00+02:00", 4.0]])[1:] == (0, 0)
    assert SeriesPoint.objects.count() == 2
    assert Entry.objects.filter(action=Action.SERIES_RECEIVED).count() == 1


def test_another_value_for_a_time_counts_and_the_earlier_one_stays(model):
    series, *_ = send(model, [[MONDAY, 4.1]])
    assert send(model, [[MONDAY, 3.9], [TUESDAY, 4.0]])[1:] == (1, 1)
    assert list(series.points.standing().values_list("value", flat=True)) == [4.0, 3.9]
    assert series.points.count() == 3
    told = Series.objects.with_ends().get()
    assert (told.times, told.last_value) == (2, 4.0)
    entry = Entry.objects.filter(action=Action.SERIES_RECEIVED).first()
    points = {point.at: point.value for point in series.points.standing()}
    assert (entry.details["changed"], entry.details["sha256"]) == (1, digest_of(points))


def test_points_are_never_changed_or_deleted_by_sql(model):
    send(model, [[MONDAY, 4.1]])
    for change in (
        lambda: SeriesPoint.objects.update(value=9),
        lambda: SeriesPoint.objects.all().delete(),
        lambda: Series.objects.update(unit="ms"),
    ):
        with pytest.raises(DatabaseError, match="append-only|refused"), transaction.atomic():
            change()


def test_every_faulty_point_is_named_and_nothing_of_the_body_is_kept(model):
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    points = [
        [MONDAY, 1],
        ["yesterday", 1],
        ["2026-06-01T00:00:00", 1],
        [1780000000, 1],
        [TUESDAY, float("nan")],
        [TUESDAY, float("inf")],
        [TUESDAY, True],
        [TUESDAY, "4"],
        [TUESDAY, 10**400],
        [tomorrow, 1],
        [MONDAY, 2],
        [MONDAY],
        "point",
        ["0001-01-01T00:00:00+14:00", 1],
    ]
    with pytest.raises(UnusableData) as refused:
        send(model, points)
    columns = ["time"] * 3 + ["value"] * 5 + ["time"] * 5
    assert faults(refused) == list(zip(range(2, 15), columns, strict=True))
    assert not Series.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "latency p95"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"unit": " "}, "unit"),
        ({"points": []}, "points"),
        ({"points": [[MONDAY, 1]] * (MOST_POINTS + 1)}, "points"),
    ],
    ids=["a space", "no name", "a long name", "no unit", "no point", "too many"],
)
def test_a_series_needs_a_name_a_unit_and_points(model, changed, field):
    with pytest.raises(UnusableData) as refused:
        send(model, **({"points": [[MONDAY, 1]]} | changed))
    assert refused.value.errors[0]["field"] == field


def test_a_series_keeps_its_unit_and_pillar(model):
    send(model, [[MONDAY, 4.1]], pillar="business")
    with pytest.raises(UnusableData, match="was begun with the unit %, not permille"):
        send(model, [[TUESDAY, 41]], unit="permille")
    with pytest.raises(UnusableData, match="pillar business, not operational"):
        send(model, [[TUESDAY, 4.1]], pillar="operational")
    assert send(model, [[TUESDAY, 4.1]])[1] == 1


def test_who_may_not_log_data_sends_no_points(model, auditor, owner, stranger):
    for person in (auditor, owner, stranger):
        with pytest.raises(NotPermitted):
            receive_points(model, name="n", unit="1", points=[[MONDAY, 1]], actor=person)


def test_a_retired_model_takes_no_points(model):
    model.status = "retired"
    model.save(update_fields=["status"])
    with pytest.raises(RuleBroken, match="takes no data"):
        send(model, [[MONDAY, 1]])


def test_points_are_sent_and_read_over_rest_and_drawn_on_the_page(model, engineer, api, client):
    rest = api(engineer)
    address = f"/api/v1/models/{model.slug}/indicators/"
    body = {"name": "latency.p95", "unit": "ms", "points": [[MONDAY, 41.5], [TUESDAY, 44]]}
    first = rest.post(address, body, format="json")
    assert (first.status_code, first.json()["received"], first.json()["last_value"]) == (201, 2, 44.0)
    assert rest.post(address, body, format="json").status_code == 200
    listed = rest.get(address, {"pillar": "operational", "search": "lat"}).json()["results"]
    assert [(one["name"], one["points"]) for one in listed] == [("latency.p95", 2)]
    points = rest.get(f"{address}latency.p95/", {"since": TUESDAY}).json()["results"]
    assert [(one["at"], one["value"]) for one in points] == [(TUESDAY, 44.0)]
    assert rest.get(f"{address}unheard_of/").status_code == 404
    refused = rest.post(address, body | {"points": [[MONDAY, "NaN"]]}, format="json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["row"] == 1
    client.force_login(engineer)
    page = client.get(f"/models/{model.slug}/monitoring/").content.decode()
    assert "latency.p95" in page and "44.0 ms" in page and "2 points from 2026-06-01 to 2026-06-02" in page


def test_nobody_sees_the_series_of_a_model_they_may_not_see(model, stranger, api):
    send(model, [[MONDAY, 4.1]])
    rest = api(stranger)
    assert rest.get(f"/api/v1/models/{model.slug}/indicators/").status_code == 404
    assert rest.get(f"/api/v1/models/{model.slug}/indicators/click_through/").status_code == 404
