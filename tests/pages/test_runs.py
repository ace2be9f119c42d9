"""Monitoring, run and breach pages: what they say about a number, and what one can do there."""

import pytest
from django.urls import reverse

from audits.assessments.models import Run
from inventory.services import edit_model
from tests.factories import PASSWORD, make_model, make_version
from tests.pages.scenery import make_assessed_model, make_result, make_run
from tests.signing import signed_on_page


@pytest.fixture
def model(workspace, owner):
    return make_assessed_model(name="Lending", owner=owner)


@pytest.fixture
def drift_run(model) -> Run:
    return model.versions.get().runs.get()


def test_a_run_shows_value_interval_sizes_limit_and_inputs(visit, auditor, drift_run):
    text = visit(auditor).get(reverse("run", args=[drift_run.pk])).text
    for part in ("0.4000", "0.360 to 0.440", "&lt; 0.001", "Above 0.1 amber, 0.25 red", "a" * 64, "policy version 1"):
        assert part in text, part


def test_a_result_without_a_value_says_why_and_shows_no_number(visit, auditor, drift_run):
    make_result(drift_run, column="age", value=None, verdict="unknown", reason="Fewer than 10 rows.", detail={})
    text = visit(auditor).get(reverse("run", args=[drift_run.pk])).text
    assert "Fewer than 10 rows." in text
    for leak in (">None<", ">nan<", ">NaN<"):
        assert leak not in text


def test_while_a_run_works_its_page_asks_again_and_then_stops(visit, auditor, drift_run):
    again = Run.objects.create(
        plan=drift_run.plan,
        version=drift_run.version,
        policy=drift_run.policy,
        window_start=drift_run.window_start,
        window_end=drift_run.window_end,
        rerun_of=drift_run,
    )
    client, address = visit(auditor), reverse("run", args=[again.pk])
    Run.objects.filter(pk=again.pk).update(state="running", progress=40, step="Comparing income with the reference")
    working = client.get(address, headers={"HX-Request": "true"})
    assert 'aria-valuenow="40"' in working.text
    assert "Comparing income with the reference" in working.text
    assert "every 2s" in working.text
    Run.objects.filter(pk=again.pk).update(state="succeeded", verdict="red")
    assert "every 2s" not in client.get(address, headers={"HX-Request": "true"}).text


def test_a_rerun_that_reproduces_every_number_says_so(visit, validator, drift_run):
    answer = visit(validator).post(reverse("rerun", args=[drift_run.pk]))
    again = Run.objects.get(rerun_of=drift_run)
    assert answer.headers["Location"] == reverse("run", args=[again.pk])
    Run.objects.filter(pk=again.pk).update(state="succeeded", verdict="red")
    make_result(again)
    assert "reproduced" in visit(validator).get(reverse("run", args=[again.pk])).text


def test_a_rerun_that_differs_names_the_number(visit, validator, drift_run):
    visit(validator).post(reverse("rerun", args=[drift_run.pk]))
    again = Run.objects.get(rerun_of=drift_run)
    Run.objects.filter(pk=again.pk).update(state="succeeded", verdict="red")
    make_result(again, value=0.5)
    text = visit(validator).get(reverse("run", args=[again.pk])).text
    assert "1 differ" in text
    assert "PSI income: 0.4 before, 0.5 now" in " ".join(text.split()).replace(
        "0.4000 before, 0.5000", "0.4 before, 0.5"
    )


def test_a_plan_is_switched_off_and_on_by_the_second_line(visit, risk_officer, drift_run):
    client, address = visit(risk_officer), reverse("switch-plan-off", args=[drift_run.plan_id])
    monitoring = reverse("model-monitoring", args=[drift_run.version.model_slug])
    assert address in client.get(monitoring).text
    assert client.post(address, {"reason": " "}).status_code == 400
    signed_on_page(client, address, reason="The table is moved.")
    drift_run.plan.refresh_from_db()
    assert not drift_run.plan.enabled and "The table is moved." in client.get(monitoring).text
    client.post(reverse("switch-plan-on", args=[drift_run.plan_id]))
    drift_run.plan.refresh_from_db()
    assert drift_run.plan.enabled


def test_who_develops_a_model_is_not_offered_to_switch_its_plans_off_and_keeps_their_words(
    visit, risk_officer, drift_run
):
    client, address = visit(risk_officer), reverse("switch-plan-off", args=[drift_run.plan_id])
    edit_model(drift_run.version.model, changes={"developer": risk_officer}, actor=None)
    text = client.get(reverse("model-monitoring", args=[drift_run.version.model_slug])).text
    assert address not in text and "switches its monitoring off: you are named as the developer" in text
    refused = client.post(address, {"reason": "The table is moved."})
    assert refused.status_code == 403
    assert "The table is moved." in refused.text and "switches its monitoring off" in refused.text


def test_a_run_now_leads_to_the_page_of_the_run(visit, validator, drift_run):
    drift_run.plan.__class__.objects.update(window_start=drift_run.window_start)
    answer = visit(validator).post(reverse("run-now", args=[drift_run.plan_id]))
    assert answer.headers["Location"] == reverse("run", args=[Run.objects.get(requested_by=validator).pk])


def test_a_version_without_runs_says_what_to_do_first(visit, engineer, owner):
    model = make_model(owner=owner)
    text = visit(engineer).get(reverse("model-monitoring", args=[model.slug])).text
    assert "Register a version" in text
    make_version(model)
    text = visit(engineer).get(reverse("model-monitoring", args=[model.slug])).text
    assert "No run is finished yet" in text


@pytest.mark.parametrize("version", ["2", "x", "99999999999999999999", "-1"])
def test_a_version_that_is_not_there_is_not_found(visit, auditor, model, version):
    answer = visit(auditor).get(reverse("model-monitoring", args=[model.slug]), {"version": version})
    assert answer.status_code == 404


def test_a_column_that_was_not_measured_is_not_found(visit, auditor, model):
    assert visit(auditor).get(reverse("feature", args=[model.slug]), {"column": "<b>"}).status_code == 404


def test_a_hostile_column_name_is_shown_as_text(visit, auditor, model, drift_run):
    make_result(drift_run, column="</script><script>alert(1)</script>")
    client = visit(auditor)
    for address in (reverse("run", args=[drift_run.pk]), reverse("model-monitoring", args=[model.slug])):
        assert "<script>alert(1)" not in client.get(address).text


def test_the_second_line_closes_a_breach_with_a_signed_reason_and_the_owner_cannot(visit, validator, owner, model):
    breach = model.versions.get().breaches.get()
    address = reverse("breach", args=[breach.pk])
    assert visit(owner).post(address, {"reason": "Trust me."}).status_code == 403
    assert visit(validator).post(address, {"reason": ""}).status_code == 400
    officer = visit(validator)
    signing = officer.post(address, {"reason": "A data fault, mended."}).url
    breach.refresh_from_db()
    assert breach.closed_at is None, "nothing is closed before it is signed"
    assert officer.post(signing, {"password": PASSWORD}).status_code == 302
    breach.refresh_from_db()
    assert breach.closing_reason == "A data fault, mended."
    assert "A data fault, mended." in visit(owner).get(address).text


def test_monitoring_needs_few_queries_however_many_runs(visit, auditor, model, django_assert_max_num_queries):
    version = model.versions.get()
    for months in range(1, 8):
        for kind in ("drift", "performance"):
            run = make_run(version, kind=kind, months_ago=months)
            make_result(run)
            make_result(run, measure="auc_change", column="score", value=-0.02, verdict="within")
    client = visit(auditor)
    with django_assert_max_num_queries(18):
        client.get(reverse("model-monitoring", args=[model.slug]))
