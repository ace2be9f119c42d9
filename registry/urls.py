"""Addresses of this app."""

from django.urls import include, path

from registry import views
from registry.api.deliveries import deliveries
from registry.api.document import document

urlpatterns = [
    path("", include("registry.api.urls")),
    path("api/schema/mlflow/", document, name="mlflow-schema"),
    path("mlflow/", views.registry, name="registry"),
    path("mlflow/deliveries", deliveries),
    path("mlflow/<slug:workspace>/", views.rules, name="registry-rules"),
    path("w/<slug:workspace>/", include("registry.api.urls")),
]
