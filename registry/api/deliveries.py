"""`POST /mlflow/deliveries`: the webhooks of the MLflow registry that is the master here."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from mrm.queue import nudge
from registry import refusals, services
from registry.api.calls import answer, refuse
from registry.refusals import Refused, invalid
from registry.signatures import why_not_taken
from registry.tasks import follow_master


@csrf_exempt
@login_not_required
def deliveries(request: HttpRequest) -> HttpResponse:
    """Take a signed hint and let the sweep look. Nobody signs in: the signature says who sends."""
    secret = settings.MLFLOW_WEBHOOK_SECRET
    if not secret or request.method != "POST":
        return refuse(Refused(refusals.NO_ENDPOINT, "No MLflow webhooks are taken here."))
    try:
        body = request.body
    except RequestDataTooBig:
        return refuse(invalid("The delivery is too large."))
    delivery_id = request.headers.get("X-MLflow-Delivery-Id", "")
    reason = why_not_taken(
        secret,
        delivery_id=delivery_id,
        timestamp=request.headers.get("X-MLflow-Timestamp", ""),
        body=body,
        given=request.headers.get("X-MLflow-Signature", ""),
        now=timezone.now().timestamp(),
    )
    if reason:
        return refuse(Refused(refusals.UNAUTHENTICATED, reason))
    taken = services.receive_delivery(delivery_id, body)
    if taken:
        nudge(follow_master)
    return answer({"taken": taken})
