"""Addresses of this app."""

from django.urls import include, path

urlpatterns = [
    path("", include("registry.api.urls")),
    path("w/<slug:workspace>/", include("registry.api.urls")),
]
