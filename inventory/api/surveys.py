"""`/surveys/`: identification surveys, uploaded as a sheet, looked at, then imported whole."""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services, tasks
from inventory.api import examples
from inventory.api.models import named_workspace
from inventory.api.paging import page_example, page_of, paged
from inventory.frames.sheets import CSV, MOST_FAULTS
from inventory.models import Survey
from inventory.serializers.surveys import SurveyOut, SurveyQuery, SurveysQuery
from mrm.accounts.api import Api, StreamedApi
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import IDEMPOTENCY_KEY, problems, response_example
from mrm.pages.workbook import XLSX
from mrm.queue import nudge


class SurveysApi(StreamedApi):
    media_types = (CSV, XLSX)

    def check_sender(self, request):
        query = SurveyQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        self.asked = dict(query.validated_data)
        self.workspace = named_workspace(request.user, self.asked.pop("workspace", ""))
        require(request.user, Permission.REGISTER_MODEL, self.workspace)

    @extend_schema(
        operation_id="list_surveys",
        summary="List the surveys",
        description="Of the workspaces you work in, the latest first.",
        tags=["models"],
        parameters=[SurveysQuery],
        responses={200: page_of(SurveyOut), **problems(400, 403)},
        examples=[response_example("One survey", page_example(examples.SURVEY))],
    )
    def get(self, request):
        query = SurveysQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return paged(request, query.chosen(_readable(request)), query.ordering, SurveyOut, made=_with_progress)

    @extend_schema(
        operation_id="upload_survey",
        summary="Upload an identification survey",
        description="CSV in UTF-8, or the first sheet of an .xlsx, with the columns of the template on the page of "
        "surveys. Nothing is registered yet: the answer says how many models it would register, or what is wrong by "
        f"line and column: the first {MOST_FAULTS} faults, and how many there are. Formulas, errors, merged cells, "
        "cells beyond what is read and further sheets that hold anything are faults; what is hidden is noted.",
        tags=["models"],
        parameters=[SurveyQuery, IDEMPOTENCY_KEY],
        request={CSV: OpenApiTypes.STR, XLSX: OpenApiTypes.BINARY},
        responses={201: SurveyOut, **problems(400, 403, 413, 415, 422)},
        examples=[response_example("Read", examples.SURVEY, 201)],
    )
    def post(self, request):
        survey = services.receive_survey(self.workspace, self.upload.path, **self.asked, actor=request.user)
        return _answer(survey, 201)


class SurveyApi(Api):
    @extend_schema(
        operation_id="read_survey",
        summary="Read a survey",
        tags=["models"],
        responses={200: SurveyOut, **problems(403, 404)},
        examples=[response_example("Imported", examples.SURVEY | {"state": "imported", "progress": 100})],
    )
    def get(self, request, survey_id):
        return _answer(_survey_for(request, survey_id))


class SurveyImportApi(Api):
    @extend_schema(
        operation_id="import_survey",
        summary="Import a survey",
        description="Registers every model of a survey without faults, in one transaction, soon. Read it to follow.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: SurveyOut, **problems(403, 404, 409)},
        examples=[response_example("Asked for", examples.SURVEY | {"state": "requested"}, 202)],
    )
    def post(self, request, survey_id):
        survey = services.request_import(_survey_for(request, survey_id), actor=request.user)
        nudge(tasks.import_survey, str(survey.pk))
        return _answer(survey, 202)


def _readable(request) -> QuerySet[Survey]:
    require(request.user, Permission.READ, None)
    return Survey.objects.visible_to(request.user).select_related("workspace", "uploaded_by")


def _with_progress(surveys: list[Survey]) -> list[Survey]:
    for survey in surveys:
        survey.progress = services.progress_of(survey)
    return surveys


def _survey_for(request, survey_id) -> Survey:
    survey = _readable(request).filter(pk=survey_id).first()
    if survey is None:
        raise Http404("There is no such survey that you may see.")
    return survey


def _answer(survey: Survey, status: int = 200) -> Response:
    [told] = _with_progress([survey])
    return Response(SurveyOut(told).data, status=status)
