"""`/models/{slug}/versions/`: register, list, read, and the artifact of one."""

from functools import partial

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.lookups import model_at, model_for, version_for
from inventory.api.paging import page_of, paged
from inventory.contents.history import records_of_parts, rows_as_they_stood
from inventory.models import ModelVersion, VersionRecord
from inventory.serializers import VersionIn, VersionOut, VersionQuery
from mrm.accounts.api import Api, StreamedApi, sent_to
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.errors import UnusableData
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example

CONTENT_DIGEST = OpenApiParameter(
    "Content-Digest", str, OpenApiParameter.HEADER, description="`sha-256=:<base64>:` of the body (RFC 9530)."
)


def facts_of(sent: dict) -> dict:
    """What was sent about a version, as the service takes it; the predecessor still by its number."""
    fields = dict(sent)
    artifact = fields.pop("artifact", {})
    return fields | {
        "schema": fields["schema"]["columns"],
        "artifact_uri": artifact.get("uri", ""),
        "artifact_sha256": artifact.get("sha256", ""),
    }


class VersionsApi(Api):
    @extend_schema(
        operation_id="list_versions",
        summary="List the versions of a model",
        tags=["versions"],
        parameters=[VersionQuery],
        responses={200: page_of(VersionOut), **problems(400, 403, 404)},
        examples=[response_example("One version", examples.VERSION_PAGE)],
    )
    def get(self, request, slug):
        query = VersionQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        model = model_at(request, slug, moment)
        versions = ModelVersion.objects.filter(model_id=model.pk)
        versions = versions.select_related(
            "model", "registered_by", "predecessor", "copied_from__model__workspace", "reference"
        )
        if not moment:
            return paged(request, query.chosen(versions), query.ordering, VersionOut, _to(request))
        records = query.chosen(records_of_parts(VersionRecord, model, moment))
        stood = partial(rows_as_they_stood, present=versions)
        return paged(request, records, query.ordering, VersionOut, _to(request), made=stood)

    @extend_schema(
        operation_id="register_version",
        summary="Register a version",
        description="A candidate. The schema says what each column of its rows is: kind, role, and what it may hold.",
        tags=["versions"],
        parameters=[IDEMPOTENCY_KEY],
        request=VersionIn,
        responses={201: VersionOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Register", examples.VERSION_IN),
            response_example("Registered", examples.VERSION, 201),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        fields = facts_of(sent_to(VersionIn, request))
        predecessor = _predecessor(model, fields.pop("predecessor", None))
        version = services.register_version(model, predecessor=predecessor, **fields, actor=request.user)
        return _answer(request, version, 201)


class VersionApi(Api):
    @extend_schema(
        operation_id="read_version",
        summary="Read a version",
        tags=["versions"],
        responses={200: VersionOut, **problems(403, 404)},
        examples=[response_example("A version", examples.VERSION)],
    )
    def get(self, request, slug, number):
        return _answer(request, version_for(request, slug, number))


class ArtifactApi(StreamedApi):
    def check_sender(self, request, *, slug, number):
        self.version = version_for(request, slug, number, reading=False)
        model = self.version.model
        require(request.user, Permission.REGISTER_VERSION, model.workspace_id, model_slug=model.slug)

    @extend_schema(
        operation_id="attach_artifact",
        summary="Upload the artifact of a version",
        description=(
            "ONNX, XGBoost JSON or UBJ, LightGBM text, or skops; a pickle is refused whatever its name. Once: another "
            "file is another version, and the same file again changes nothing. Where its digest was not stated when "
            "the version was registered, only while nobody has decided about the version or is asked to."
        ),
        tags=["versions"],
        parameters=[CONTENT_DIGEST],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={200: VersionOut, **problems(400, 403, 404, 409, 413, 422)},
        examples=[response_example("Attached", examples.VERSION)],
    )
    def put(self, request, slug, number):
        expected = self.version.artifact_sha256 if self.version.artifact_bytes is None else ""
        services.attach_artifact(self.version, self.upload.path, expected_sha256=expected, actor=request.user)
        return _answer(request, version_for(request, slug, number, reading=False))


def _answer(request, version: ModelVersion, status: int = 200) -> Response:
    address = f"/api/v1/models/{version.model.slug}/versions/{version.number}/"
    return Response(VersionOut(version, context=_to(request)).data, status=status, headers={"Location": address})


def _to(request) -> dict:
    return {"reader": request.user}


def _predecessor(model, number: int | None) -> ModelVersion | None:
    if number is None:
        return None
    found = model.versions.filter(number=number).first()
    if found is None:
        raise UnusableData({"message": f"{model} has no version {number}.", "field": "predecessor"})
    return found
