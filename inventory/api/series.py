"""`/models/{slug}/indicators/`: how a model runs and what it brings, as others measure it."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from inventory.models import Series, SeriesPoint
from inventory.serializers.series import PointOut, PointsIn, PointsQuery, PointsReceivedOut, SeriesOut, SeriesQuery
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class IndicatorsApi(Api):
    @extend_schema(
        operation_id="list_model_indicators",
        summary="List the operational and business series of a model",
        tags=["data"],
        parameters=[SeriesQuery],
        responses={200: page_of(SeriesOut), **problems(400, 403, 404)},
        examples=[response_example("One series", examples.SERIES_PAGE)],
    )
    def get(self, request, slug):
        query = SeriesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = query.chosen(Series.objects.filter(model=model_for(request, slug)).with_ends())
        return paged(request, rows, query.ordering, SeriesOut)

    @extend_schema(
        operation_id="receive_model_indicator",
        summary="Send points of an operational or business series",
        description=(
            "Latency, errors, click-through, losses: drawn beside drift and performance on the page *Monitoring*. "
            "The same point again changes nothing; another value for a time counts from then on, and the earlier one "
            "is kept. Nothing is kept of a body with a faulty point; every fault is named with its row and column."
        ),
        tags=["data"],
        parameters=[IDEMPOTENCY_KEY],
        request=PointsIn,
        responses={200: PointsReceivedOut, 201: PointsReceivedOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Two days", examples.POINTS_IN),
            response_example("Received", examples.POINTS, 201),
            response_example("Came before", examples.POINTS | {"received": 0}, 200),
        ],
    )
    def post(self, request, slug):
        model = model_for(request, slug, reading=False)
        series, received, changed = services.receive_points(model, **sent_to(PointsIn, request), actor=request.user)
        told = Series.objects.with_ends().get(pk=series.pk)
        told.received, told.changed = received, changed
        return Response(PointsReceivedOut(told).data, status=201 if received or changed else 200)


class IndicatorPointsApi(Api):
    @extend_schema(
        operation_id="list_model_indicator_points",
        summary="List the points of a series, newest first",
        description="One for each time: that which was received last.",
        tags=["data"],
        parameters=[PointsQuery],
        responses={200: page_of(PointOut), **problems(400, 403, 404)},
        examples=[response_example("One point", examples.POINT_PAGE)],
    )
    def get(self, request, slug, name):
        query = PointsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        model = model_for(request, slug)
        series = Series.objects.filter(model=model, name=name).first()
        if series is None:
            raise Http404(f"{model} has no series of this name.")
        points = series.points.standing()
        if since := query.validated_data.get("since"):
            points = points.filter(at__gte=since)
        if until := query.validated_data.get("until"):
            points = points.filter(at__lt=until)
        return paged(request, SeriesPoint.objects.filter(pk__in=points.values("pk")), ("-at", "-pk"), PointOut)
