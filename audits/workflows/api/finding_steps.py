"""`/findings/{reference}/…`: each step between the two lines, from the answer to the signature that closes."""

from django.http import Http404
from drf_spectacular.utils import extend_schema_view

from audits.assessments.models import Run
from audits.assessments.serializers import ReasonIn
from audits.workflows import services
from audits.workflows.api import finding_examples as examples
from audits.workflows.api.findings import FindingStepApi, in_full, step
from audits.workflows.api.lookups import finding_for
from audits.workflows.models import ActionItem
from audits.workflows.serializers import (
    ActionPlanIn,
    ActionPlanReviewIn,
    AnswerIn,
    ItemDoneIn,
    ReperformanceIn,
    SubmissionIn,
)
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.serializers.signing import SignedCommentIn, SignedReasonIn
from mrm.accounts.api import Api, sent_to
from mrm.errors import UnusableData


class ResponseApi(FindingStepApi):
    shape = AnswerIn

    @step(
        "respond_to_finding",
        "Answer a finding",
        AnswerIn,
        examples.ANSWER,
        examples.ANSWERED,
        description="The first line accepts that it stands, or disputes it: once, within the policy's days.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.respond_to_finding)


class RebuttalApi(FindingStepApi):
    shape = ReasonIn

    @step(
        "uphold_finding",
        "Uphold what was disputed",
        ReasonIn,
        examples.REBUTTAL_ANSWER,
        examples.UPHELD,
        description="The second line keeps the finding; dropping it instead is signed, at `drop/`.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.uphold_finding)


class FindingActApi(SignedActApi):
    """A step that one signs: what would be signed, and signing it."""

    shape = SignedReasonIn

    def get(self, request, reference):
        return self.view(finding_for(request, reference), request)

    def post(self, request, reference):
        finding = finding_for(request, reference, reading=False)
        self.sign(finding, request, self.shape)
        return in_full(finding)


@extend_schema_view(
    get=signable("read_finding_drop", "What dropping a finding would sign", tags=["findings"]),
    post=step(
        "drop_finding",
        "Drop a finding",
        SignedReasonIn,
        examples.DROP | PROOF,
        examples.DROPPED,
        description="A draft, or what was issued, in answer to a rebuttal. The second line signs it; of what is severe "
        "and issued, whoever could sign its closure off. It is kept, with the reason.",
    ),
)
class DropApi(FindingActApi):
    act = services.FINDING_DROP


class ActionPlanApi(FindingStepApi):
    shape = ActionPlanIn

    @step(
        "submit_action_plan",
        "Hand in an action plan",
        ActionPlanIn,
        examples.PLAN_IN,
        examples.PLANNED,
        description="Who of the first line does what by when, no item later than the finding is due.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.submit_plan)


class ActionPlanReviewApi(FindingStepApi):
    shape = ActionPlanReviewIn

    @step(
        "review_action_plan",
        "Review an action plan",
        ActionPlanReviewIn,
        examples.PLAN_REVIEW,
        examples.PLAN_REVIEWED,
        description="The second line accepts it, or returns it with a reason.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.review_plan)


class ItemDoneApi(Api):
    @step(
        "complete_action_item",
        "Report an item of the plan done",
        ItemDoneIn,
        examples.ITEM_DONE,
        examples.ITEM_IS_DONE,
        description="By its number in the newest plan.",
    )
    def post(self, request, reference, number):
        finding = finding_for(request, reference, reading=False)
        item = ActionItem.objects.filter(plan=finding.plan(), number=number).select_related("plan__finding").first()
        if item is None:
            raise Http404(f"The plan for {reference} has no item {number}.")
        services.complete_action_item(item, **sent_to(ItemDoneIn, request), actor=request.user)
        return in_full(finding)


class SubmissionApi(FindingStepApi):
    shape = SubmissionIn

    @step(
        "submit_finding",
        "Submit a finding for closure",
        SubmissionIn,
        examples.SUBMISSION_IN,
        examples.SUBMITTED,
        description="The first line says that the required outcome is achieved, and what shows it.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.submit_finding)


class ReturnApi(FindingStepApi):
    shape = ReasonIn

    @step(
        "return_finding",
        "Return a finding to the first line",
        ReasonIn,
        examples.RETURN,
        examples.RETURNED,
        description="The second line is not satisfied yet, or who would sign it off is not, and says why.",
    )
    def post(self, request, reference):
        return self.take(request, reference, services.return_finding)


class ReperformanceApi(Api):
    @step(
        "record_reperformance",
        "Record that the test was done again",
        ReperformanceIn,
        examples.REPERFORMANCE_IN,
        examples.REPERFORMED,
        description="By a run since the submission, which is looked up, or elsewhere with the digest of its evidence.",
    )
    def post(self, request, reference):
        finding = finding_for(request, reference, reading=False)
        told = sent_to(ReperformanceIn, request)
        run = _run(finding, told.pop("run", None))
        services.record_reperformance(finding, run=run, **told, actor=request.user)
        return in_full(finding)


@extend_schema_view(
    get=signable("read_finding_closure", "What closing a finding would sign", tags=["findings"]),
    post=step(
        "close_finding",
        "Close a finding",
        SignedReasonIn,
        examples.CLOSURE | PROOF,
        examples.FINDING_CLOSED,
        description="The second line signs it, with a reason; never an owner, nor whoever submitted it or carried out "
        "its plan. A severe one needs its test done again and then awaits another person's signature.",
    ),
)
class ClosureApi(FindingActApi):
    act = services.FINDING_CLOSURE


@extend_schema_view(
    get=signable("read_sign_off", "What signing off a closure would sign", tags=["findings"]),
    post=step(
        "sign_off_finding",
        "Sign off the closure of a severe finding",
        SignedCommentIn,
        examples.SIGN_OFF_IN,
        examples.SIGNED_OFF,
        description="By somebody else than who validated it, over exactly the evidence whose digest you send, after "
        "proving again who you are.",
    ),
)
class SignOffApi(FindingActApi):
    act = services.FINDING_SIGN_OFF
    shape = SignedCommentIn


def _run(finding, key) -> Run | None:
    """The run that a body names, of the finding's model."""
    if key is None:
        return None
    run = Run.objects.filter(pk=key, version__model=finding.model_id).select_related("version", "plan").first()
    if run is None:
        raise UnusableData({"message": f"{finding.model} has no run {key}.", "field": "run"})
    return run
