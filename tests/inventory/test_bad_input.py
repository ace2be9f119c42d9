"""What is wrong is refused in words, by page and programs alike, and nothing of it is kept."""

import pytest
from django.urls import reverse
from rest_framework.throttling import UserRateThrottle

from audits.trail.models import Entry
from inventory.models import Dependency, Model, ModelVersion
from inventory.services import add_particular
from tests.factories import SCHEMA, make_model
from tests.rest import is_problem, post_json

MODELS = "/api/v1/models/"


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


@pytest.fixture
def sender(api, engineer):
    return api(engineer)


@pytest.fixture
def nothing_written(workspace):
    """Whatever the test does, neither a model nor an entry of the trail comes of it."""
    make_model(name="Consumer loans")
    before = (Model.objects.count(), Entry.objects.count())
    yield
    assert (Model.objects.count(), Entry.objects.count()) == before


WRONG = {
    "taken": ({"name": "consumer LOANS"}, 409, "already"),
    "empty": ({"name": "   "}, 400, "name"),
    "nul": ({"name": "Loans\x00"}, 400, "ull"),
    "too long": ({"name": "L" * 201}, 400, "200"),
    "nobody": ({"name": "Loans", "owner": "nobody@example.com"}, 400, "owner"),
    "slug": ({"name": "Loans", "slug": "loans/../x"}, 400, "slug"),
}


@pytest.mark.parametrize(("sent", "status", "word"), WRONG.values(), ids=WRONG)
def test_programs_are_refused_in_words_and_nothing_is_written(sent, status, word, sender, nothing_written):
    answer = post_json(sender, MODELS, sent)
    assert is_problem(answer, status)
    assert word in answer.content.decode()


@pytest.mark.parametrize(
    "body", ['{"name": "A", "name": "B"}', '{"name": "A", "attributes": {"regions": [], "regions": ["Austria"]}}']
)
def test_a_name_that_stands_twice_in_an_object_is_refused_and_nothing_is_written(body, sender, nothing_written):
    answer = sender.post(MODELS, body, content_type="application/json")
    assert is_problem(answer, 400)
    assert "stands twice" in answer.content.decode()


@pytest.mark.parametrize("wrong", ["taken", "empty", "nul", "too long", "nobody"])
def test_people_are_refused_in_words_and_nothing_is_written(wrong, page, workspace, engineer, nothing_written):
    sent = {"workspace": str(workspace.pk), "owner": str(engineer.pk)} | WRONG[wrong][0]
    answer = page.post(reverse("register-model"), sent)
    assert answer.status_code in (400, 409, 422)
    assert "field-error" in answer.text or "reasons" in answer.text


def test_a_circle_is_refused_by_page_and_program_and_its_way_is_named(page, sender, workspace):
    upstream, consumer = make_model(name="Up"), make_model(name="Down")
    values = {"upstream": upstream, "kind": "input", "criticality": "high"}
    add_particular(consumer, "upstream", values=values, actor=None)
    said = {"upstream": "down", "kind": "input", "criticality": "low"}
    answer = post_json(sender, f"{MODELS}up/attributes/upstream/", said)
    assert answer.status_code == 409 and "Up → Down → Up" in answer.json()["reasons"][0]
    shown = page.post(reverse("add-particular", args=["up", "upstream"]), said | {"upstream": str(consumer.pk)})
    assert shown.status_code == 409 and "Up → Down → Up" in shown.text
    assert Dependency.objects.count() == 1


def test_ten_thousand_tags_of_a_version_are_kept(sender, workspace):
    make_model(name="Loans")
    many = {"schema": {"columns": SCHEMA}, "tags": {f"tag {number}": "x" for number in range(10_000)}}
    answer = post_json(sender, f"{MODELS}loans/versions/", many)
    assert answer.status_code == 201
    assert len(ModelVersion.objects.get().tags) == 10_000


@pytest.mark.parametrize("what", ["model", "use"])
def test_the_second_of_two_edits_on_the_same_reading_is_refused(what, sender, workspace, owner):
    make_model(name="Loans")
    address = f"{MODELS}loans/"
    if what == "use":
        address += "uses/1/"
        assert post_json(sender, f"{MODELS}loans/uses/", {"title": "Pricing"}).status_code == 201
    read = sender.get(address).headers["ETag"]
    field = "purpose" if what == "model" else "population"
    sent = {"content_type": "application/json", "headers": {"If-Match": read}}
    assert sender.patch(address, {field: "First."}, **sent).status_code == 200
    late = sender.patch(address, {field: "Second."}, **sent)
    assert is_problem(late, 412)
    assert sender.get(address).json()[field] == "First."


@pytest.mark.parametrize("ordering", ["name", "-registered_at", "tier"])
def test_pages_of_a_list_stay_right_while_rows_are_added(ordering, sender, workspace):
    first = {make_model(name=f"Model {letter}").slug for letter in "CEGIK"}
    address, seen = f"{MODELS}?ordering={ordering}&page_size=2", []
    for letter in "ADFHLZ":
        if address is None:
            break
        body = sender.get(address).json()
        seen += [row["slug"] for row in body["results"]]
        address = body["next"]
        make_model(name=f"Model {letter}")  # Before and after where the reader stands.
    assert address is None or len(seen) > len(first)
    assert len(seen) == len(set(seen)) and first <= set(seen)


def test_whoever_asks_too_often_is_told_when_to_come_again(sender, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1/day"})
    assert sender.get(MODELS).status_code == 200
    refused = sender.get(MODELS)
    is_problem(refused, 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 24 * 3600 + 1
