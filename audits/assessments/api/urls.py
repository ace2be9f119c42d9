"""Addresses of the REST API, below `/api/v1/`."""

from django.urls import path

from audits.assessments.api.backtests import DraftBackTestApi, PolicyBackTestApi
from audits.assessments.api.breaches import BreachClosureApi, BreachDecisionApi, BreachesApi, BreachStepsApi
from audits.assessments.api.plans import PlanOffApi, PlanRunsApi, PlansApi
from audits.assessments.api.runs import RunApi, RunsApi

urlpatterns = [
    path("models/<slug:slug>/plans/", PlansApi.as_view(), name="api-plans"),
    path("plans/<uuid:plan_id>/off/", PlanOffApi.as_view(), name="api-switch-plan-off"),
    path("plans/<uuid:plan_id>/runs/", PlanRunsApi.as_view(), name="api-plan-runs"),
    path("models/<slug:slug>/runs/", RunsApi.as_view(), name="api-runs"),
    path("runs/<uuid:run_id>/", RunApi.as_view(), name="api-run"),
    path("models/<slug:slug>/breaches/", BreachesApi.as_view(), name="api-breaches"),
    path("policies/<int:number>/back-test/", PolicyBackTestApi.as_view(), name="api-backtest-policy"),
    path("policies/drafts/<uuid:draft_id>/back-test/", DraftBackTestApi.as_view(), name="api-backtest-draft"),
    path("breaches/<uuid:breach_id>/decision/", BreachDecisionApi.as_view(), name="api-breach-decision"),
    path("breaches/<uuid:breach_id>/steps/", BreachStepsApi.as_view(), name="api-breach-steps"),
    path("breaches/<uuid:breach_id>/closure/", BreachClosureApi.as_view(), name="api-breach-closure"),
]
