"""`/changes/{reference}/class/`: whether a change of what is in use is material, confirmed or raised."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from audits.workflows import services
from audits.workflows.api import examples
from audits.workflows.api.lookups import change_for
from audits.workflows.serializers import ChangeClassIn, ChangeInFullOut
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class ChangeClassApi(Api):
    @extend_schema(
        operation_id="confirm_change_class",
        summary="Confirm or raise the class of a change",
        description=(
            "The second line may, before the request is decided, and only upwards. Raising voids what was signed under "
            "the lower class; where the policy asks for more approvals of a material change, the request ends and is "
            "asked for anew."
        ),
        tags=["changes"],
        parameters=[IDEMPOTENCY_KEY],
        request=ChangeClassIn,
        responses={200: ChangeInFullOut, **problems(400, 403, 404, 409, 413, 415, 422)},
        examples=[
            request_example("Raise", examples.CHANGE_CLASS_IN),
            response_example("Raised", examples.CHANGE_CLASSIFIED),
        ],
    )
    def post(self, request, reference):
        change = change_for(request, reference, reading=False)
        services.confirm_class(change, **sent_to(ChangeClassIn, request), actor=request.user)
        return Response(ChangeInFullOut(change_for(request, reference, reading=False)).data)
