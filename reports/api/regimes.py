"""`/regimes/`, its register of instruments, and `/models/<slug>/regimes/<code>/`: what is on record beside a pack."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api.lookups import model_for
from inventory.api.paging import page_of, paged
from inventory.models import RegimePack
from inventory.regimes import instruments, read_on
from inventory.serializers import PagesQuery
from mrm.accounts.api import Api
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example
from reports.api import examples
from reports.contents.coverage import coverage_of
from reports.serializers import CoverageOut, InstrumentsOut, RegimeOut


class RegimesApi(Api):
    @extend_schema(
        operation_id="list_regimes",
        summary="List regime packs",
        description="What supervisory instruments ask for, in our own words, with the days on which each holds.",
        tags=["regimes"],
        responses={200: page_of(RegimeOut), **problems(400, 403)},
        examples=[response_example("One pack", examples.REGIME_PAGE)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        PagesQuery(data=request.query_params).is_valid(raise_exception=True)
        return paged(request, RegimePack.objects.all(), ("code", "id"), RegimeOut)


class InstrumentsApi(Api):
    @extend_schema(
        operation_id="list_instruments",
        summary="List supervisory instruments with their days",
        description="Which instruments there are, between which days each holds, and where that was read. The "
        "instrument itself decides.",
        tags=["regimes"],
        responses={200: InstrumentsOut, **problems(403)},
        examples=[response_example("One instrument", examples.INSTRUMENTS)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        return Response(InstrumentsOut({"read_on": read_on(), "instruments": instruments()}).data)


class CoverageApi(Api):
    @extend_schema(
        operation_id="read_coverage",
        summary="Read what is on record about a model beside a regime pack",
        description="Per requirement: evidence with links, or none, or that nothing measures it. No statement of "
        "compliance.",
        tags=["regimes"],
        responses={200: CoverageOut, **problems(403, 404)},
        examples=[response_example("A coverage", examples.COVERAGE)],
    )
    def get(self, request, slug, code):
        model = model_for(request, slug)
        pack = RegimePack.objects.filter(code=code).last()
        if pack is None:
            raise Http404(f"There is no regime pack {code}.")
        [coverage] = coverage_of(model, [pack], timezone.now())
        return Response(CoverageOut(coverage).data)
