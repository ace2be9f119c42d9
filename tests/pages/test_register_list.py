"""The register as a list: what it shows, as of which day, and that it stays quick."""

import csv
import io
import json

import pytest
from django.db import connection
from django.urls import reverse

from inventory.contents.register import MOST_OF_A_FACET, ORDERINGS, chosen
from inventory.models import Model
from inventory.services import add_particular, edit_model, end_particular
from tests.factories import make_model, make_person, make_version, promote, without_triggers
from tests.inventory.test_history import days_ago, let_days_pass
from tests.signing import confirm_tier

LIST = "/models/"


def as_of_today() -> dict[str, str]:
    return {"as_of": days_ago(0).isoformat()}


def names(answer) -> list[str]:
    return [model.name for model in answer.context["models"]]


def text_of(answer) -> str:
    return b"".join(answer.streaming_content).decode()


FILTERS = [
    ({}, {"Alpha score", "Beta score"}),
    ({"search": "alph"}, {"Alpha score"}),
    ({"search": "scor bet"}, {"Beta score"}),
    ({"search": "':* | !score & ("}, {"Alpha score", "Beta score"}),
    ({"tier": "2"}, {"Alpha score"}),
    ({"status": "retired"}, set()),
    ({"business_unit": "Cards"}, {"Beta score"}),
    ({"provisional": "true"}, {"Alpha score", "Beta score"}),
    ({"provisional": "false"}, set()),
    ({"affects_natural_persons": "true"}, {"Beta score"}),
    ({"workspace": "main"}, {"Alpha score", "Beta score"}),
    ({"workspace": "elsewhere"}, set()),
    ({"search": "approv"}, {"Beta score"}),
    ({"search": "logistic score"}, {"Alpha score", "Beta score"}),
    ({"search": "pprov"}, set()),
    ({"is_model": "true"}, {"Alpha score", "Beta score"}),
    ({"is_model": "false"}, set()),
]


def filters_by_day() -> list[tuple[dict, set]]:
    """Of today, which is another day while the tests are collected than when this one runs."""
    return [
        ({"registered_since": days_ago(0).isoformat()}, {"Alpha score", "Beta score"}),
        ({"registered_until": days_ago(1).isoformat()}, set()),
        (
            {"edited_since": days_ago(1).isoformat(), "edited_until": days_ago(0).isoformat()},
            {"Alpha score", "Beta score"},
        ),
        ({"edited_until": days_ago(1).isoformat()}, set()),
    ]


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
def test_the_address_filters_now_and_as_of_a_day(visit, auditor, moment):
    make_model(name="Alpha score")
    make_model(
        name="Beta score",
        business_unit="Cards",
        exposure="high",
        affects_natural_persons=True,
        purpose="Approves credit cards.",
    )
    client = visit(auditor)
    for query, expected in FILTERS + filters_by_day():
        assert set(names(client.get(LIST, query | moment()))) == expected, query


WITH_NUMBERS = ("LGD-2 mortgage", "PD-2024", "Scorecard v2.3", "IFRS 9.1 overlay", "risk.score", "x.com fraud",
                "Shock +3", "credit_pd_12", "Über–Modell")  # fmt: skip


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
@pytest.mark.parametrize(
    ("search", "found"),
    [("LGD-2", "LGD-2 mortgage"), ("lgd 2", "LGD-2 mortgage"), ("PD-2024", "PD-2024"), ("2024", "PD-2024"),
     ("v2.3", "Scorecard v2.3"), ("v2", "Scorecard v2.3"), ("IFRS 9.1", "IFRS 9.1 overlay"),
     ("9.1", "IFRS 9.1 overlay"),
     ("risk.score", "risk.score"), ("score risk", "risk.score"), ("x.com", "x.com fraud"), ("com", "x.com fraud"),
     ("+3", "Shock +3"), ("pd_12", "credit_pd_12"), ("modell", "Über–Modell"), ("über", "Über–Modell")],
)  # fmt: skip
def test_a_word_is_found_whatever_stands_around_it(visit, auditor, moment, search, found):
    for name in WITH_NUMBERS:
        make_model(name=name)
    assert found in names(visit(auditor).get(LIST, {"search": search} | moment()))


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
@pytest.mark.parametrize("search", ["'", "-", "?", "...", "[]", "_", "–"])
def test_a_search_without_a_letter_or_digit_finds_nothing(visit, auditor, moment, search):
    make_model(name="Model's [name] – ?")
    answer = visit(auditor).get(LIST, {"search": search} | moment())
    assert (answer.status_code, names(answer), answer.context["facets"].total) == (200, [], 0)


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
def test_more_words_than_are_looked_for_are_refused(visit, auditor, moment):
    make_model(name="One two three four five six seven eight nine ten")
    client, ten = visit(auditor), "one two three four five six seven eight nine ten"
    assert len(names(client.get(LIST, {"search": ten} | moment()))) == 1
    answer = client.get(LIST, {"search": f"{ten} eleven"} | moment())
    assert answer.status_code == 400 and "These are 11 words; at most 10" in answer.text and names(answer) == []


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
def test_a_model_is_found_by_what_another_system_calls_it(visit, auditor, api, engineer, moment):
    model = make_model(name="Default of loans")
    make_model(name="Fraud")
    alias = add_particular(model, "aliases", values={"name": "LGX-77", "system": "SAS"}, actor=engineer)
    client = visit(auditor)
    for search in ("lgx-77", "77 sas", "LGX"):
        assert names(client.get(LIST, {"search": search} | moment())) == ["Default of loans"], search
    assert names(client.get(LIST, {"search": "gx"} | moment())) == []
    found = api(auditor).get("/api/v1/models/", {"search": "lgx"} | moment()).json()["results"]
    assert [one["slug"] for one in found] == [model.slug]
    end_particular(alias, "aliases", reason="It was renamed there.", actor=engineer)
    assert names(client.get(LIST, {"search": "lgx"} | moment())) == []


def test_words_are_looked_for_in_their_indexes(workspace):
    wanted = chosen(Model.objects.all(), {"search": "lgd-2"}).order_by()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        cursor.execute("DROP INDEX one_alias_per_name")  # Of no aliases at all, any index would do.
    plan = wanted.explain()
    assert "words_of_models" in plan and "words_of_aliases" in plan


@pytest.mark.parametrize("moment", [dict, as_of_today], ids=["now", "as of today"])
def test_every_column_sorts_both_ways_and_pages_miss_nothing(visit, auditor, monkeypatch, moment):
    monkeypatch.setattr("inventory.views.listing.ROWS_PER_PAGE", 2)
    for number in range(5):
        make_model(name=f"Model {number}", business_unit="ABA"[number % 3])
    client = visit(auditor)
    for column in ORDERINGS:
        there = walk(client, {"ordering": column} | moment())
        assert len(there) == 5, column
        assert there == walk(client, {"ordering": f"-{column}"} | moment())[::-1], column


def test_what_is_alike_stands_in_one_order_now_and_as_of_today(visit, auditor):
    for number in (3, 1, 4, 2, 5):
        make_model(name=f"Model {number}", business_unit="One and the same")
    client = visit(auditor)
    for column in ORDERINGS:
        assert walk(client, {"ordering": column}) == walk(client, {"ordering": column} | as_of_today()), column


def walk(client, query: dict) -> list[str]:
    seen, cursor = [], ""
    while True:
        answer = client.get(LIST, query | ({"cursor": cursor} if cursor else {}))
        seen += names(answer)
        cursor = answer.context["page"].next
        if not cursor:
            return seen


def test_a_page_neither_repeats_nor_misses_rows_when_others_are_registered(visit, auditor, monkeypatch):
    monkeypatch.setattr("inventory.views.listing.ROWS_PER_PAGE", 2)
    for name in ("B", "D", "F"):
        make_model(name=name)
    client = visit(auditor)
    first = client.get(LIST)
    make_model(name="A")
    second = client.get(LIST, {"cursor": first.context["page"].next})
    assert names(first) + names(second) == ["B", "D", "F"]
    assert names(client.get(LIST, {"cursor": second.context["page"].previous})) == ["B", "D"]


def test_the_list_of_a_past_day_says_so_and_shows_what_stood(visit, auditor, risk_officer):
    model = make_model(name="Old name")
    let_days_pass(10, model)
    edit_model(model, changes={"name": "New name"}, actor=None)
    confirm_tier(model, actor=risk_officer)
    answer = visit(auditor).get(LIST, {"as_of": days_ago(5)})
    assert names(answer) == ["Old name"]
    assert "as it stood on" in answer.text and "as known that evening" in answer.text
    assert "provisional" in answer.text
    assert names(visit(auditor).get(LIST)) == ["New name"]


def test_a_date_that_is_none_is_refused_rather_than_ignored(visit, auditor):
    make_model()
    answer = visit(auditor).get(LIST, {"as_of": "yesterday"})
    assert answer.status_code == 400
    assert "Enter a valid date" in answer.text


def test_a_day_to_come_is_refused_on_every_page_that_asks_for_one(visit, auditor):
    model, client, tomorrow = make_model(), visit(auditor), days_ago(-1)
    pages = [
        LIST,
        *(reverse(name, args=[model.slug]) for name in ("model-as-of", "model-dependencies", "model-sources")),
    ]
    for address in pages:
        for query in ({"as_of": tomorrow}, {"as_of": days_ago(1), "known_on": tomorrow}):
            answer = client.get(address, query)
            assert answer.status_code == 400 and "is to come" in answer.text, (address, query)
    assert client.get(reverse("register-differences"), {"since": days_ago(1), "until": tomorrow}).status_code == 400
    assert client.get(reverse("register-csv"), {"as_of": tomorrow}).status_code in (400, 422)


def test_known_on_alone_is_no_question(visit, auditor):
    assert visit(auditor).get(LIST, {"known_on": days_ago(0)}).status_code == 400


def test_facets_count_what_the_filters_leave(visit, auditor):
    for name, unit in (("A", "Cards"), ("B", "Cards"), ("C", "Loans")):
        make_model(name=name, business_unit=unit)
    facets = visit(auditor).get(LIST, {"business_unit": "Cards"}).context["facets"]
    assert facets.total == 2
    assert [(choice.label, choice.count) for choice in facets.shown["business_unit"]] == [("Cards", 2)]


def test_a_facet_says_how_many_values_it_does_not_show(visit, auditor):
    for number in range(MOST_OF_A_FACET + 3):
        make_model(name=f"Model {number}", business_unit=f"Unit {number}")
    answer = visit(auditor).get(LIST)
    facets = answer.context["facets"]
    assert (len(facets.shown["business_unit"]), facets.left_off["business_unit"]) == (MOST_OF_A_FACET, 3)
    assert "and 3 less common" in answer.text and facets.left_off["status"] == 0


def test_an_exempt_model_is_called_so_wherever_its_tier_is_told(visit, auditor):
    make_model(name="Negligible")
    without_triggers("inventory_model", "UPDATE inventory_model SET tier = 0, tier_confirmed_at = now()")
    answer = visit(auditor).get(LIST)
    assert [choice.label for choice in answer.context["facets"].shown["tier"]] == ["Exempt"]
    assert dict(answer.context["form"].fields["tier"].choices)["0"] == "Exempt"
    assert "Tier 0" not in answer.text


def test_somebody_from_elsewhere_sees_no_model_neither_now_nor_then(visit, stranger):
    model = make_model()
    client = visit(stranger)
    for query in ({}, {"as_of": days_ago(0)}):
        answer = client.get(LIST, query)
        assert (names(answer), answer.context["facets"].total) == ([], 0)
    assert client.get(reverse("model-as-of", args=[model.slug])).status_code == 404
    assert "Model" not in text_of(client.get(reverse("register-csv"))).partition("\n")[2]


def test_the_exports_hold_every_page_and_no_formula(visit, auditor, monkeypatch):
    monkeypatch.setattr("inventory.contents.export.PIECE", 2)
    for number in range(5):
        make_model(name=f"=1+{number}", business_unit="@SUM(A1)")
    client = visit(auditor)
    header, *rows = csv.reader(io.StringIO(text_of(client.get(reverse("register-csv")))))
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["name"] for row in told] == [f"'=1+{number}" for number in range(5)]
    assert {row["business_unit"] for row in told} == {"'@SUM(A1)"}
    exported = json.loads(text_of(client.get(reverse("register-json"), {"as_of": days_ago(0)})))
    assert (len(exported["models"]), exported["as_of"]) == (5, days_ago(0).isoformat())


def test_the_entry_of_a_model_as_it_stood(visit, auditor):
    model = make_model(name="Old name", purpose="Cards.")
    promote(make_version(model))
    let_days_pass(10, model)
    edit_model(model, changes={"name": "New name", "purpose": "Loans."}, actor=None)
    client, address = visit(auditor), reverse("model-as-of", args=[model.slug])
    text = client.get(address, {"as_of": days_ago(5)}).text
    assert "Old name" in text and "Cards." in text and "Loans." not in text and "Version 1" in text
    assert "did not know this model" in client.get(address, {"as_of": days_ago(20)}).text


def test_differences_between_two_days(visit, auditor):
    model = make_model(name="Changed")
    let_days_pass(10, model)
    edit_model(model, changes={"business_unit": "Cards"}, actor=None)
    client, address = visit(auditor), reverse("register-differences")
    text = client.get(address, {"since": days_ago(5), "until": days_ago(0)}).text
    assert "Retail lending → Cards" in text
    assert "Nothing differs" in client.get(address, {"since": days_ago(5), "until": days_ago(4)}).text
    assert client.get(address, {"since": "x", "until": ""}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [dict, as_of_today, lambda: {"search": "model", "ordering": "owner"}],
    ids=["all", "as of today", "searched"],
)
def test_the_number_of_queries_does_not_grow_with_the_models(visit, auditor, django_assert_max_num_queries, query):
    for number in range(12):
        make_model(name=f"Model of budget {number}", owner=make_person("owner"))
    client = visit(auditor)
    with django_assert_max_num_queries(12):
        client.get(LIST, query())
    assert Model.objects.count() == 12
