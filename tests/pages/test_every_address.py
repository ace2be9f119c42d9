"""Nothing of a workspace is found at any address by whoever works elsewhere. The addresses are those of the URL
configuration: one that is new is asked as well, and fails here until it is said below what it leads to."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from uuid import uuid4

import pytest
from allauth.usersessions.models import UserSession
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from audits.trail.models import Entry
from audits.trail.services import sign_checkpoint
from audits.workflows.services import open_due_attestations, raise_finding, request_change
from audits.workflows.services.validations import request_validation
from inventory.services import attach_document, receive_survey, register_source, tighten_cadence
from mrm.accounts.models import Person, Recertification, Token
from mrm.accounts.policies import Role
from mrm.accounts.services import grant_role, open_recertification
from reports.models import Report
from tests.factories import RETIREMENT, make_model, make_otherwise, make_person, make_token, make_use, make_workspace
from tests.inventory.sheets import make_csv
from tests.pages.scenery import make_assessed_model
from tests.signing import delegate, suspend

NAME = "Xylophone scoring"
NOBODY = str(uuid4())
# Of the whole installation, for everybody who has signed in: policies, lists of rules, checkpoints.
SHARED = ("policy/", "api/v1/policies/", "indicators/", "api/v1/indicators/", "hygiene/", "api/v1/hygiene/")
SHARED += ("trail/checkpoints/",)
# Kept from strangers by rules of their own: signing in and one's own keys; MLflow's addresses, which name no model.
# Which rules a workspace has for MLflow's clients is no secret to who works in it, on however few models.
ELSEWHERE = ("accounts/", "api/2.0/", "api/3.0/", "w/<slug:workspace>/", "mlflow/")
BESIDE = {  # What stands below something that a stranger does not find.
    "statement_id": NOBODY, "draft_id": NOBODY, "size": 1, "document": NOBODY,
    "assignment": NOBODY, "assignment_id": NOBODY, "evidence": NOBODY, "evidence_id": NOBODY,
    "row": NOBODY, "component": "purpose", "code": "sr-26-2", "place": 1, "number": 1, "name": "purpose",
    "group": "uses", "version": 1,
}  # fmt: skip
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def routes(resolver=None, prefix: str = "") -> Iterator[str]:
    """The address of every view that takes parameters, as it is configured."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif "<" in route and not route.startswith(ELSEWHERE):
            yield route


def address(route: str, scene: dict[str, dict]) -> str:
    """With each parameter as what the words before it lead to; a word that is unknown fails here."""
    known, words = {}, []
    for word in route.split("/"):
        for name in PARAMETER.findall(word):
            given = scene.get(words[-1], {}) if words else {}
            known[name] = given.get(name, known.get(name, BESIDE.get(name)))
            assert known[name] is not None, f"Say in `scene` what {name} means behind {words[-1]} in {route}."
        words.append(word)
    return "/" + PARAMETER.sub(lambda found: str(known[found[1]]), route)


@pytest.fixture
def scene(workspace, owner, engineer, validator, risk_officer, administrator, settings, tmp_path) -> dict[str, dict]:
    """One of everything in the workspace main: by the words before a parameter, what the parameter names."""
    settings.SOURCE_HOSTS = ["warehouse.internal"]
    model = make_assessed_model(name=NAME, owner=owner, actor=engineer)
    version = model.versions.get()
    run, breach = version.runs.get(), version.breaches.get()
    make_otherwise(model, registered_at=timezone.now() - timedelta(days=400))
    open_due_attestations(timezone.now())
    change = request_change("retirement", version, reason="Idle.", terms=RETIREMENT, actor=engineer)
    texts = {"title": "Thin", "observation": "Few rows.", "required_outcome": "More."}
    finding = raise_finding(model, severity="low", **texts, actor=validator)
    validation = request_validation(version, kind="change_triggered", trigger="It changed.", actor=engineer)
    facts = {"url": "postgresql://reader:env:SOURCE_PASSWORD@warehouse.internal/risk", "table": "loans"}
    source = register_source(version, **facts, columns={}, time_column="at", actor=engineer)
    values = {"kind": "other", "title": "Paper"}
    document = attach_document(model, b"x", filename="a.txt", media_type="text/plain", values=values, actor=engineer)
    cadence = tighten_cadence(model, rhythm="drift", every="weekly", reason="New.", actor=owner)
    sheet = tmp_path / "sheet"
    sheet.write_bytes(make_csv((NAME, owner.email, "Cards", "high", "yes")))
    survey = receive_survey(workspace, sheet, filename="survey.csv", actor=engineer)
    suspension = suspend(model, reason="Constant.", actor=owner)
    ends = timezone.now() + timedelta(days=3)
    delegation = delegate(risk_officer, reason="Leave.", ends_at=ends, actor=validator)
    report = Report.objects.create(reference="R-2026-0001", model=model, period_start=date(2026, 1, 1),
                                   period_end=date(2026, 2, 1), requested_by=engineer)  # fmt: skip
    make_token(engineer, workspace=workspace)
    robot = make_person(Role.ENGINEER, name="Robot", workspace=workspace, kind=Person.Kind.SERVICE)
    grant = grant_role(validator, Role.COMPLIANCE, workspace=workspace, reason="Leave.", actor=administrator)
    open_recertification(timezone.now() + timedelta(days=400), every=timedelta(1), answer_within=timedelta(30))
    session = UserSession.objects.create(user=engineer, session_key="x" * 32, ip="127.0.0.1", user_agent="")
    sign_checkpoint()
    entry = Entry.objects.filter(model_slug=model.slug).first()
    return {
        "models": {"slug": model.slug},
        "runs": {"run_id": run.pk},
        "plans": {"plan_id": run.plan_id},
        "breaches": {"breach_id": breach.pk},
        "attestations": {"attestation_id": model.attestations.get().pk},
        "changes": {"reference": change.reference},
        "findings": {"reference": finding.reference},
        "validations": {"reference": validation.reference},
        "retraining": {"reference": "CR-2026-9999"},
        "sources": {"source_id": source.pk},
        "cadences": {"cadence": cadence.pk},
        "documents": {"document": document.pk, "row": document.pk},
        "surveys": {"survey_id": survey.pk},
        "delegations": {"delegation_id": delegation.pk, "pk": delegation.pk},
        "in-force": {"reference": suspension.reference},
        "arrangements": {"reference": suspension.reference},
        "reports": {"report": report.pk, "reference": report.reference},
        "tokens": {"token_id": Token.objects.get(person=engineer).pk},
        "people": {"person_id": engineer.pk},
        "service-accounts": {"account_id": robot.pk},
        "roles": {"grant_id": grant.pk},
        "confirmations": {"recertification_id": Recertification.objects.first().pk},
        "sessions": {"session_id": session.pk},
        "history": {"subject": f"inventory.Model:{model.pk}"},
        "trail": {"position": entry.position},
        "mlflow": {"workspace": workspace.slug},
        "uses": {"number": make_use(model).number},
        "versions": {"number": version.number},
    }


@pytest.mark.parametrize("elsewhere", ["in another workspace", "limited to another model"])
def test_nothing_of_a_workspace_is_found_at_any_address_from_elsewhere(scene, workspace, elsewhere):
    if elsewhere == "in another workspace":
        where = {"workspace": make_workspace("elsewhere")}
        reader = make_person(Role.ENGINEER, Role.OWNER, **where)
        decider = make_person(Role.VALIDATOR, Role.RISK_OFFICER, Role.COMPLIANCE, **where)
        methods = ("get", "post", "put", "patch", "delete")
    else:
        methods = ("get", "post")
        where, other = {"workspace": workspace}, make_model(name="Harmless")
        reader, decider = make_person(), make_person()
        for person, roles in ((reader, (Role.ENGINEER, Role.OWNER)), (decider, (Role.VALIDATOR, Role.COMPLIANCE))):
            for role in roles:
                grant_role(person, role, **where, models=[other.slug], actor=None)
    for person in (reader, decider):
        client_of(person, where["workspace"])  # Its token is an entry, too.
    before = Entry.objects.count()
    open_doors = [
        f"{method} {route}: {answer.status_code}"
        for route in routes()
        for method, answer in asked(address(route, scene), reader, decider, where["workspace"], route, methods)
        if is_open(route, method, answer)
    ]
    assert not open_doors, "\n".join(open_doors)
    assert Entry.objects.count() == before


def asked(place: str, reader, decider, workspace, route: str, methods) -> Iterator[tuple[str, HttpResponse]]:
    """Every method, by programs with the body that the documentation gives as an example."""
    for method in methods:
        client = client_of(reader if method == "get" else decider, workspace if place.startswith("/api/") else None)
        if place.startswith("/api/"):
            for body in example_bodies(route, method):
                yield method, getattr(client, method)(place, **({"data": body, "format": "json"} if body else {}))
        else:
            yield method, getattr(client, method)(place)


def example_bodies(route: str, method: str) -> list:
    """None, and every example that the documentation has for this operation."""
    operation = documented()["paths"].get("/" + PARAMETER.sub(r"{\1}", route), {}).get(method, {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return [None, *(example["value"] for example in content.get("examples", {}).values())]


@cache
def documented() -> dict:
    return SchemaGenerator().get_schema(request=None, public=True)


@cache
def client_of(person, workspace) -> Client | APIClient:
    """A program with a token in the workspace, or a browser."""
    if workspace is None:
        client = Client()
        client.force_login(person)
        return client
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make_token(person, workspace=workspace)}")
    return client


def is_open(route: str, method: str, answer) -> bool:
    """Whether something was found or done. A body that is refused before anything is looked for tells nothing."""
    if NAME in answer.content.decode():
        return True
    if route.startswith(SHARED):
        return answer.status_code >= 500
    return answer.status_code not in ((403, 404, 405) if method == "get" else (400, 403, 404, 405))
