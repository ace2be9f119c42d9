"""`/models/{slug}/dependencies/`: neighbours, everything that a change would reach, and what is shared."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import examples
from inventory.api.lookups import model_at
from inventory.contents.dependencies import Shared, neighbourhood_of, shared_by
from inventory.models import Dependency, Model
from inventory.serializers import MomentQuery
from inventory.serializers.dependencies import DependenciesOut
from mrm.accounts.api import Api
from mrm.openapi import problems, response_example


class DependenciesApi(Api):
    @extend_schema(
        operation_id="read_dependencies",
        summary="What a model depends on, and what a change of it would reach",
        description="While a model that is one step away is live, this one is not retired. To say that a model depends "
        "on another, add a row to its attribute `upstream`. With `as_of` all of it as it stood.",
        tags=["models"],
        parameters=[MomentQuery],
        responses={200: DependenciesOut, **problems(400, 403, 404)},
        examples=[response_example("One consumer", examples.DEPENDENCIES)],
    )
    def get(self, request, slug):
        query = MomentQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        moment = query.moment()
        model = model_at(request, slug, moment)
        visible = Model.objects.visible_to(request.user)
        around = neighbourhood_of(model, visible, moment)
        answer = {
            "upstream": [_told(edge, edge.upstream) for edge in around.above],
            "downstream": [_told(edge, edge.model) for edge in around.below],
            "impact": around.reached,
            "hidden": around.hidden,
            "shared": [_shared(one) for one in shared_by(model, visible, moment)],
        }
        return Response(DependenciesOut(answer).data)


def _shared(one: Shared) -> dict:
    return {"what": one.what, "name": one.name, "models": [other.slug for other in one.others], "total": one.total}


def _told(edge: Dependency, other: Model) -> dict:
    return {
        "model": other.slug,
        "name": other.name,
        "status": other.status,
        "tier": other.tier,
        "kind": edge.kind,
        "criticality": edge.criticality,
        "note": edge.note,
    }
