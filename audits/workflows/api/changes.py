"""`/changes/`: asking for a change, seeing what would be signed, deciding, taking back; and the gate."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.assessments.serializers import ReasonIn
from audits.workflows import services, tasks
from audits.workflows.api import examples
from audits.workflows.api.lookups import (
    change_for,
    named_arrangement,
    named_breach,
    named_model,
    named_version,
    readable_changes,
)
from audits.workflows.gates import gate_for
from audits.workflows.models import Decision
from audits.workflows.serializers import (
    ChangeIn,
    ChangeInFullOut,
    ChangeOut,
    ChangeQuery,
    DecisionIn,
    DecisionMadeOut,
    GateOut,
    GateQuery,
    KindQuery,
    KindsOut,
    MinutesIn,
    StatementOut,
    StatementQuery,
)
from audits.workflows.services.kinds import KINDS, ChangeKind
from inventory.api.lookups import version_for
from inventory.api.paging import page_of, paged
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.api.uses import use_for
from inventory.models import Policy
from inventory.serializers.deciders import reasons_told
from mrm.accounts.api import Api, SigningApi, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example
from mrm.queue import nudge


class ChangesApi(Api):
    @extend_schema(
        operation_id="list_changes",
        summary="List change requests",
        description="Of the models you may see, the newest first.",
        tags=["changes"],
        parameters=[ChangeQuery],
        responses={200: page_of(ChangeOut), **problems(400, 403)},
        examples=[response_example("One request", examples.CHANGE_PAGE)],
    )
    def get(self, request):
        query = ChangeQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(readable_changes(request)), query.ordering, ChangeOut)

    @extend_schema(
        operation_id="request_change",
        summary="Ask for a change",
        description=(
            "Of any kind that `GET /change-kinds/` names, with the terms that it asks for. Of those about a model only "
            "an exception or an overlay is for one `version`, where it names one. What the deciders will be shown is "
            "frozen now; what cannot be done, such as a promotion while the gate is closed, is refused with "
            "every reason."
        ),
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeIn,
        responses={201: ChangeInFullOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("Retire", examples.CHANGE_IN),
            response_example("Asked", examples.CHANGE_IN_FULL, 201),
        ],
    )
    def post(self, request):
        wanted = sent_to(ChangeIn, request)
        model = named_model(request, wanted["model"]) if "model" in wanted else None
        version = named_version(model, wanted["version"]) if model and "version" in wanted else None
        change = services.request_change(
            wanted["kind"],
            version or model,
            reason=wanted["reason"],
            terms=wanted["terms"],
            breach=named_breach(model, wanted.get("breach")) if model else None,
            renews=named_arrangement(model, wanted.get("renews")),
            actor=request.user,
        )
        return Response(ChangeInFullOut(change).data, status=201, headers={"Location": _address(change)})


class ChangeApi(Api):
    @extend_schema(
        operation_id="read_change",
        summary="Read a change request",
        tags=["changes"],
        responses={200: ChangeInFullOut, **problems(403, 404)},
        examples=[response_example("A request", examples.CHANGE_IN_FULL)],
    )
    def get(self, request, reference):
        return Response(ChangeInFullOut(change_for(request, reference)).data)


class StatementApi(Api):
    @extend_schema(
        operation_id="read_statement",
        summary="Read what you would sign",
        description=(
            "The evidence as it is now, its digest, the statement that a decision of yours would sign, and every "
            "reason why you may not decide. If the evidence has changed, decisions made over the old one are voided."
        ),
        tags=["changes"],
        parameters=[StatementQuery],
        responses={200: StatementOut, **problems(400, 403, 404)},
        examples=[response_example("An approval", examples.STATEMENT)],
    )
    def get(self, request, reference):
        change = change_for(request, reference)
        query = StatementQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        usual = Decision.Meaning.REVIEWED if wanted["approved"] else Decision.Meaning.REJECTED
        view = services.decision_view(change, person=request.user)
        statement = services.statement_of(
            view.change,
            meaning=wanted.get("meaning", usual),
            comment=wanted["comment"],
            person=request.user,
        )
        shown = {
            "may_decide": not view.reasons_not_to,
            "evidence_digest": view.change.evidence_digest,
            "evidence": view.change.evidence,
            "statement": statement,
        } | reasons_told(view.reasons_not_to)
        return Response(StatementOut(shown).data)


class DecisionsApi(SigningApi):
    @extend_schema(
        operation_id="decide_change",
        summary="Decide a change request",
        description=(
            "Signs the statement, over exactly the evidence whose digest you send, after proving again who you are. "
            "The last approval the policy asks for carries the change out."
        ),
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=DecisionIn,
        responses={201: DecisionMadeOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("Approve", examples.DECISION_IN),
            response_example("Decided", examples.DECISION_MADE, 201),
        ],
    )
    def post(self, request, reference):
        change = change_for(request, reference, reading=False)
        told = sent_to(DecisionIn, request)
        conditions = [one | {"due_on": one["due_on"].isoformat()} for one in told.pop("conditions", [])]
        decision = services.decide(change, **told, conditions=conditions, actor=request.user)
        nudge(tasks.dispatch_approved_retrainings)
        made = {"decision": decision, "change": decision.change}
        return Response(DecisionMadeOut(made).data, status=201)


class ConclusionApi(SignedActApi):
    act = services.VOTE_CONCLUSION

    @signable("read_conclusion", "What concluding the vote would sign", tags=["changes"])
    def get(self, request, reference):
        return self.view(change_for(request, reference), request)

    @extend_schema(
        operation_id="conclude_vote",
        summary="Conclude the committee's vote",
        description="Its chair counts, and signs: a majority of those who took a position decides. Dissent and minutes "
        "are kept. From a browser that is signed in: a token concludes nothing.",
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=MinutesIn,
        responses={200: ChangeInFullOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Minutes", examples.MINUTES_IN | PROOF),
            response_example("Concluded", examples.CHANGE_CONCLUDED),
        ],
    )
    def post(self, request, reference):
        change = self.sign(change_for(request, reference, reading=False), request, MinutesIn)
        nudge(tasks.dispatch_approved_retrainings)
        return Response(ChangeInFullOut(change).data)


class WithdrawalApi(Api):
    @extend_schema(
        operation_id="withdraw_change",
        summary="Withdraw a change request",
        description="Whoever asked may while it is pending; the model's owner, where the system asked or they did.",
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReasonIn,
        responses={200: ChangeInFullOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[
            request_example("Withdraw", examples.WITHDRAWAL),
            response_example("Withdrawn", examples.CHANGE_WITHDRAWN),
        ],
    )
    def post(self, request, reference):
        change = change_for(request, reference, reading=False)
        change = services.withdraw(change, **sent_to(ReasonIn, request), actor=request.user)
        return Response(ChangeInFullOut(change).data)


class GateApi(Api):
    @extend_schema(
        operation_id="read_gate",
        summary="May this version go into production?",
        description="What a pipeline asks before it deploys: every blocker in words. Two people still decide.",
        tags=["versions"],
        parameters=[GateQuery],
        responses={200: GateOut, **problems(400, 403, 404)},
        examples=[response_example("Closed", examples.GATE)],
    )
    def get(self, request, slug, number):
        query = GateQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data.get("use")
        gate = gate_for(version_for(request, slug, number), for_uses=[use_for(request, slug, wanted)] if wanted else ())
        told = {"allowed": gate.is_open, "blockers": gate.reasons, "waived": [one.text for one in gate.waived]}
        told |= {"warnings": gate.warnings, "policy_version": Policy.objects.in_force().number}
        return Response(GateOut(told).data)


class ChangeKindsApi(Api):
    @extend_schema(
        operation_id="list_change_kinds",
        summary="What can be asked for, and what each kind needs",
        description="Every kind with its terms, who decides it under the policy in force, and what follows.",
        tags=["changes"],
        parameters=[KindQuery],
        responses={200: KindsOut, **problems(400, 403, 422)},
        examples=[response_example("One kind", {"kinds": [examples.KIND]})],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        query = KindQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        named = query.validated_data.get("model")
        model = named_model(request, named) if named else None
        return Response(KindsOut({"kinds": [_told(name, kind, model) for name, kind in KINDS.items()]}).data)


def _told(name: str, kind: ChangeKind, model) -> dict:
    draft = services.draft_change(name, model)
    return {
        "kind": name,
        "about": kind.about,
        "purpose": kind.purpose,
        "roles_required": kind.approvers(draft),
        "terms": [
            {
                "name": term.name,
                "label": term.label,
                "shape": term.shape,
                "required": term.required,
                "help": term.help,
                "choices": term.choices(draft) if model else {},
            }
            for term in kind.terms
        ],
        "if_approved": kind.if_approved,
        "if_not": kind.if_not,
        "on_lapse": kind.on_lapse,
    }


def _address(change) -> str:
    return f"/api/v1/changes/{change.reference}/"
