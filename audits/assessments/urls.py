"""Addresses of this app."""

from django.urls import include, path

from audits.assessments.views import backtests, breaches, monitoring, runs

urlpatterns = [
    path("api/v1/", include("audits.assessments.api.urls")),
    path("models/<slug:slug>/monitoring/", monitoring.monitoring, name="model-monitoring"),
    path("models/<slug:slug>/monitoring/feature/", monitoring.feature, name="feature"),
    path("policy/drafts/<uuid:draft_id>/back-test/", backtests.of_draft, name="backtest-draft"),
    path("policy/versions/<int:number>/back-test/", backtests.of_version, name="backtest-policy"),
    path("plans/<uuid:plan_id>/off/", monitoring.switch_plan_off, name="switch-plan-off"),
    path("plans/<uuid:plan_id>/off/<uuid:statement_id>/", monitoring.sign_plan_off, name="sign-plan-off"),
    path("plans/<uuid:plan_id>/on/", monitoring.switch_plan_on, name="switch-plan-on"),
    path("plans/<uuid:plan_id>/runs/", monitoring.run_now, name="run-now"),
    path("runs/<uuid:run_id>/", runs.run, name="run"),
    path("runs/<uuid:run_id>/again/", runs.rerun, name="rerun"),
    path("breaches/<uuid:breach_id>/", breaches.breach, name="breach"),
    path("breaches/<uuid:breach_id>/steps/", breaches.step, name="breach-step"),
    path("breaches/<uuid:breach_id>/decision/<uuid:statement_id>/", breaches.sign, name="sign-breach-decision"),
]
