"""Addresses of this app."""

from django.urls import include, path

from reports.views import regimes, reports, signing, trail, verify

urlpatterns = [
    path("api/v1/", include("reports.api.urls")),
    path("reports/", reports.report_list, name="report-list"),
    path("reports/csv/", reports.reports_csv, name="reports-csv"),
    path("reports/recent/", reports.recent_reports, name="recent-reports"),
    path("reports/new/", reports.request_report, name="request-report"),
    path("reports/verify/", verify.verify_report, name="verify-report"),
    path("reports/<reference:reference>/", reports.report, name="report"),
    path("reports/<reference:reference>/pdf/", reports.download, name="report-pdf"),
    path("reports/<reference:reference>/sign/", signing.prepare, name="prepare-report-signature"),
    path("reports/<reference:reference>/sign/<uuid:statement_id>/", signing.sign, name="sign-report"),
    path("reports/<reference:reference>/publish/", signing.publish, name="publish-report"),
    path("trail/export/", trail.export, name="export-trail"),
    path("trail/verification/", trail.verify, name="verify-trail"),
    path("policy/regimes/", regimes.regimes, name="regimes"),
    path("models/<slug:slug>/regimes/", regimes.model_regimes, name="model-regimes"),
    path("models/<slug:slug>/reports/", reports.model_reports, name="model-reports"),
]
