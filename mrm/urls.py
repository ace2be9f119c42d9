"""Every address, app by app."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

handler404 = "mrm.http.not_found"
handler500 = "mrm.http.server_error"

urlpatterns = [
    path("", include("inventory.urls")),
    path("", include("audits.assessments.urls")),
    path("", include("audits.workflows.urls")),
    path("", include("reports.urls")),
    path("", include("audits.trail.urls")),
    path("", include("mrm.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
