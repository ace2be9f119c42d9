"""Rows: the reference of a version, its batches of predictions, and the outcomes of a model."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import frames, services, tasks
from inventory.api import examples
from inventory.api.lookups import model_for, version_for
from inventory.api.paging import page_example, page_of, paged
from inventory.serializers import BatchOut, OutcomesOut, ReferenceOut
from inventory.serializers.data import BatchQuery, OutcomeQuery
from mrm.accounts.api import StreamedApi
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example
from mrm.queue import nudge

BODY = {
    media_type: OpenApiTypes.OBJECT if "json" in media_type else OpenApiTypes.BINARY
    for media_type in frames.CONTENT_TYPES
}
PROBLEMS = problems(400, 403, 404, 409, 413, 415, 422)
FORMATS = (
    "Parquet, an Arrow stream or file, CSV with a header, a JSON object per line, a list of JSON objects, or "
    '`{"columns": {name: [values]}}`; also with `Content-Encoding: gzip`. Times without a zone are read as UTC. '
    "A refusal names the first faults by row (counted from 1, without the header) and column, and changes nothing."
)


class RowsApi(StreamedApi):
    """Takes rows for a version."""

    media_types = frames.CONTENT_TYPES

    def check_sender(self, request, *, slug, number):
        self.version = version_for(request, slug, number, reading=False)
        model = self.version.model
        require(request.user, Permission.LOG_DATA, model.workspace_id, model_slug=model.slug)

    @property
    def sent(self) -> dict:
        return {"content_type": self.request._request.content_type, "actor": self.request.user}


class ReferenceApi(RowsApi):
    @extend_schema(
        operation_id="read_reference",
        summary="Read what a version is compared with",
        description="How many rows, when they came, and the digests; the rows themselves are not handed out.",
        tags=["data"],
        responses={200: ReferenceOut, **problems(403, 404)},
        examples=[response_example("A reference", examples.REFERENCE)],
    )
    def get(self, request, slug, number):
        version = version_for(request, slug, number)
        if not hasattr(version, "reference"):
            raise Http404(f"{version} has no reference data yet.")
        return Response(ReferenceOut(version.reference).data)

    @extend_schema(
        operation_id="receive_reference",
        summary="Send the reference data of a version",
        description=f"What later rows are compared with; once per version. {FORMATS}",
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=BODY,
        responses={201: ReferenceOut, **PROBLEMS},
        examples=[
            request_example("Columns", examples.REFERENCE_IN),
            response_example("Received", examples.REFERENCE, 201),
        ],
    )
    def post(self, request, slug, number):
        reference = services.receive_reference(self.version, self.upload.path, **self.sent)
        return Response(ReferenceOut(reference).data, status=201)


class BatchesApi(RowsApi):
    @extend_schema(
        operation_id="list_batches",
        summary="List the batches of a version",
        description="What was logged, the latest predictions first; the rows themselves are not handed out.",
        tags=["data"],
        parameters=[BatchQuery],
        responses={200: page_of(BatchOut), **problems(400, 403, 404)},
        examples=[response_example("One batch", page_example(examples.BATCH))],
    )
    def get(self, request, slug, number):
        query = BatchQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        batches = version_for(request, slug, number).batches.select_related("version")
        return paged(request, query.chosen(batches), query.ordering, BatchOut)

    @extend_schema(
        operation_id="receive_batch",
        summary="Log a batch of predictions",
        description=f"Rows that the version scored. A body that came before is answered as it was then. {FORMATS}",
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=BODY,
        responses={200: BatchOut, 201: BatchOut, **PROBLEMS},
        examples=[
            request_example("Columns", examples.BATCH_IN),
            response_example("Received", examples.BATCH, 201),
            response_example("Came before", examples.BATCH, 200),
        ],
    )
    def post(self, request, slug, number):
        batch, is_new = services.receive_batch(self.version, self.upload.path, **self.sent)
        if is_new:
            nudge(tasks.profile_new_batches)
        return Response(BatchOut(batch).data, status=201 if is_new else 200)


class OutcomesApi(StreamedApi):
    media_types = frames.CONTENT_TYPES

    def check_sender(self, request, *, slug):
        self.model = model_for(request, slug, reading=False)
        require(request.user, Permission.LOG_DATA, self.model.workspace_id, model_slug=slug)

    @extend_schema(
        operation_id="list_outcomes",
        summary="List the outcomes of a model",
        description="Each time that outcomes came, the latest first.",
        tags=["data"],
        parameters=[OutcomeQuery],
        responses={200: page_of(OutcomesOut), **problems(400, 403, 404)},
        examples=[response_example("Once", page_example(examples.OUTCOMES))],
    )
    def get(self, request, slug):
        query = OutcomeQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        outcomes = model_for(request, slug).outcome_batches.all()
        return paged(request, query.chosen(outcomes), query.ordering, OutcomesOut)

    @extend_schema(
        operation_id="receive_outcomes",
        summary="Send outcomes",
        description=(
            "Two columns, called as the id and the label in the schema of the version in production, or the newest. "
            f"The outcome received last counts. Ids without a prediction are kept and counted. {FORMATS}"
        ),
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=BODY,
        responses={200: OutcomesOut, 201: OutcomesOut, **PROBLEMS},
        examples=[
            request_example("Columns", examples.OUTCOMES_IN),
            response_example("Received", examples.OUTCOMES, 201),
            response_example("Came before", examples.OUTCOMES, 200),
        ],
    )
    def post(self, request, slug):
        content_type = request._request.content_type
        outcomes, is_new = services.receive_outcomes(
            self.model, self.upload.path, content_type=content_type, actor=request.user
        )
        return Response(OutcomesOut(outcomes).data, status=201 if is_new else 200)
