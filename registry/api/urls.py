"""Addresses of the MLflow API, the same below `/` and below `/w/<workspace>/`. None ends with a slash."""

from django.urls import path

from registry.api import models, versions
from registry.api.calls import no_endpoint, server_info

BASE = "api/2.0/mlflow/"

urlpatterns = [
    *(path(f"{BASE}registered-models/{name}", view) for name, view in models.VIEWS.items()),
    *(path(f"{BASE}model-versions/{name}", view) for name, view in versions.VIEWS.items()),
    path("api/3.0/mlflow/server-info", server_info),
    path("api/2.0/mlflow", no_endpoint),
    path("api/2.0/mlflow/", no_endpoint),
    path("api/2.0/mlflow/<path:rest>", no_endpoint),
    path("api/3.0/mlflow/<path:rest>", no_endpoint),
    path("api/2.0/preview/mlflow/<path:rest>", no_endpoint),
]
