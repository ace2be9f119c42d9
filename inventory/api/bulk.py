"""`/models/bulk/`: many models with their versions, all or none."""

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from inventory import services
from inventory.api import examples
from inventory.api.models import named_workspace
from inventory.api.versions import facts_of
from inventory.models import Model, Policy
from inventory.serializers.surveys import MOST_MODELS, BulkIn, BulkOut
from mrm.accounts.api import Api, sent_to
from mrm.openapi import IDEMPOTENCY_KEY, problems, request_example, response_example


class BulkApi(Api):
    @extend_schema(
        operation_id="register_models",
        summary="Register many models",
        description=f"Up to {MOST_MODELS} models, each with its versions, in one transaction: all of them or none. A "
        "refusal names every fault by its place, such as `models[3].owner`.",
        tags=["models"],
        parameters=[IDEMPOTENCY_KEY],
        request=BulkIn,
        responses={201: BulkOut, **problems(400, 403, 413, 415, 422)},
        examples=[
            request_example("Two models", examples.BULK_IN),
            response_example("Registered", examples.BULK, 201),
        ],
    )
    def post(self, request):
        sent = sent_to(BulkIn, request, context={"person": request.user})
        workspace = named_workspace(request.user, sent.get("workspace", ""))
        entries = [
            {"owner": request.user, **entry, "versions": [facts_of(version) for version in entry.get("versions", [])]}
            for entry in sent["models"]
        ]
        models = services.register_models(workspace, entries, actor=request.user)
        policy = Policy.objects.in_force().document
        told = Model.objects.telling_of_rows(policy).in_bulk([model.pk for model in models])
        answer = BulkOut({"results": [told[model.pk] for model in models]}, context={"policy": policy})
        return Response(answer.data, status=201)
