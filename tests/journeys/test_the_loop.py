"""The walk of docs/architecture.md with real processes and a real browser, from registration to verification."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from audits.assessments.models import Breach, Run
from audits.trail.services import verify_trail
from audits.workflows.models import ChangeRequest, Decision
from demo.simulators import credit_applications
from demo.stories.credit import FEATURES, SCHEMA, THRESHOLD
from demo.training import train_xgboost
from inventory.models import Model, ModelVersion
from inventory.states import Stage
from mrm.accounts.models import Workspace
from mrm.embedded import CannotStart
from tests.factories import make_person, make_token
from tests.journeys.people import Engineer, Signed

pytestmark = pytest.mark.timeout(600)

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
VERSION = "/models/consumer-credit/versions/1"


@pytest.fixture
def people(stage):
    """One person per role; two would do for the decisions, the others are who may not."""
    workspace = Workspace.objects.get(slug="main")
    return {role: make_person(role, workspace=workspace) for role in ("engineer", "owner", "validator", "risk_officer")}


@pytest.fixture
def engineer(stage, people):
    """A program of the engineer's, with a token."""
    engineer = Engineer(stage.address, make_token(people["engineer"]))
    yield engineer
    engineer.client.close()


def test_a_breach_leads_through_two_decisions_and_a_retraining_to_a_sealed_report_that_verifies(
    stage, people, engineer, page, tmp_path
):
    stage.start("web", "worker", "scheduler")
    register(engineer, people["owner"].email, tmp_path)
    with Signed(page, stage.address, people["risk_officer"]) as officer:
        officer.open("/models/consumer-credit/tier/")
        page.get_by_role("button", name="Confirm").click()
        officer.sign()
        page.wait_for_url("**/models/consumer-credit/")

    # The candidate is assessed by the worker until its gate opens; then two people decide in the pages.
    stage.wait_until(lambda: engineer.get(f"{VERSION}/gate/")["allowed"])
    first = engineer.post(
        "/changes/", {"kind": "promotion", "model": "consumer-credit", "version": 1, "reason": "First version."}
    )
    decide(page, stage, people, first["reference"])
    version = ModelVersion.objects.get(number=1)
    assert version.stage == Stage.PRODUCTION

    # A recession: the score drifts, the scheduler finds the window closed, the system asks for retraining.
    log_a_recession(engineer, tmp_path)
    request = stage.wait_until(ChangeRequest.objects.filter(kind="retraining", state="pending").first)
    assert request.requester is None
    # The fall in performance may ask first; the drift is measured by a run of its own.
    stage.wait_until(Breach.objects.filter(version=version, measure="psi", column="score", verdict="red").exists)
    decide(page, stage, people, request.reference)
    candidate = stage.wait_until(lambda: ModelVersion.objects.filter(origin=request.reference).first())
    assert candidate.predecessor == version
    assert candidate.params

    # The candidate passes the gate on rows its training never saw, and is promoted by two people.
    stage.wait_until(lambda: engineer.get("/models/consumer-credit/versions/2/gate/")["allowed"])
    promotion = engineer.post(
        "/changes/", {"kind": "promotion", "model": "consumer-credit", "version": 2, "reason": "Retrained."}
    )
    decide(page, stage, people, promotion["reference"])
    version.refresh_from_db()
    candidate.refresh_from_db()
    assert (version.stage, candidate.stage) == (Stage.SUPERSEDED, Stage.PRODUCTION)
    assert not Breach.objects.open().filter(version=version).exists()

    pdf = report(engineer, stage, tmp_path)
    assert_the_report_verifies(stage, pdf, tmp_path)
    with Signed(page, stage.address, people["owner"]) as owner:
        owner.open("/reports/verify/")
        page.locator("input[type=file]").set_input_files(pdf)
        page.get_by_role("button", name="Verify").click()
        page.get_by_text("holds in every respect").wait_for()

    # Every step left its entry, each window was assessed once, and two different people signed each decision.
    verification = verify_trail()
    assert verification.holds, verification.fault
    assert not Run.objects.exclude(state__in=("succeeded", "insufficient_data")).exists()
    for change in ChangeRequest.objects.all():
        assert len(set(Decision.objects.filter(change=change, approved=True).values_list("person", flat=True))) == 2


def register(engineer: Engineer, owner: str, folder) -> None:
    """A model, a version, its artifact, its reference data and what it scored on a holdout."""
    engineer.post(
        "/models/",
        {
            "name": "Consumer credit",
            "owner": owner,
            "purpose": "Approves or declines consumer loans.",
            "exposure": "medium",
            "purpose_level": "medium",
            "complexity": "medium",
            "reliance": "medium",
        },
    )
    trained = trained_on_history()
    engineer.post(
        "/models/consumer-credit/versions/",
        {"framework": "xgboost", "schema": {"columns": SCHEMA}, "decision_threshold": THRESHOLD},
    )
    artifact = folder / "artifact"
    trained.save(artifact)
    engineer.upload(f"{VERSION}/artifact", artifact.read_bytes())
    engineer.send(f"{VERSION}/reference/", scored(trained, history()[3000:]).drop("id", "time"), folder)
    holdout = credit_applications(
        2500, start=TODAY - timedelta(days=220), end=TODAY - timedelta(days=200), seed=3, prefix="V"
    )
    log(engineer, scored(trained, holdout), folder)


def log_a_recession(engineer: Engineer, folder) -> None:
    rows = credit_applications(
        4000, start=TODAY - timedelta(days=195), end=TODAY - timedelta(days=1), seed=4, squeeze=3.0
    )
    log(engineer, scored(trained_on_history(), rows), folder)


def log(engineer: Engineer, rows, folder) -> None:
    engineer.send(f"{VERSION}/batches/", rows.drop("label"), folder)
    engineer.send("/models/consumer-credit/outcomes/", rows.select("id", "label"), folder)


def history():
    return credit_applications(5500, start=TODAY - timedelta(days=400), end=TODAY - timedelta(days=300), seed=2)


def trained_on_history():
    return train_xgboost(history()[:3000], FEATURES, rounds=30)


def scored(trained, rows):
    return rows.with_columns(score=trained.score(rows).astype("float64"))


def decide(page, stage, people, reference: str) -> None:
    for role in ("validator", "risk_officer"):
        with Signed(page, stage.address, people[role]) as person:
            person.approve(reference, f"Agreed as {role}.")


def report(engineer: Engineer, stage, folder):
    """Ask for a report, wait until it is sealed, download it."""
    model = Model.objects.get()
    period = {"period_start": (TODAY - timedelta(days=364)).date().isoformat(), "period_end": TODAY.date().isoformat()}
    asked = engineer.post("/reports/", {"model": model.slug, **period})
    stage.wait_until(lambda: engineer.get(f"/reports/{asked['id']}/")["state"] == "sealed")
    file = folder / "report.pdf"
    file.write_bytes(engineer.client.get(f"/reports/{asked['id']}/pdf").content)
    return file


def assert_the_report_verifies(stage, pdf, folder) -> None:
    """The command accepts it and finds a flipped byte; poppler accepts the signature."""
    told = folder / "verify_report.log"
    stage.server.manage("verify_report", str(pdf), log=told)
    assert "Everything holds." in told.read_text()
    forged = folder / "forged.pdf"
    content = bytearray(pdf.read_bytes())
    content[len(content) // 2] ^= 1
    forged.write_bytes(content)
    with pytest.raises(CannotStart, match="verify_report .* failed with exit status 1"):
        stage.server.manage("verify_report", str(forged), log=told)
    if shutil.which("pdfsig"):
        told = subprocess.run(["pdfsig", pdf], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid" in told
        assert "Total document signed" in told
