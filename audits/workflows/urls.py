"""Addresses of this app."""

from django.urls import include, path

from audits.workflows.views import arrangements, attestations, changes, findings, home, hygiene, models, portfolio

urlpatterns = [
    path("api/v1/", include("audits.workflows.api.urls")),
    path("", home.home, name="home"),
    path("portfolio/", portfolio.portfolio, name="portfolio"),
    path("portfolio/portfolio.csv", portfolio.portfolio_csv, name="portfolio-csv"),
    path("hygiene/", hygiene.hygiene, name="hygiene"),
    path("hygiene/<slug:name>/", hygiene.broken, name="hygiene-rule"),
    path("attestations/", attestations.attestation_list, name="attestation-list"),
    path("attestations/<uuid:attestation_id>/", attestations.attestation, name="attestation"),
    path("models/<slug:slug>/", models.model, name="model"),
    path("models/<slug:slug>/versions/<int:number>/", models.version, name="version"),
    path("models/<slug:slug>/versions/<int:number>/request/", changes.request_change, name="request-change"),
    path("models/<slug:slug>/changes/new/", changes.request_model_change, name="request-model-change"),
    path("models/<slug:slug>/suspension/", arrangements.suspend, name="suspend-model"),
    path("models/<slug:slug>/changes/", changes.model_changes, name="model-changes"),
    path("models/<slug:slug>/findings/", findings.model_findings, name="model-findings"),
    path("models/<slug:slug>/findings/new/", findings.raise_finding, name="raise-finding"),
    path("changes/", changes.change_list, name="change-list"),
    path("changes/policy/new/", changes.request_policy_change, name="request-policy-change"),
    path("changes/<reference:reference>/", changes.change, name="change"),
    path("changes/<reference:reference>/deciders/", changes.deciders, name="deciders"),
    path("changes/<reference:reference>/decision/", changes.decide, name="decide-change"),
    path("changes/<reference:reference>/decision/<uuid:statement_id>/", changes.sign_decision, name="sign-decision"),
    path("changes/<reference:reference>/withdrawal/", changes.withdraw, name="withdraw-change"),
    path("in-force/", arrangements.arrangement_list, name="arrangement-list"),
    path("in-force/<reference:reference>/", arrangements.arrangement, name="arrangement"),
    path("in-force/<reference:reference>/closure/", arrangements.close, name="close-arrangement"),
    path("findings/", findings.finding_list, name="finding-list"),
    path("findings/<reference:reference>/", findings.finding, name="finding"),
    path("findings/<reference:reference>/response/", findings.respond, name="respond-to-finding"),
    path("findings/<reference:reference>/judgement/", findings.judge, name="judge-finding"),
]
