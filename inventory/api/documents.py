"""`/models/{slug}/documents/`: files about a model, each kept under its digest."""

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.lookups import model_at, model_for
from inventory.api.paging import page_example, page_of, paged
from inventory.api.versions import CONTENT_DIGEST
from inventory.models import Document
from inventory.serializers import DocumentOut, DocumentQuery, DocumentsQuery
from mrm.accounts.api import FileApi, StreamedApi
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.adapters import storage
from mrm.openapi import IDEMPOTENCY_KEY, problems, response_example


class DocumentsApi(StreamedApi):
    def check_sender(self, request, *, slug):
        self.model = model_for(request, slug, reading=False)
        require(request.user, Permission.DESCRIBE_MODEL, self.model.workspace_id, model_slug=slug)
        self.said = DocumentQuery(data=request.query_params)
        self.said.is_valid(raise_exception=True)

    @extend_schema(
        operation_id="list_documents",
        summary="List the documents of a model",
        description="Those that hold, or with `as_of` those that did.",
        tags=["models"],
        parameters=[DocumentsQuery],
        responses={200: page_of(DocumentOut), **problems(400, 403, 404)},
        examples=[response_example("One document", page_example(examples.DOCUMENT))],
    )
    def get(self, request, slug):
        query = DocumentsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        documents = Document.objects.standing(moment).filter(model=model_at(request, slug, moment).pk)
        return paged(request, query.chosen(documents), query.ordering, DocumentOut)

    @extend_schema(
        operation_id="attach_document",
        summary="Attach a document",
        description="The body is the file as it is; the query says what it is. It is kept under its SHA-256, unopened.",
        tags=["models"],
        parameters=[DocumentQuery, CONTENT_DIGEST, IDEMPOTENCY_KEY],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: DocumentOut, **problems(400, 403, 404, 409, 413, 422)},
        examples=[response_example("Attached", examples.DOCUMENT, 201)],
    )
    def post(self, request, slug):
        values = dict(self.said.validated_data)
        document = services.attach_document(
            self.model,
            self.upload.path,
            filename=values.pop("filename", ""),
            media_type=request._request.content_type or "",
            effective_on=values.pop("effective_on", None),
            values=values,
            actor=request.user,
        )
        return Response(DocumentOut(document).data, status=201)


class DocumentApi(FileApi):
    @extend_schema(
        operation_id="read_document",
        summary="Fetch a document",
        description="The bytes as they were sent.",
        tags=["models"],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **problems(403, 404)},
        examples=[OpenApiExample("The file", "%PDF-1.7 …", media_type="application/octet-stream", response_only=True)],
    )
    def get(self, request, slug, document):
        found = Document.objects.filter(model=model_for(request, slug), pk=document).first()
        if found is None:
            raise Http404(f"There is no such document of {slug}.")
        name = found.filename or f"{found.sha256}.bin"
        file = storage.local_path(found.sha256).open("rb")
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")
