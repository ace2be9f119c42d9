"""Addresses of this app."""

from django.urls import include, path

from inventory.views import (
    attributes,
    dependencies,
    listing,
    particulars,
    past,
    policies,
    register,
    stories,
    surveys,
    tabs,
    tiering,
    trail,
    uses,
)

urlpatterns = [
    path("api/v1/", include("inventory.api.urls")),
    path("models/", listing.models, name="register"),
    path("register/models.csv", listing.models_csv, name="register-csv"),
    path("register/models.json", listing.models_json, name="register-json"),
    path("register/differences/", past.register_differences, name="register-differences"),
    path("register/surveys/", surveys.upload, name="surveys"),
    path("register/surveys/template.csv", surveys.template, name="survey-template"),
    path("register/surveys/<uuid:survey_id>/", surveys.survey, name="survey"),
    path("register/surveys/<uuid:survey_id>/import/", surveys.request_import, name="import-survey"),
    path("register-model/", register.register_model, name="register-model"),
    path("models/<slug:slug>/as-of/", past.model_as_of, name="model-as-of"),
    path("models/<slug:slug>/edit/<slug:group>/", attributes.edit_group, name="edit-group"),
    path("models/<slug:slug>/attributes/<slug:name>/add/", particulars.add_particular, name="add-particular"),
    path(
        "models/<slug:slug>/attributes/<slug:name>/<uuid:row>/end/", particulars.end_particular, name="end-particular"
    ),
    path("models/<slug:slug>/dependencies/", dependencies.dependencies, name="model-dependencies"),
    path("models/<slug:slug>/documents/<uuid:row>/", particulars.document, name="document"),
    path("models/<slug:slug>/tier/", tiering.confirm_tier, name="confirm-tier"),
    path("models/<slug:slug>/tier/scorecard/", tiering.answer_scorecard, name="answer-scorecard"),
    path("models/<slug:slug>/uses/", uses.uses, name="model-uses"),
    path("models/<slug:slug>/uses/propose/", uses.propose_use, name="propose-use"),
    path("models/<slug:slug>/uses/<int:number>/edit/", uses.edit_use, name="edit-use"),
    path("models/<slug:slug>/versions/", tabs.versions, name="model-versions"),
    path("models/<slug:slug>/history/", stories.model_history, name="model-history"),
    path("policy/", policies.policy, name="policy"),
    path("policy/edit/", policies.edit, name="edit-policy"),
    path("policy/upload/", policies.upload, name="upload-policy"),
    path("policy/versions/<int:number>/", policies.policy, name="policy-version"),
    path("policy/versions/<int:number>/differences/", policies.differences, name="policy-differences"),
    path("policy/versions/<int:number>/policy.json", policies.document, name="policy-document"),
    path("history/<str:subject>/", stories.history, name="history"),
    path("history/<str:subject>/story.csv", stories.history_csv, name="history-csv"),
    path("trail/", trail.trail, name="trail"),
    path("trail/verification/", trail.verify, name="verify-trail"),
    path("trail/<int:position>/", trail.entry, name="trail-entry"),
]
