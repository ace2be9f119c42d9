"""`/ingest/cloudevents/{token}`: where the loggers of KServe and Seldon send what a version was asked and answered.

The address is not below `/api/`, because a logger can be told an address and nothing else: it sends no token of its
own, and takes every answer but 200 for a failure. What became of them is asked where everything else is.
"""

import tempfile
from pathlib import Path

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.response import Response
from rest_framework.views import APIView

from inventory import frames, services
from inventory.api.lookups import model_for
from inventory.contents.events import waiting_events
from inventory.models import ModelVersion
from inventory.serializers import EventsOut
from mrm import uploads
from mrm.accounts.api import Api
from mrm.accounts.authentication import AddressTokenAuthentication
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.openapi import problems, response_example
from mrm.parsers import JsonParser

MOST_BYTES = 2**20
EVENTS = {"alone": 3, "pairs": 120, "reason": "", "refused": 1, "kept_days": 30}


class CloudEventsApi(APIView):
    authentication_classes = (AddressTokenAuthentication,)

    @extend_schema(exclude=True)
    def post(self, request):
        version = _version_of(request)
        sent = request._request
        if sent.content_type not in frames.EVENT_TYPES:
            shown = sent.content_type[:80] or "none"
            readable = ", ".join(frames.EVENT_TYPES)
            raise UnsupportedMediaType(shown, f"Media type {shown!r} is not read; send {readable}.")
        with tempfile.TemporaryDirectory(prefix="mrm-event-") as folder:
            body = Path(folder, "body")
            uploads.receive(sent, body, limit=MOST_BYTES)
            with body.open("rb") as file:
                document = JsonParser().parse(file)
        told = frames.read_event(sent.headers, sent.content_type, document, now=timezone.now())
        event, _ = services.receive_event(version, told, actor=request.user)
        return Response({"id": event.event_id, "half": event.half, "received_at": event.received_at})


class EventsApi(Api):
    @extend_schema(
        operation_id="count_events",
        summary="Count the logged events that are in no batch",
        description=(
            "Halves of predictions that came as CloudEvents. What became no row in time is given up, and the trail "
            "says how much."
        ),
        tags=["data"],
        responses={200: EventsOut, **problems(403, 404)},
        examples=[response_example("Some wait", EVENTS)],
    )
    def get(self, request, slug):
        return Response(EventsOut(waiting_events(model_for(request, slug))).data)


def _version_of(request) -> ModelVersion:
    """The one version that the token in the address is for."""
    token = request.auth
    slug = token.model_slugs[0]
    require(request.user, Permission.LOG_DATA, token.workspace_id, model_slug=slug)
    versions = ModelVersion.objects.select_related("model").filter(model__workspace=token.workspace_id)
    version = versions.filter(model__slug=slug, number=token.version_number).first()
    if version is None:
        raise Http404(f"There is no version {token.version_number} of a model {slug}, which this address is for.")
    return version
