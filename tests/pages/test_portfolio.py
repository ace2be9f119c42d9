"""The portfolio: what it counts, what it never shows as healthy, and that it stays quick."""

import csv
import io
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from audits.workflows.contents.portfolio import late_by, months_until, portfolio_of, weeks_until
from audits.workflows.models import Standing, StandingMark
from audits.workflows.services import count_all_marked
from inventory.services import edit_model
from mrm.pages.tables import harmless
from mrm.pages.tags import moment
from tests.factories import make_model, make_version, promote, retire
from tests.pages.scenery import long_ago, make_assessed_model, make_run
from tests.signing import confirm_tier


@pytest.fixture
def visit(visit):
    """As everywhere, once a worker has counted what the test wrote before."""

    def client(person):
        count_all_marked()
        return visit(person)

    return client


def tiles(answer) -> dict:
    return {tile.label: tile.count for _, group in answer.context["tiles"].groups for tile in group}


def rows(answer) -> dict:
    return {row.model.name: row for row in answer.context["page"].rows}


def test_tiles_count_models_by_their_worst_verdict(visit, auditor):
    for verdict in ("red", "amber", "within", "within"):
        make_assessed_model(verdict=verdict)
    make_model()
    counts = tiles(visit(auditor).get(reverse("portfolio")))
    assert (counts["Red"], counts["Amber"], counts["Within"], counts["No data"]) == (1, 1, 2, 1)


def test_the_first_sentence_says_how_healthy_and_never_counts_what_was_not_measured_as_within(visit, auditor):
    for verdict in ("amber", "within", "insufficient"):
        make_assessed_model(verdict=verdict)
    make_model()
    told = visit(auditor).get(reverse("portfolio")).context["tiles"]
    assert (told.worst, told.healthy) == ("amber", "1 amber, 2 without a verdict to rely on, 1 within")


def test_the_home_page_says_the_same_of_the_portfolio(visit, auditor):
    make_assessed_model(verdict="red")
    told = visit(auditor).get(reverse("home")).context["tiles"]
    assert (told.worst, told.healthy) == ("red", "1 red")


def test_a_run_that_failed_is_never_shown_as_within(visit, auditor):
    model = make_assessed_model(name="Lending", verdict="within")
    make_run(model.versions.get(), kind="performance", state="failed", reason="No artifact.")
    assert rows(visit(auditor).get(reverse("portfolio")))["Lending"].standing.verdict == "unknown"


def test_too_little_data_is_never_shown_as_within(visit, auditor):
    model = make_assessed_model(name="Lending", verdict="within")
    make_run(model.versions.get(), kind="bias", state="insufficient_data", reason="Ten rows.")
    assert rows(visit(auditor).get(reverse("portfolio")))["Lending"].standing.verdict == "insufficient"


def test_a_model_in_use_without_a_completed_promotion_stands_out(visit, auditor):
    make_assessed_model(name="Smuggled in")
    answer = visit(auditor).get(reverse("portfolio"), {"flag": "unapproved"})
    assert list(rows(answer)) == ["Smuggled in"]
    assert tiles(answer)["In use, not approved"] == 1


def test_an_assessment_that_nobody_made_in_time_is_overdue(visit, auditor):
    model = make_assessed_model(name="Forgotten", verdict="within")
    model.versions.get().plans.update(window_start=long_ago(), next_due_at=long_ago().replace(year=2021))
    assert list(rows(visit(auditor).get(reverse("portfolio"), {"flag": "overdue"}))) == ["Forgotten"]


def test_an_overdue_validation_is_found_in_the_bucket_of_its_days(visit, auditor, workspace):
    days = {"Today": 0, "Yesterday": 1, "Day 90": 90, "Day 91": 91, "Day 365": 365, "Day 366": 366, "Ahead": -1}
    models = {name: make_model(name=name) for name in days}
    count_all_marked()
    today = timezone.now().date()
    for name, late in days.items():
        Standing.objects.filter(model=models[name]).update(validation_due_on=today - timedelta(days=late))
    buckets = {"up_to_90": ["Day 90", "Yesterday"], "91_to_365": ["Day 365", "Day 91"], "more_than_365": ["Day 366"]}
    found = {one: Standing.objects.filter(late_by(one, today)).order_by("name") for one in buckets}
    assert {one: [row.name for row in rows] for one, rows in found.items()} == buckets
    late = Standing.objects.filter(late_by("", today))
    assert {row.name for row in late} == {name for names in buckets.values() for name in names}
    listed = portfolio_of(list(late), now=timezone.now(), periods=[])
    assert {row.model.name: row.validation_days_overdue for row in listed} == {
        name: late for name, late in days.items() if late > 0
    }
    assert list(rows(visit(auditor).get(reverse("portfolio"), {"flag": "validation_more_than_365"}))) == ["Day 366"]
    assert set(rows(visit(auditor).get(reverse("portfolio"), {"flag": "validation"}))) == {row.name for row in late}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tier": "2"}, {"LGD-2 Alpha", "Beta"}),
        ({"tier": "1"}, set()),
        ({"q": "alph"}, {"LGD-2 Alpha"}),
        ({"q": "lgd-2"}, {"LGD-2 Alpha"}),
        ({"verdict": "red"}, {"Beta"}),
    ],
)
def test_the_address_filters(visit, auditor, query, expected):
    make_assessed_model(name="LGD-2 Alpha", verdict="within")
    make_assessed_model(name="Beta", verdict="red")
    assert set(rows(visit(auditor).get(reverse("portfolio"), query))) == expected


def test_a_filter_that_makes_no_sense_filters_nothing_a_search_finds_nothing_and_both_are_named(visit, auditor):
    make_assessed_model(name="Alpha")
    client = visit(auditor)
    for wrong, named, left in (
        ({"tier": "9", "verdict": "purple"}, "purple", ["Alpha"]),
        ({"q": "a b c d e f g h i j k"}, "11 words", []),
    ):
        answer = client.get(reverse("portfolio"), wrong)
        assert (answer.status_code, list(rows(answer))) == (400, left)
        assert named in answer.text
        assert client.get(reverse("portfolio-csv"), wrong).status_code in (400, 422)


def test_htmx_gets_only_the_rows(visit, auditor):
    make_assessed_model(name="Alpha")
    text = visit(auditor).get(reverse("portfolio"), headers={"HX-Request": "true"}).text
    assert "Alpha" in text
    assert "<html" not in text


def test_going_back_in_the_history_gets_the_whole_page(visit, auditor):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    answer = visit(auditor).get(reverse("portfolio"), headers=headers)
    assert "<html" in answer.text
    assert "HX-Request" in answer.headers["Vary"]


def test_worst_first_and_retired_last(visit, auditor, risk_officer):
    make_assessed_model(name="Well", verdict="within")
    make_assessed_model(name="Ill", verdict="red")
    retire(make_assessed_model(name="Gone", verdict="red"))
    assert list(rows(visit(auditor).get(reverse("portfolio")))) == ["Ill", "Well", "Gone"]


def test_pages_together_are_all_models_once_in_their_order_and_say_how_many_there_are(visit, auditor, monkeypatch):
    monkeypatch.setattr("audits.workflows.views.portfolio.ROWS_PER_PAGE", 2)
    for number, verdict in enumerate(("red", "within", "amber", "red", "within")):
        make_assessed_model(name=f"Model {number}", verdict=verdict)
    client, address, seen, cursor = visit(auditor), reverse("portfolio"), [], ""
    whole = ["Model 0", "Model 3", "Model 2", "Model 1", "Model 4"]
    while not seen or cursor:
        answer = client.get(address, {"cursor": cursor} if cursor else {})
        assert len(rows(answer)) == min(2, len(whole) - len(seen)) and "of 5" in answer.text
        seen, cursor = seen + list(rows(answer)), answer.context["page"].next
    assert seen == whole
    back = client.get(address, {"cursor": answer.context["page"].previous})
    assert list(rows(back)) == whole[2:4]
    assert client.get(address, {"cursor": "nonsense"}).url == address
    assert "2 of 2" not in client.get(address, {"verdict": "red"}).text, "one page needs no number"


@pytest.mark.parametrize("periods", ["month", "week"])
def test_the_number_of_queries_does_not_grow_with_the_models(visit, auditor, django_assert_max_num_queries, periods):
    for number in range(12):
        version = promote(make_version(make_model(name=f"Model of budget {number}")))
        make_run(version)
        make_run(version, months_ago=2, verdict="within")
    client = visit(auditor)
    with django_assert_max_num_queries(12):
        client.get(reverse("portfolio"), {"by": periods})


@pytest.mark.parametrize("name", ["portfolio", "portfolio-csv", "register", "list_portfolio"])
def test_a_list_needs_no_more_queries_right_after_many_models_changed(visit, auditor, engineer, api, name):
    """The first look of a new connection and with no cache, while a policy has been asked for by nobody."""
    models = [make_assessed_model(name=f"Model {number}") for number in range(12)]
    client = api(auditor) if name == "list_portfolio" else visit(auditor)
    address = "/api/v1/portfolio/" if name == "list_portfolio" else reverse(name)
    for model in models:
        make_run(model.versions.get(), kind="performance", verdict="amber")
        edit_model(model, actor=engineer, changes={"name": f"{model.name}, edited"})
    marked = set(StandingMark.objects.values_list("model", flat=True))
    assert marked == {model.pk for model in models}
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= 12, [query["sql"] for query in queries]
    assert set(StandingMark.objects.values_list("model", flat=True)) == marked, "whoever looks counts nothing"


def test_what_waits_to_be_counted_is_told_with_the_time_until_which_everything_is(visit, api, auditor):
    model = make_assessed_model(name="Lending", verdict="within")
    client, address = visit(auditor), "/api/v1/portfolio/"
    assert "being counted" not in client.get(reverse("portfolio")).text
    assert api(auditor).get(address).json()["changes_waiting"] == 0
    make_run(model.versions.get(), kind="performance", verdict="red")
    first = StandingMark.objects.order_by("pk").first().made_at
    for page in ("portfolio", "home"):
        text = client.get(reverse(page)).text
        assert f"As of {moment(first)}" in text and "being counted" in text
    told = api(auditor).get(address).json()
    assert (told["changes_waiting"], told["results"][0]["verdict"]) == (StandingMark.objects.count(), "within")
    assert parse_datetime(told["counted_until"]) == first
    assert client.get(reverse("portfolio-csv")).text.splitlines()[1].endswith(first.isoformat())


def test_looking_asks_a_worker_to_count_what_waits(visit, auditor, django_capture_on_commit_callbacks):
    client = visit(auditor)
    with django_capture_on_commit_callbacks() as calls:
        client.get(reverse("portfolio"))
    assert calls == []
    make_model()
    with redis.Redis.from_url(settings.REDIS_URL) as queue, django_capture_on_commit_callbacks(execute=True):
        queue.delete("celery")
        client.get(reverse("portfolio"))
        client.get(reverse("home"))
    assert [b"count_standings" in message for message in queue.lrange("celery", 0, -1)] == [True, True]


def test_the_csv_holds_what_the_page_shows_and_no_formula(visit, auditor):
    make_assessed_model(name="=cmd|' -C calc'!A0", business_unit="+1-2")
    answer = visit(auditor).get(reverse("portfolio-csv"), {"verdict": "red"})
    header, row = csv.reader(io.StringIO(answer.text))
    told = dict(zip(header, row, strict=True))
    assert (told["model"], told["business unit"]) == ("'=cmd|' -C calc'!A0", "'+1-2")
    assert (told["verdict"], told["version"], told["tier"]) == ("red", "1", "2")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1"])  # noqa: RUF001
def test_a_text_that_starts_a_formula_is_made_harmless(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["plain", "a=b", -1, 2.5, None])
def test_what_starts_no_formula_stays_as_it_is(value):
    assert harmless(value) == value


def test_twelve_months_and_fifty_two_weeks_end_today():
    today = long_ago().date()
    months, weeks = months_until(today), weeks_until(today)
    assert (len(months), months[0].start.isoformat(), months[-1].end.isoformat()) == (12, "2019-02-01", "2020-02-01")
    assert len(weeks) == 52
    assert weeks[-1].start <= today < weeks[-1].end


def test_confirming_the_tier_takes_it_off_the_tile(visit, risk_officer):
    model = make_model()
    client = visit(risk_officer)
    assert tiles(client.get(reverse("portfolio")))["Tier to confirm"] == 1
    confirm_tier(model, actor=risk_officer)
    count_all_marked()
    assert tiles(client.get(reverse("portfolio")))["Tier to confirm"] == 0
