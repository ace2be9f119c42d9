"""What a list page shows, the API answers, narrows by and sorts by. The pages are those of the URL configuration: a new
one, or a new column of one, fails here until it is said below what of the API it is."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from django.utils.html import strip_tags

from audits.workflows.services import count_all_marked
from inventory.models import Document, ModelVersion
from inventory.services import add_particular
from tests.factories import make_batch, make_model, make_reference, make_token
from tests.pages.test_every_address import address, client_of, documented
from tests.pages.test_every_address import scene as scene  # noqa: PLC0414 - a fixture
from tests.signing import keep_word

# Of each column: the field of an answer, a parameter that narrows by it, and the name it is sorted by.
MODEL = {
    "Model": ("name", "search", "name"),
    "Tier": ("tier", "tier", "tier"),
    "Status": ("status", "status", "status"),
    "Owner": ("owner", "owner", "owner"),
}
FINDINGS = {
    "Finding": ("title", "search", "title"),
    "Model": ("model", "model", "model"),
    "Severity": ("severity", "severity", "severity"),
    "State": ("state", "state", "state"),
    "Owner": ("owner", "owner", "owner"),
    "Due": ("due_at", "due_since", "due"),
}
CHANGES = {
    "Request": ("reference", "search", "reference"),
    "Model": ("model", "model", "model"),
    "State": ("state", "state", "state"),
    "Asked for by": ("requester", "requester", "requester"),
    "Asked": ("requested_at", "requested_since", "requested"),
    "Expires or decided": ("expires_at", "expires_since", "expires"),
}
VALIDATIONS = {
    "Reference": ("reference", "search", "reference"),
    "Model": ("model", "model", "model"),
    "State": ("state", "state", "state"),
    "Plan": ("components_done", "state", ""),
    "Lead": ("lead", "search", "lead"),
    "Opinion": ("opinion", "opinion", "opinion"),
    "Asked or due": ("requested_at", "asked_since", "asked"),
}
REPORTS = {
    "Report": ("reference", "search", "reference"),
    "Model": ("model", "model", "model"),
    "Period": ("period_end", "period_end_since", "period"),
    "State": ("state", "state", "state"),
    "Sealed": ("sealed_at", "sealed_since", "sealed_at"),
    "PDF": ("pdf_sha256", "state", "state"),
}
LISTS = {
    "models/": (
        "/models/",
        MODEL
        | {
            "Business unit": ("business_unit", "business_unit", "business_unit"),
            "Registered": ("registered_at", "registered_since", "registered_at"),
            "Last edit": ("edited_at", "edited_since", "edited_at"),
        },
    ),
    "hygiene/<slug:name>/": ("/hygiene/{name}/", MODEL | {"Until": ("baselined_until", "dated", "")}),
    "portfolio/": (
        "/portfolio/",
        {
            "Model": ("name", "search", "name"),
            "Now": ("verdict", "verdict", "worst"),
            "Jan": ("cells", "by", ""),
            "Findings": ("findings_open", "attention", ""),
            "Next due": ("next_due_at", "next_due_since", "next_due_at"),
            "Validation due": ("validation_due_on", "validation_due_since", "validation_due"),
        },
    ),
    "models/<slug:slug>/versions/": (
        "/models/{slug}/versions/",
        {
            "Version": ("number", "search", "number"),
            "Stage": ("stage", "stage", "stage"),
            "Framework": ("framework", "framework", "framework"),
            "Made from": ("predecessor", "predecessor", ""),
            "Artifact": ("artifact", "artifact_sha256", ""),
            "Registered": ("registered_at", "registered_since", "registered_at"),
            "In production": ("promoted_at", "promoted_since", "promoted_at"),
        },
    ),
    "models/<slug:slug>/as-of/": (
        "/models/{slug}/versions/",
        {
            "Version": ("number", "as_of", "number"),
            "Stage": ("stage", "stage", "stage"),
            "Registered": ("registered_at", "registered_since", "registered_at"),
        },
    ),
    "models/<slug:slug>/monitoring/": (
        "/models/{slug}/plans/",
        {
            "Plan": ("kind", "kind", "kind"),
            "Newest run": ("id", "kind", ""),
            "Next window": ("window_start", "next_due_since", ""),
            "Due": ("next_due_at", "next_due_since", "next_due_at"),
        },
    ),
    "models/<slug:slug>/": (
        "/models/{slug}/runs/",
        {
            "Assessment": ("kind", "kind", "kind"),
            "Window": ("window_end", "window_end_since", "window_end"),
            "Verdict": ("verdict", "verdict", "verdict"),
        },
    ),
    "findings/": ("/findings/", FINDINGS),
    "models/<slug:slug>/findings/": ("/findings/", FINDINGS),
    "changes/": ("/changes/", CHANGES),
    "models/<slug:slug>/changes/": ("/changes/", CHANGES),
    "validations/": ("/validations/", VALIDATIONS),
    "models/<slug:slug>/validations/": ("/validations/", VALIDATIONS),
    "reports/": ("/reports/", REPORTS),
    "models/<slug:slug>/reports/": ("/reports/", REPORTS),
    "in-force/": (
        "/arrangements/",
        {
            "Reference": ("reference", "search", "reference"),
            "What": ("title", "search", "title"),
            "Model": ("model", "model", "model"),
            "State": ("state", "state", "state"),
            "Since": ("starts_at", "began_since", "since"),
            "Ends or ended": ("ends_at", "ends_since", "ends"),
        },
    ),
    "attestations/": (
        "/attestations/",
        {
            "Model": ("model", "model", "model"),
            "Owner": ("owner", "owner", "owner"),
            "State": ("state", "state", "state"),
            "Due": ("due_at", "due_since", "due_at"),
            "Given": ("attested_at", "attested_since", "attested_at"),
        },
    ),
    "people/": (
        "/people/",
        {"Name": ("name", "search", "name"), "Kind": ("kind", "kind", "kind"), "Roles now": ("roles", "role", "")},
    ),
    "people/<uuid:person_id>/readings/": (
        "/people/{person_id}/readings/",
        {"When": ("read_at", "read_since", "when"), "Address": ("address", "search", "address")},
    ),
    "tokens/": (
        "/tokens/",
        {
            "Token": ("name", "search", "name"),
            "Scope": ("workspace", "workspace", ""),
            "Last used": ("last_used_at", "last_used_since", "last_used_at"),
            "Expires": ("expires_at", "expires_since", "expires_at"),
        },
    ),
    "register/surveys/": (
        "/surveys/",
        {
            "Sheet": ("filename", "search", "filename"),
            "Models": ("models", "state", "models"),
            "State": ("state", "state", "state"),
            "Uploaded": ("uploaded_at", "uploaded_since", "uploaded_at"),
        },
    ),
    "trail/": (
        "/trail/entries/",
        {
            "Entry": ("position", "since", "position"),
            "When": ("body", "since", "position"),
            "Who": ("body", "person", ""),
            "What": ("body", "action", ""),
            "About": ("body", "search", ""),
            "Hash": ("leaf_hash", "subject", ""),
        },
    ),
    "register/shared/": (
        "/register/shared/",
        {
            "Name": ("name", "what", ""),
            "Models": ("models", "least", ""),
            "In use": ("live", "", ""),
            "Tier 1": ("tier_1", "", ""),
        },
    ),
    "register/differences/": (
        "/register/differences/",
        {"Model": ("name", "", ""), "What became of it": ("kind", "kind", ""), "Changed": ("changes", "", "")},
    ),
    "hygiene/": (
        "/hygiene/",
        {
            "Rule": ("title", "", ""),
            "Broken by": ("broken", "", ""),
            "Dated debt": ("dated", "", ""),
            "Asked of": ("asked", "", ""),
            "What to do": ("remedy", "", ""),
        },
    ),
    "indicators/": (
        "/indicators/",
        {
            "Indicator": ("title", "", ""),
            "Now": ("value", "", ""),
            "Of": ("size", "", ""),
            "Verdict": ("verdict", "", ""),
            "Amber": ("appetite", "", ""),
            "Red": ("appetite", "", ""),
            "Answers for it": ("owner", "", ""),
        },
    ),
    "policy/regimes/": (
        "/regimes/instruments/",
        {
            "Instrument": ("title", "", ""),
            "Today": ("standing", "", ""),
            "Holds": ("effective_from", "", ""),
            "Read in": ("source", "", ""),
        },
    ),
}
# Without a table, as cards: what the API has to be able to, by the same rule.
CARDS = {
    "models/<slug:slug>/uses/": "/models/{slug}/uses/",
    "models/<slug:slug>/sources/": "/models/{slug}/sources/",
    "models/<slug:slug>/history/": "/models/{slug}/history/",
    "history/<str:subject>/": "/history/{subject}/",
    "delegations/": "/delegations/",
}
# Why nothing narrows by a column, or sorts by it.
WHOLE = "The list is short, the same for everybody, and answered whole."
REASONS = {
    ("/validations/", "Plan"): "Three of five done and six of nine are in no order that helps; the state narrows.",
    ("/hygiene/{name}/", "Until"): "The list of dated debt is one of its own.",
    ("/portfolio/", "Jan"): "A year of verdicts is a picture. The order is by the newest.",
    (
        "/portfolio/",
        "Findings",
    ): "How many are open says little; what is overdue is narrowed to, and /findings/ sorted.",
    ("/models/{slug}/versions/", "Made from"): "A chain of versions is followed by the filter.",
    ("/models/{slug}/versions/", "Artifact"): "A digest is looked for, never sorted by.",
    (
        "/models/{slug}/plans/",
        "Newest run",
    ): "Runs are a list of their own, by kind, sorted by every column.",
    ("/models/{slug}/plans/", "Next window"): "It begins where the last ended; the day it is due is sorted by.",
    ("/people/", "Roles now"): "Several of each, in no order.",
    ("/tokens/", "Scope"): "Several of each, in no order.",
    **dict.fromkeys(
        (("/trail/entries/", head) for head in ("Who", "What", "About", "Hash")),
        "The order of a log is that of its entries, which is the order of time.",
    ),
    **dict.fromkeys(
        (("/register/shared/", head) for head in ("Name", "Models", "In use", "Tier 1")),
        "The most widely shared first, as the question is; the models behind a name are the register, filtered by it.",
    ),
    **dict.fromkeys(
        (("/register/differences/", head) for head in ("Model", "What became of it", "Changed")),
        "In the order of the names; what a model was on either day is the register of that day, filtered.",
    ),
    **dict.fromkeys((("/hygiene/", head) for head in LISTS["hygiene/"][1]), WHOLE),
    **dict.fromkeys((("/indicators/", head) for head in LISTS["indicators/"][1]), WHOLE),
    **dict.fromkeys((("/regimes/instruments/", head) for head in LISTS["policy/regimes/"][1]), WHOLE),
}
# Tables that are no list of records: one thing in parts.
NOT_LISTS = {
    "mlflow/": "One row for each workspace, with the form that sets its rules.",
    "register/surveys/<uuid:survey_id>/": "The faults of one sheet, whole in its answer.",
    "models/<slug:slug>/cadences/": "The cadences of one model, whole in its answer.",
    "models/<slug:slug>/tier/": "Who may confirm one tier.",
    "models/<slug:slug>/attributes/<slug:name>/": "The history of one attribute, whole in its answer.",
    "models/<slug:slug>/versions/<int:number>/": "The columns of one schema; batches have a list of their own.",
    "attestations/<uuid:attestation_id>/": "What changed in one cycle, whole in its answer.",
    "policy/": "One document.",
    "policy/versions/<int:number>/": "One document.",
    "policy/versions/<int:number>/back-test/": "One comparison.",
    "runs/<uuid:run_id>/": "The results of one run, whole in its answer.",
    "changes/<reference:reference>/deciders/": "Who may decide one request.",
    "validations/<reference:reference>/deciders/": "Who may decide about one validation.",
    "findings/<reference:reference>/deciders/": "Who may close one finding.",
}
# What the form of a page is called by in the API, where it is not by the same name; or why nothing there takes it.
CALLED = {"q": "search", "flag": "attention"}
ONLY_SOMETIMES = {"Until"}
FILES = re.compile(r"\.(csv|json|xlsx)$|/csv/$|/pdf/$|^trail/export/$|documents/<")


def routes(resolver=None, prefix: str = "") -> Iterator[str]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif not route.startswith(("api/", "w/", "accounts/", "mlflow/deliveries", "ingest/")):
            yield route


@pytest.fixture
def places(scene, auditor, client) -> dict[str, dict]:
    """One of everything, with what is shared by two models and what an auditor read."""
    for _ in range(2):
        add_particular(make_model(), "data_sources", values={"name": "Bureau"}, actor=None)
    client.force_login(auditor)
    client.get("/models/")
    count_all_marked()
    return scene | {"hygiene": {"name": "tier_provisional"}, "indicators": {"name": "latency_p95"},
                    "people": {"person_id": auditor.pk}}  # fmt: skip


@pytest.fixture
def pages(places, auditor, engineer, administrator) -> dict[str, object]:
    """Every page that answers, by its route, as one of those who may look at it."""
    clients = []
    for person in (auditor, engineer, administrator):
        clients.append(Client())
        clients[-1].force_login(person)
    found = {}
    for route in (route for route in routes() if not FILES.search(route)):
        for client in clients:
            answer = client.get(address(route, places))
            if answer.status_code == 200 and "html" in answer["Content-Type"]:
                found.setdefault(route, []).append(answer)
    return found


def tables(answer) -> list[list[str]]:
    """The heads of every table of a page."""
    hidden = re.compile(r'<span class="visually-hidden">.*?</span>', re.S)
    heads = re.findall(r"<thead.*?</thead>", answer.content.decode(), re.S)
    cells = [re.findall(r"<th\b.*?>(.*?)</th>", head, re.S) for head in heads]
    return [[" ".join(strip_tags(hidden.sub("", cell)).strip(" ↑↓\n").split()) for cell in row] for row in cells]


def operation(path: str) -> dict:
    return documented()["paths"][f"/api/v1{path}"]["get"]


def parameters(path: str) -> dict[str, dict]:
    return {one["name"]: one["schema"] for one in operation(path).get("parameters", ()) if one["in"] == "query"}


def fields(path: str) -> set[str]:
    """The names of what a list answers about each row."""
    answer = shape(operation(path)["responses"]["200"]["content"]["application/json"]["schema"])
    return set(shape(next(one for one in answer.values() if "$ref" in one.get("items", {}))))


def shape(schema: dict) -> dict:
    """The fields of an object, or of each of a list of them."""
    name = schema.get("items", schema)["$ref"].rpartition("/")[2]
    return documented()["components"]["schemas"][name]["properties"]


def test_whatever_a_list_page_shows_the_api_answers_narrows_by_and_sorts_by_or_it_is_said_why_not(pages):
    assert set(LISTS) | set(CARDS) | set(NOT_LISTS) <= set(pages), "what is said here is there"
    wrong = []
    for route, answers in pages.items():
        is_list = any("page" in (answer.context or {}) for answer in answers) or any(map(tables, answers))
        if is_list and route not in {*LISTS, *CARDS, *NOT_LISTS}:
            wrong.append(f"{route}: say of this page which list of the API it is, or why it is none.")
        for column, fault in faults_of(route, answers) if route in LISTS else ():
            wrong.append(f"{route}, {column}: {fault}")
    assert not wrong, "\n".join(wrong)


def faults_of(route: str, answers: list) -> Iterator[tuple[str, str]]:
    """What is wrong with a list, by column or filter."""
    path, columns = LISTS[route]
    told, asked = fields(path), parameters(path)
    orderings = asked.get("ordering", {}).get("enum", [])
    for head, (field, narrowed_by, sorted_by) in columns.items():
        why = REASONS.get((path, head))
        if field not in told:
            yield head, f"the API does not tell {field}"
        if (narrowed_by or not why) and narrowed_by not in asked:
            yield head, "nothing narrows by it"
        if (sorted_by or not why) and not {sorted_by, f"-{sorted_by}"} <= set(orderings):
            yield head, "nothing sorts by it"
    shown = {head for answer in answers for table in tables(answer) for head in table}
    for head in set(columns) - shown - ONLY_SOMETIMES:
        yield head, "it is not shown any more"
    for context in (answer.context for answer in answers if "page" in (answer.context or {})):
        heads = context.get("heads", ())
        for head in heads:
            if head.label not in columns:
                yield head.label, "say here what it is in the API"
            if head.turned and head.turned not in orderings:
                yield head.label, "the page sorts by it, the API does not"
        for name in {CALLED.get(name, name) for name in getattr(context.get("form"), "fields", ())} - set(asked):
            yield name, "the page filters by it, the API does not"


def lists_of_the_api() -> Iterator[str]:
    for path, item in documented()["paths"].items():
        asked = {one["name"] for one in item.get("get", {}).get("parameters", ())}
        if "ordering" in asked and set(item["get"]["responses"]["200"]["content"]) == {"application/json"}:
            yield path.removeprefix("/api/v1")


def test_every_list_of_the_api_is_sorted_both_ways_and_narrowed_by_its_days(
    places, auditor, engineer, validator, administrator, workspace, tmp_path
):
    version = ModelVersion.objects.get(model__slug=places["models"]["slug"])
    make_reference(version, tmp_path)
    make_batch(version, tmp_path)
    document = Document.objects.get()
    keep_word(version, said="notified", on=timezone.localdate(), document=document, actor=validator)
    make_token(auditor, workspace=workspace)
    places |= {"people": {"person_id": engineer.pk}}  # What the auditor read grows with every question.
    clients = [client_of(person, workspace) for person in (auditor, engineer, administrator)]
    filled = 0
    for path in lists_of_the_api():
        place = address("api/v1" + re.sub(r"\{(\w+)\}", r"<str:\1>", path), places)
        client = next((one for one in clients if one.get(place).status_code == 200), None)
        assert client, path
        everything = rows(client, place)
        filled += len(everything) > 0
        for name, schema in parameters(path).items():
            if name == "ordering":
                for there, back in pairwise(sorted(schema["enum"], key=lambda one: one.lstrip("-"))):
                    if there.lstrip("-") == back.lstrip("-"):
                        assert rows(client, place, ordering=there) == rows(client, place, ordering=back)[::-1], (
                            path,
                            back,
                        )
            elif name.endswith("_since"):
                until = name.removesuffix("since") + "until"
                assert rows(client, place, **{name: "2999-01-01"}) == [], (path, name)
                assert rows(client, place, **{until: "1999-01-01"}) == [], (path, until)
                within = rows(client, place, **{name: "1999-01-01", until: "2999-01-01"})
                assert all(row in everything for row in within), (path, name)
    assert filled >= 15, "most lists were walked with something in them"


def rows(client, place: str, **asked) -> list:
    answer = client.get(place, asked)
    assert answer.status_code == 200, (place, asked, answer.content)
    return answer.json()["results"]
