"""`/reports/`: asked for, followed while it is made, fetched."""

from uuid import UUID

from django.db.models import Q
from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from inventory.api.paging import page_of, paged
from inventory.api.signing import PROOF, SignedActApi, signable
from inventory.models import Model
from inventory.serializers.signing import SignedIn
from mrm.accounts.api import Api, FileApi, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.errors import RuleBroken, UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example
from mrm.queue import nudge
from reports import services, tasks
from reports.api import examples
from reports.models import Report
from reports.serializers import ReportIn, ReportOut, ReportQuery
from reports.states import ONCE_SEALED


class ReportsApi(Api):
    @extend_schema(
        operation_id="list_reports",
        summary="List reports",
        description="Of the models you may see, the newest first.",
        tags=["reports"],
        parameters=[ReportQuery],
        responses={200: page_of(ReportOut), **problems(400, 403)},
        examples=[response_example("One report", examples.REPORT_PAGE)],
    )
    def get(self, request):
        query = ReportQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(_readable(request)), query.ordering, ReportOut)

    @extend_schema(
        operation_id="request_report",
        summary="Ask for a monitoring report",
        description="It is made and sealed in the background; the answer says where to follow it.",
        tags=["reports"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReportIn,
        responses={202: ReportOut, **problems(400, 403, 409, 413, 415, 422)},
        examples=[
            request_example("A quarter", examples.REPORT_IN),
            response_example("Requested", examples.REQUESTED, 202),
        ],
    )
    def post(self, request):
        fields = sent_to(ReportIn, request)
        slug = fields.pop("model")
        model = Model.objects.visible_to(request.user).filter(slug=slug).first()
        if model is None:
            raise UnusableData({"message": f"There is no model {slug} that you may see.", "field": "model"})
        report = services.request_report(model, **fields, actor=request.user)
        nudge(tasks.issue_report, str(report.pk))
        return Response(ReportOut(report).data, status=202, headers={"Location": f"/api/v1/reports/{report.pk}/"})


class ReportApi(Api):
    @extend_schema(
        operation_id="read_report",
        summary="Read how far a report is",
        description="By its id or its reference.",
        tags=["reports"],
        responses={200: ReportOut, **problems(403, 404)},
        examples=[response_example("A sealed report", examples.REPORT)],
    )
    def get(self, request, report):
        return Response(ReportOut(_report_for(request, report)).data)


class ReportSignatureApi(SignedActApi):
    act = services.REPORT_SIGNATURE

    @signable("read_report_signature", "What signing a report would sign", tags=["reports"])
    def get(self, request, report):
        return self.view(_report_for(request, report), request)

    @extend_schema(
        operation_id="sign_report",
        summary="Sign a sealed report",
        description="By a risk officer, over the digests of the file and of its evidence: neither by who answers for "
        "the model or its version, nor by who asked for the report. Several may sign, nobody twice.",
        tags=["reports"],
        parameters=[IDEMPOTENCY_KEY],
        request=SignedIn,
        responses={200: ReportOut, **problems(400, 403, 404, 409, 413, 415)},
        examples=[request_example("Sign", PROOF), response_example("Signed", examples.SIGNED)],
    )
    def post(self, request, report):
        self.sign(_report_for(request, report), request, SignedIn)
        return Response(ReportOut(_report_for(request, report)).data)


class ReportPublicationApi(Api):
    @extend_schema(
        operation_id="publish_report",
        summary="Publish a signed report",
        description="By the second line. The one of the same model and kind that was published before is superseded; "
        "its file stays.",
        tags=["reports"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: ReportOut, **problems(403, 404, 409)},
        examples=[response_example("Published", examples.PUBLISHED)],
    )
    def post(self, request, report):
        services.publish_report(_report_for(request, report), actor=request.user)
        return Response(ReportOut(_report_for(request, report)).data)


class ReportPdfApi(FileApi):
    @extend_schema(
        operation_id="read_report_pdf",
        summary="Fetch a sealed report",
        description="The PDF exactly as it was sealed.",
        tags=["reports"],
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, **problems(403, 404, 409)},
        examples=[OpenApiExample("The file", "%PDF-1.7 …", media_type="application/pdf", response_only=True)],
    )
    def get(self, request, report):
        report = _sealed_report_for(request, report)
        return _file(report.pdf_sha256, f"{report.reference}.pdf", "application/pdf")


class ReportEvidenceApi(FileApi):
    @extend_schema(
        operation_id="read_report_evidence",
        summary="Fetch the evidence of a sealed report",
        description="The bytes of the `evidence.json` that is attached to the PDF, whose digest the PDF states.",
        tags=["reports"],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, **problems(403, 404, 409)},
        examples=[response_example("In part", examples.EVIDENCE)],
    )
    def get(self, request, report):
        report = _sealed_report_for(request, report)
        return _file(report.evidence_sha256, f"{report.reference}-evidence.json", "application/json")


def _readable(request):
    require(request.user, Permission.READ, None, model_slug=None)
    return Report.objects.visible_to(request.user).in_full()


def _report_for(request, named: UUID | str) -> Report:
    by_name = Q(pk=named) if isinstance(named, UUID) else Q(reference=named)
    report = _readable(request).filter(by_name).first()
    if report is None:
        raise Http404(f"There is no report {named} that you may see.")
    return report


def _sealed_report_for(request, named: UUID | str) -> Report:
    report = _report_for(request, named)
    if report.state not in ONCE_SEALED:
        raise RuleBroken(
            f"{report.reference} is {report.state}; there is nothing to fetch yet. {report.reason}".strip()
        )
    return report


def _file(digest: str, name: str, content_type: str) -> FileResponse:
    file = storage.local_path(digest).open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
