"""What a load balancer and a monitoring system ask: is it alive, is it ready, how much waits."""

import hmac
import ipaddress

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audits.workflows.contents import operations

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


@login_not_required
@never_cache
@require_safe
def livez(request):
    """This process answers; whatever else may be wrong, starting it anew would not mend it."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_not_required
@never_cache
@require_safe
def readyz(request):
    """Database, queue and storage answer, and the database is of this release; else 503 and which is not."""
    found = operations.faults()
    ready = not any(found.values())
    checks = {name: fault or "ok" for name, fault in found.items()}
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


@login_not_required
@never_cache
@require_safe
def metrics(request):
    """Numbers for Prometheus: for the bearer of METRICS_TOKEN; without one, for this machine, not through a proxy."""
    if not _may_measure(request):
        raise Http404("There is nothing here.")
    content = operations.as_text(operations.gauges())
    return HttpResponse(content, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_measure(request) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if any(name in request.META for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
