"""Home: what needs me now?"""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.beginnings import beginnings_for
from audits.workflows.contents.queue import work_for


@require_safe
def home(request):
    now = timezone.now()
    context = {
        "tasks": work_for(request.user, now=now),
        "beginnings": beginnings_for(request.user),
    }
    return render(request, "workflows/home.html", context)
