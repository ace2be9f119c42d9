"""Home: what needs me now?"""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audits.workflows.contents.beginnings import beginnings_for
from audits.workflows.contents.portfolio import standings_seen_by
from audits.workflows.contents.queue import work_for
from audits.workflows.contents.tiles import tiles_of
from audits.workflows.tasks import counted_meanwhile


@require_safe
def home(request):
    now = timezone.now()
    context = {
        "counted": counted_meanwhile(now),
        "tasks": work_for(request.user, now=now),
        "beginnings": beginnings_for(request.user),
        "tiles": tiles_of(standings_seen_by(request.user, now)),
    }
    return render(request, "workflows/home.html", context)
