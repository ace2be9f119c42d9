"""What somebody may do here, and whom to ask for more: all there is for whoever holds no role."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from mrm.accounts.models import Person, RoleGrant
from mrm.accounts.policies import Role

MOST_TO_ASK = 5


@require_safe
def my_access(request):
    return access_page(request)


def access_page(request, status: int = 200):
    """One's own roles, now and proposed, and who gives roles."""
    now = timezone.now()
    grants = request.user.grants.select_related("workspace").order_by("-proposed_at")
    held = grants.in_force(now)
    administering = RoleGrant.objects.in_force(now).filter(role=Role.ADMINISTRATOR)
    to_ask = Person.objects.filter(is_active=True, grants__in=administering).exclude(pk=request.user.pk).distinct()
    context = {
        "held": held,
        "proposed": grants.proposed(),
        "over": [] if held else grants.exclude(pk__in=held).exclude(pk__in=grants.proposed())[:MOST_TO_ASK],
        "to_ask": to_ask[:MOST_TO_ASK],
    }
    return render(request, "accounts/access.html", context, status=status)
