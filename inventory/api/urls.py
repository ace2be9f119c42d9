"""Addresses of the REST API, below `/api/v1/`."""

from django.urls import path

from inventory.api.bulk import BulkApi
from inventory.api.cadences import CadenceEndApi, CadencesApi
from inventory.api.data import BatchesApi, OutcomesApi, ReferenceApi
from inventory.api.dependencies import DependenciesApi
from inventory.api.differences import DifferencesApi
from inventory.api.documents import DocumentApi, DocumentsApi
from inventory.api.events import EventsApi
from inventory.api.facets import FacetsApi
from inventory.api.models import ModelApi, ModelsApi
from inventory.api.people import PeopleApi, ReadingsApi
from inventory.api.policies import (
    CurrentPolicyApi,
    PoliciesApi,
    PolicyApi,
    PolicyDifferencesApi,
    PolicyDraftApi,
    PolicyDraftsApi,
    PolicyWithdrawalApi,
)
from inventory.api.series import IndicatorPointsApi, IndicatorsApi
from inventory.api.service_accounts import ServiceAccountApi, ServiceAccountClosureApi, ServiceAccountsApi
from inventory.api.shared import SharedApi
from inventory.api.sources import SourceClosureApi, SourceReadingApi, SourcesApi
from inventory.api.stories import ModelStoryApi, StoryApi
from inventory.api.surveys import SurveyApi, SurveyImportApi, SurveysApi
from inventory.api.tiering import TierApi, TierAssessmentsApi, TierConfirmationApi
from inventory.api.tokens import TokenApi, TokenRevocationApi, TokenRotationApi, TokensApi
from inventory.api.trail import CheckpointApi, ConsistencyApi, EntriesApi, InclusionApi
from inventory.api.uses import UseApi, UseApprovalsApi, UsesApi, UseWithdrawalApi
from inventory.api.versions import ArtifactApi, VersionApi, VersionsApi

VERSION = "models/<slug:slug>/versions/<int:number>/"

urlpatterns = [
    path("people/", PeopleApi.as_view(), name="api-people"),
    path("people/<uuid:person_id>/readings/", ReadingsApi.as_view(), name="api-readings"),
    path("service-accounts/", ServiceAccountsApi.as_view(), name="api-service-accounts"),
    path("service-accounts/<uuid:account_id>/", ServiceAccountApi.as_view(), name="api-service-account"),
    path(
        "service-accounts/<uuid:account_id>/closure/",
        ServiceAccountClosureApi.as_view(),
        name="api-service-account-closure",
    ),
    path("tokens/", TokensApi.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/", TokenApi.as_view(), name="api-token"),
    path("tokens/<uuid:token_id>/rotation/", TokenRotationApi.as_view(), name="api-token-rotation"),
    path("tokens/<uuid:token_id>/revocation/", TokenRevocationApi.as_view(), name="api-token-revocation"),
    path("models/", ModelsApi.as_view(), name="api-models"),
    path("models/bulk/", BulkApi.as_view(), name="api-bulk"),
    path("models/<slug:slug>/", ModelApi.as_view(), name="api-model"),
    path("models/<slug:slug>/versions/", VersionsApi.as_view(), name="api-versions"),
    path(VERSION, VersionApi.as_view(), name="api-version"),
    path(f"{VERSION}artifact", ArtifactApi.as_view(), name="api-artifact"),
    path(f"{VERSION}reference/", ReferenceApi.as_view(), name="api-reference"),
    path(f"{VERSION}batches/", BatchesApi.as_view(), name="api-batches"),
    path("models/<slug:slug>/outcomes/", OutcomesApi.as_view(), name="api-outcomes"),
    path("models/<slug:slug>/indicators/", IndicatorsApi.as_view(), name="api-model-indicators"),
    path("models/<slug:slug>/indicators/<str:name>/", IndicatorPointsApi.as_view(), name="api-model-indicator-points"),
    path("models/<slug:slug>/cadences/", CadencesApi.as_view(), name="api-cadences"),
    path("models/<slug:slug>/cadences/<uuid:cadence>/end/", CadenceEndApi.as_view(), name="api-end-cadence"),
    path("models/<slug:slug>/dependencies/", DependenciesApi.as_view(), name="api-dependencies"),
    path("models/<slug:slug>/documents/", DocumentsApi.as_view(), name="api-documents"),
    path("models/<slug:slug>/documents/<uuid:document>/", DocumentApi.as_view(), name="api-document"),
    path("models/<slug:slug>/uses/", UsesApi.as_view(), name="api-uses"),
    path("models/<slug:slug>/uses/<int:number>/", UseApi.as_view(), name="api-use"),
    path("models/<slug:slug>/uses/<int:number>/withdrawal/", UseWithdrawalApi.as_view(), name="api-use-withdrawal"),
    path("models/<slug:slug>/uses/<int:number>/approvals/", UseApprovalsApi.as_view(), name="api-use-approvals"),
    path("models/<slug:slug>/tier/", TierApi.as_view(), name="api-tier"),
    path("models/<slug:slug>/tier/assessments/", TierAssessmentsApi.as_view(), name="api-tier-assessments"),
    path("models/<slug:slug>/tier/confirmation/", TierConfirmationApi.as_view(), name="api-tier-confirmation"),
    path("policies/", PoliciesApi.as_view(), name="api-policies"),
    path("policies/<int:number>/", PolicyApi.as_view(), name="api-policy-version"),
    path("policies/<int:number>/differences/", PolicyDifferencesApi.as_view(), name="api-policy-differences"),
    path("policies/drafts/", PolicyDraftsApi.as_view(), name="api-policy-drafts"),
    path("policies/drafts/<uuid:draft_id>/", PolicyDraftApi.as_view(), name="api-policy-draft"),
    path("policies/drafts/<uuid:draft_id>/withdrawal/", PolicyWithdrawalApi.as_view(), name="api-withdraw-policy"),
    path("models/<slug:slug>/events/", EventsApi.as_view(), name="api-events"),
    path("models/<slug:slug>/sources/", SourcesApi.as_view(), name="api-sources"),
    path("sources/<uuid:source_id>/reading/", SourceReadingApi.as_view(), name="api-source-reading"),
    path("sources/<uuid:source_id>/closure/", SourceClosureApi.as_view(), name="api-source-closure"),
    path("surveys/", SurveysApi.as_view(), name="api-surveys"),
    path("surveys/<uuid:survey_id>/", SurveyApi.as_view(), name="api-survey"),
    path("surveys/<uuid:survey_id>/import/", SurveyImportApi.as_view(), name="api-import-survey"),
    path("register/facets/", FacetsApi.as_view(), name="api-facets"),
    path("register/shared/", SharedApi.as_view(), name="api-shared"),
    path("register/differences/", DifferencesApi.as_view(), name="api-register-differences"),
    path("policies/current/", CurrentPolicyApi.as_view(), name="api-policy"),
    path("models/<slug:slug>/history/", ModelStoryApi.as_view(), name="api-model-history"),
    path("history/<str:subject>/", StoryApi.as_view(), name="api-history"),
    path("trail/entries/", EntriesApi.as_view(), name="api-trail-entries"),
    path("trail/checkpoint", CheckpointApi.as_view(), name="api-trail-checkpoint"),
    path("trail/proof/inclusion", InclusionApi.as_view(), name="api-trail-inclusion"),
    path("trail/proof/consistency", ConsistencyApi.as_view(), name="api-trail-consistency"),
]
