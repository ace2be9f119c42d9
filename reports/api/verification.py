"""`/reports/verify/`: does a report hold?"""

from pathlib import Path

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

from mrm.accounts.api import StreamedApi
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, response_example
from reports import services
from reports.api import examples
from reports.models import Report
from reports.serializers import VerificationOut

FORM, PDF = "multipart/form-data", "application/pdf"
FORM_SHAPE = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}


class VerificationApi(StreamedApi):
    media_types = (PDF, "application/octet-stream", FORM)

    def check_sender(self, request):
        require(request.user, Permission.READ, None, model_slug=None)

    @extend_schema(
        operation_id="verify_report",
        summary="Verify a report",
        description="The PDF as the body, or as the `file` of a form. Every check is answered, also when one fails.",
        tags=["reports"],
        parameters=[IDEMPOTENCY_KEY],
        request={PDF: OpenApiTypes.BINARY, FORM: FORM_SHAPE},
        responses={200: VerificationOut, **problems(400, 403, 413, 415)},
        examples=[response_example("It holds", examples.VERIFICATION)],
    )
    def post(self, request):
        verification = services.verify(self._document(request))
        ours = Report.objects.visible_to(request.user).in_full().filter(pdf_sha256=verification.sha256).first()
        told = {"report": ours and ours.reference, "standing": ours}
        return Response(VerificationOut(_told(verification) | told).data)

    def _document(self, request) -> bytes:
        sent = request._request
        if sent.content_type == FORM:
            return _file_in_form(self.upload.path, self.upload.size, sent)
        return self.upload.path.read_bytes()


def _file_in_form(body: Path, size: int, request) -> bytes:
    """The one file of a form that was streamed to disk."""
    described = {"CONTENT_TYPE": request.META["CONTENT_TYPE"], "CONTENT_LENGTH": size}
    try:
        with body.open("rb") as stream:
            _, files = MultiPartParser(described, stream, [TemporaryFileUploadHandler(request)]).parse()
    except (MultiPartParserError, SuspiciousOperation) as fault:
        raise ParseError(f"The form cannot be read: {fault}") from None
    if len(files) != 1:
        raise ParseError("Send exactly one file in the form, the PDF to verify.")
    with next(iter(files.values())) as file:
        return file.read()


def _told(verification) -> dict:
    names = ("holds", "checks", "sha256", "signer", "sealed_at")
    return {name: getattr(verification, name) for name in names}
