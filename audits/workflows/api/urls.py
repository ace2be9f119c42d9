"""Addresses of the REST API, below `/api/v1/`."""

from django.urls import path

from audits.workflows.api.arrangements import (
    ArrangementApi,
    ArrangementClosureApi,
    ArrangementsApi,
    RollBackApi,
    SuspensionApi,
)
from audits.workflows.api.attributes import AttributeApi, AttributesApi, EndingApi
from audits.workflows.api.changes import (
    ChangeApi,
    ChangeKindsApi,
    ChangesApi,
    ConclusionApi,
    DecisionsApi,
    GateApi,
    StatementApi,
    WithdrawalApi,
)
from audits.workflows.api.classification import ChangeClassApi
from audits.workflows.api.comparison import ComparisonApi
from audits.workflows.api.deciders import ChangeDecidersApi, FindingDecidersApi, ValidationDecidersApi
from audits.workflows.api.delegations import DelegationRevocationApi, DelegationsApi
from audits.workflows.api.finding_steps import (
    ActionPlanApi,
    ActionPlanReviewApi,
    ClosureApi,
    DropApi,
    ItemDoneApi,
    RebuttalApi,
    ReperformanceApi,
    ResponseApi,
    ReturnApi,
    SignOffApi,
    SubmissionApi,
)
from audits.workflows.api.findings import FindingApi, FindingsApi, IssueApi
from audits.workflows.api.indicators import IndicatorApi, IndicatorsApi
from audits.workflows.api.orders import UseApprovalEndApi, UseRestrictionApi, UseSuspensionApi
from audits.workflows.api.portfolio import PortfolioApi
from audits.workflows.api.register import (
    AttestationApi,
    AttestationsApi,
    AttestationStatementApi,
    BrokenApi,
    HygieneApi,
)
from audits.workflows.api.register_file import RegisterFileApi
from audits.workflows.api.retirement import (
    RetirementAbandonmentApi,
    RetirementAgreementApi,
    RetirementApi,
    RetirementArchiveApi,
    RetirementItemsApi,
    RetirementReturnApi,
    RetirementSignatureApi,
    RetirementVerificationApi,
)
from audits.workflows.api.retraining import RetrainingAbandonmentApi, RetrainingEventsApi
from audits.workflows.api.supervision import SupervisionApi, SupervisionStatementApi
from audits.workflows.api.validations import (
    AttestationOfIndependenceApi,
    BeginningApi,
    CancellationApi,
    ChallengeResponseApi,
    ChallengesApi,
    EvidenceApi,
    EvidenceWithdrawalApi,
    HoldApi,
    ItemConclusionApi,
    OpinionApi,
    PlanApi,
    ReleaseApi,
    ResolutionApi,
    ResumptionApi,
    ReviewApi,
    ValidationApi,
    ValidationsApi,
    ValidatorsApi,
)

CHANGE = "changes/<reference:reference>/"
FINDING = "findings/<reference:reference>/"
VALIDATION = "validations/<reference:reference>/"
COMPONENT = f"{VALIDATION}plan/<slug:component>/"
CHALLENGE = f"{VALIDATION}challenges/<int:number>/"

urlpatterns = [
    path("portfolio/", PortfolioApi.as_view(), name="api-portfolio"),
    path("hygiene/", HygieneApi.as_view(), name="api-hygiene"),
    path("hygiene/<slug:name>/", BrokenApi.as_view(), name="api-broken"),
    path("indicators/", IndicatorsApi.as_view(), name="api-indicators"),
    path("indicators/<slug:name>/", IndicatorApi.as_view(), name="api-indicator"),
    path("register/export", RegisterFileApi.as_view(), name="api-register-file"),
    path("attestations/", AttestationsApi.as_view(), name="api-attestations"),
    path("attestations/<uuid:attestation_id>/", AttestationApi.as_view(), name="api-attestation"),
    path("attestations/<uuid:attestation_id>/statement/", AttestationStatementApi.as_view(), name="api-attest"),
    path("models/<slug:slug>/attributes/", AttributesApi.as_view(), name="api-attributes"),
    path("models/<slug:slug>/attributes/<slug:name>/", AttributeApi.as_view(), name="api-attribute"),
    path("models/<slug:slug>/attributes/<slug:name>/<uuid:row>/ending/", EndingApi.as_view(), name="api-ending"),
    path("models/<slug:slug>/versions/<int:number>/gate/", GateApi.as_view(), name="api-gate"),
    path("models/<slug:slug>/versions/<int:number>/comparison/", ComparisonApi.as_view(), name="api-comparison"),
    path("models/<slug:slug>/versions/<int:number>/supervision/", SupervisionApi.as_view(), name="api-supervision"),
    path(
        "models/<slug:slug>/versions/<int:number>/supervision/statement/",
        SupervisionStatementApi.as_view(),
        name="api-supervision-statement",
    ),
    path("models/<slug:slug>/suspension/", SuspensionApi.as_view(), name="api-suspension"),
    path("models/<slug:slug>/uses/<int:number>/restriction/", UseRestrictionApi.as_view(), name="api-use-restriction"),
    path("models/<slug:slug>/uses/<int:number>/suspension/", UseSuspensionApi.as_view(), name="api-use-suspension"),
    path(
        "models/<slug:slug>/uses/<int:number>/approvals/<int:version>/end/",
        UseApprovalEndApi.as_view(),
        name="api-use-approval-end",
    ),
    path("models/<slug:slug>/roll-back/", RollBackApi.as_view(), name="api-roll-back"),
    path("arrangements/", ArrangementsApi.as_view(), name="api-arrangements"),
    path("arrangements/<reference:reference>/", ArrangementApi.as_view(), name="api-arrangement"),
    path(
        "arrangements/<reference:reference>/closure/", ArrangementClosureApi.as_view(), name="api-arrangement-closure"
    ),
    path("change-kinds/", ChangeKindsApi.as_view(), name="api-change-kinds"),
    path("changes/", ChangesApi.as_view(), name="api-changes"),
    path(CHANGE, ChangeApi.as_view(), name="api-change"),
    path(f"{CHANGE}statement/", StatementApi.as_view(), name="api-statement"),
    path(f"{CHANGE}deciders/", ChangeDecidersApi.as_view(), name="api-deciders"),
    path(f"{CHANGE}decisions/", DecisionsApi.as_view(), name="api-decisions"),
    path(f"{CHANGE}class/", ChangeClassApi.as_view(), name="api-change-class"),
    path(f"{CHANGE}conclusion/", ConclusionApi.as_view(), name="api-conclusion"),
    path(f"{CHANGE}withdrawal/", WithdrawalApi.as_view(), name="api-withdrawal"),
    path(f"{CHANGE}retirement/", RetirementApi.as_view(), name="api-retirement"),
    path(f"{CHANGE}retirement/items/", RetirementItemsApi.as_view(), name="api-retirement-items"),
    path(f"{CHANGE}retirement/agreement/", RetirementAgreementApi.as_view(), name="api-retirement-agreement"),
    path(f"{CHANGE}retirement/verification/", RetirementVerificationApi.as_view(), name="api-retirement-verification"),
    path(f"{CHANGE}retirement/return/", RetirementReturnApi.as_view(), name="api-retirement-return"),
    path(f"{CHANGE}retirement/signature/", RetirementSignatureApi.as_view(), name="api-retirement-signature"),
    path(f"{CHANGE}retirement/archive/", RetirementArchiveApi.as_view(), name="api-retirement-archive"),
    path(f"{CHANGE}retirement/abandonment/", RetirementAbandonmentApi.as_view(), name="api-retirement-abandonment"),
    path("delegations/", DelegationsApi.as_view(), name="api-delegations"),
    path(
        "delegations/<uuid:delegation_id>/revocation/", DelegationRevocationApi.as_view(), name="api-revoke-delegation"
    ),
    path("findings/", FindingsApi.as_view(), name="api-findings"),
    path(FINDING, FindingApi.as_view(), name="api-finding"),
    path(f"{FINDING}deciders/", FindingDecidersApi.as_view(), name="api-finding-deciders"),
    path(f"{FINDING}issue/", IssueApi.as_view(), name="api-finding-issue"),
    path(f"{FINDING}drop/", DropApi.as_view(), name="api-finding-drop"),
    path(f"{FINDING}response/", ResponseApi.as_view(), name="api-finding-response"),
    path(f"{FINDING}rebuttal/", RebuttalApi.as_view(), name="api-finding-rebuttal"),
    path(f"{FINDING}plan/", ActionPlanApi.as_view(), name="api-finding-plan"),
    path(f"{FINDING}plan/review/", ActionPlanReviewApi.as_view(), name="api-finding-plan-review"),
    path(f"{FINDING}plan/items/<int:number>/", ItemDoneApi.as_view(), name="api-finding-item"),
    path(f"{FINDING}reperformance/", ReperformanceApi.as_view(), name="api-finding-reperformance"),
    path(f"{FINDING}sign-off/", SignOffApi.as_view(), name="api-finding-sign-off"),
    path(f"{FINDING}submission/", SubmissionApi.as_view(), name="api-finding-submission"),
    path(f"{FINDING}return/", ReturnApi.as_view(), name="api-finding-return"),
    path(f"{FINDING}closure/", ClosureApi.as_view(), name="api-finding-closure"),
    path(f"{VALIDATION}deciders/", ValidationDecidersApi.as_view(), name="api-validation-deciders"),
    path("validations/", ValidationsApi.as_view(), name="api-validations"),
    path(VALIDATION, ValidationApi.as_view(), name="api-validation"),
    path(f"{VALIDATION}beginning/", BeginningApi.as_view(), name="api-begin-validation"),
    path(f"{VALIDATION}hold/", HoldApi.as_view(), name="api-hold-validation"),
    path(f"{VALIDATION}resumption/", ResumptionApi.as_view(), name="api-resume-validation"),
    path(f"{VALIDATION}cancellation/", CancellationApi.as_view(), name="api-cancel-validation"),
    path(f"{VALIDATION}validators/", ValidatorsApi.as_view(), name="api-validators"),
    path(f"{VALIDATION}validators/<uuid:assignment>/release/", ReleaseApi.as_view(), name="api-release-validator"),
    path(f"{VALIDATION}attestation/", AttestationOfIndependenceApi.as_view(), name="api-attest-independence"),
    path(COMPONENT, PlanApi.as_view(), name="api-plan-component"),
    path(f"{COMPONENT}conclusion/", ItemConclusionApi.as_view(), name="api-conclude-component"),
    path(f"{COMPONENT}evidence/", EvidenceApi.as_view(), name="api-link-evidence"),
    path(
        f"{COMPONENT}evidence/<uuid:evidence>/withdrawal/",
        EvidenceWithdrawalApi.as_view(),
        name="api-withdraw-evidence",
    ),
    path(f"{VALIDATION}challenges/", ChallengesApi.as_view(), name="api-challenges"),
    path(f"{CHALLENGE}response/", ChallengeResponseApi.as_view(), name="api-challenge-response"),
    path(f"{CHALLENGE}resolution/", ResolutionApi.as_view(), name="api-challenge-resolution"),
    path(f"{VALIDATION}opinion/", OpinionApi.as_view(), name="api-opinion"),
    path(f"{VALIDATION}review/", ReviewApi.as_view(), name="api-review"),
    path(
        "retraining/<reference:reference>/abandonment/",
        RetrainingAbandonmentApi.as_view(),
        name="api-retraining-abandonment",
    ),
    path("retraining/<reference:reference>/events/", RetrainingEventsApi.as_view(), name="api-retraining-events"),
]
