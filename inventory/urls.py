"""Addresses of this app."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("inventory.api.urls"))]
