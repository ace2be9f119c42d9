"""The trail as a download, whole or as far as the search on its page asks."""

from django.views.decorators.http import require_safe

from inventory.forms import TrailFilter
from mrm.pages.answers import zip_answer
from reports.services import export_trail


@require_safe
def export(request):
    form = TrailFilter(request.GET)
    form.is_valid()
    return zip_answer("trail.zip", export_trail(wanted=form.cleaned_data, actor=request.user))
