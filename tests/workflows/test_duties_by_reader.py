"""Rule 9: auditors and examiners read everything and change nothing, by page, REST and MLflow; their reads are kept."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from audits.trail.models import Entry
from mrm.accounts.models import Person, Reading
from mrm.accounts.policies import Role
from tests.factories import RETIREMENT_FORM, make_person
from tests.registry.conftest import Registry, registry
from tests.rest import is_problem, patch_json, post_json, sign_json
from tests.workflows.kinds import exception_terms

__all__ = ["registry"]
API = "/api/v1/"


@pytest.fixture(params=[Role.AUDITOR, Role.EXAMINER])
def reader(request, story) -> Person:
    return make_person(request.param, workspace=story.workspace)


@pytest.fixture
def browser(reader) -> Client:
    client = Client()
    client.force_login(reader)
    return client


def kept(person: Person) -> list[str]:
    return list(person.readings.order_by("pk").values_list("address", flat=True))


def test_9_they_read_every_page_and_each_is_kept(story, retraining, reader, browser):
    model, run = story.model, story.run("drift")
    pages = [
        reverse("model", args=[model.slug]),
        reverse("model-history", args=[model.slug]),
        reverse("run", args=[run.pk]),
        reverse("breach", args=[story.breach.pk]),
        reverse("change", args=[retraining.reference]),
        reverse("deciders", args=[retraining.reference]),
        reverse("trail"),
        reverse("people"),
        reverse("policy"),
        reverse("register-csv"),
    ]
    for page in pages:
        assert browser.get(page).status_code == 200, page
    assert kept(reader) == pages


def test_9_they_read_through_rest_and_as_mlflow_clients_and_each_is_kept(story, retraining, reader, api, registry):
    client, name = api(reader), story.model.name
    addresses = [f"{API}models/{story.model.slug}/", f"{API}changes/{retraining.reference}/", f"{API}trail/entries/"]
    for address in addresses:
        assert client.get(address).status_code == 200, address
    stock: Registry = registry(reader)
    stock.model(name)
    stock.do("POST", "registered-models/get-latest-versions", name=name)
    told = kept(reader)
    assert told[:3] == addresses and len(told) == 5
    assert told[3].startswith("/api/2.0/mlflow/registered-models/get?name=")
    assert told[4] == "/api/2.0/mlflow/registered-models/get-latest-versions"


def test_9_they_change_nothing_by_any_form(story, retraining, reader, browser):
    slug, before = story.model.slug, Entry.objects.count()
    exception = {f"terms.{name}": value for name, value in exception_terms().items()}
    forms = [
        (reverse("request-model-change", args=[slug]), {"kind": "retirement", "reason": "Idle."} | RETIREMENT_FORM),
        (reverse("request-model-change", args=[slug]), {"kind": "exception", "reason": "No data."} | exception),
        (reverse("suspend-model", args=[slug]), {"reason": "Constant."}),
        (reverse("withdraw-change", args=[retraining.reference]), {"reason": "Not needed."}),
        (reverse("confirm-tier", args=[slug]), {}),
        (reverse("propose-use", args=[slug]), {"title": "Cards"}),
    ]
    for address, sent in forms:
        assert browser.post(address, sent).status_code == 403, address
    assert Entry.objects.count() == before
    assert browser.get(reverse("request-model-change", args=[slug])).status_code == 403
    assert kept(reader) == [], "what was refused was not read"


def test_9_they_change_nothing_through_rest_or_as_mlflow_clients(story, retraining, reader, api, registry):
    client, stock, model = api(reader), registry(reader), story.model
    before = Entry.objects.count()
    etag = client.get(f"{API}models/{model.slug}/").headers["ETag"]
    is_problem(patch_json(client, f"{API}models/{model.slug}/", {"purpose": "Mine."}, **{"If-Match": etag}), 403)
    asked = {"kind": "exception", "model": model.slug, "reason": "No data.", "terms": exception_terms()}
    for path, sent in (
        ("changes/", asked),
        (f"changes/{retraining.reference}/withdrawal/", {"reason": "Not needed."}),
    ):
        is_problem(post_json(client, API + path, sent), 403)
    is_problem(sign_json(client, f"{API}models/{model.slug}/suspension/", reason="Constant."), 403)
    for method, path, sent in (
        ("POST", "registered-models/set-tag", {"name": model.name, "key": "team", "value": "mine"}),
        ("POST", "registered-models/create", {"name": "Another"}),
        ("PATCH", "registered-models/update", {"name": model.name, "description": "Mine."}),
    ):
        assert stock.call(method, path, sent).status_code == 403, path
    assert Entry.objects.count() == before


def test_9_what_they_read_is_neither_changed_nor_forgotten_by_sql(reader, browser):
    browser.get(reverse("trail"))
    for statement in ("UPDATE accounts_reading SET address = '/'", "DELETE FROM accounts_reading"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert Reading.objects.filter(person=reader).count() == 1
