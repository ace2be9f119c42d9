"""The policy in force."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory.api import examples
from inventory.models import Policy
from inventory.serializers import PolicyOut
from mrm.accounts.api import Api
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example


class CurrentPolicyApi(Api):
    @extend_schema(
        operation_id="read_policy",
        summary="Read the policy in force",
        description="Cadences, limits and approvals that runs, gates and decisions are bound to from now on.",
        tags=["policies"],
        responses={200: PolicyOut, **problems(403)},
        examples=[response_example("The policy", examples.POLICY)],
    )
    def get(self, request):
        require(request.user, Permission.READ, None, model_slug=None)
        return Response(PolicyOut(Policy.objects.select_related("published_by").in_force()).data)
