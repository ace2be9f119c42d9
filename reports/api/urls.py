"""Addresses of the REST API, below `/api/v1/`. A report is named by its id or its reference."""

from django.urls import path

from reports.api.regimes import CoverageApi, InstrumentsApi, RegimesApi
from reports.api.reports import (
    ReportApi,
    ReportEvidenceApi,
    ReportPdfApi,
    ReportPublicationApi,
    ReportsApi,
    ReportSignatureApi,
)
from reports.api.trail import TrailExportApi
from reports.api.verification import VerificationApi

urlpatterns = [
    path("regimes/", RegimesApi.as_view(), name="api-regimes"),
    path("regimes/instruments/", InstrumentsApi.as_view(), name="api-instruments"),
    path("models/<slug:slug>/regimes/<slug:code>/", CoverageApi.as_view(), name="api-coverage"),
    path("reports/", ReportsApi.as_view(), name="api-reports"),
    path("reports/verify/", VerificationApi.as_view(), name="api-verify-report"),
    path("trail/export", TrailExportApi.as_view(), name="api-trail-export"),
    *(
        pattern
        for named in ("uuid", "reference")
        for pattern in (
            path(f"reports/<{named}:report>/", ReportApi.as_view(), name="api-report"),
            path(f"reports/<{named}:report>/pdf", ReportPdfApi.as_view(), name="api-report-pdf"),
            path(f"reports/<{named}:report>/signature/", ReportSignatureApi.as_view(), name="api-report-signature"),
            path(
                f"reports/<{named}:report>/publication/", ReportPublicationApi.as_view(), name="api-report-publication"
            ),
            path(f"reports/<{named}:report>/evidence", ReportEvidenceApi.as_view(), name="api-report-evidence"),
        )
    ),
]
