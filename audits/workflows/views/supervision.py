"""What the supervisor was told and said about a version."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.forms import SupervisionForm
from inventory.views.scope import version_for
from mrm.pages.answers import answer_form, posted
from mrm.pages.wording import day

NOTHING_YET = "Nothing is on record yet. Attach the document that shows it to the model first."


@require_http_methods(["GET", "POST"])
def record_supervision(request, slug, number):
    version = version_for(request, slug, number)
    form = SupervisionForm(posted(request), model=version.model)
    back = reverse("version", args=[slug, number])

    def act(data):
        services.record_supervision(version, **data, actor=request.user)
        messages.success(request, "What the supervisor was told or said is kept, and the gate knows.")
        return back

    def show(status):
        kept = version.supervision.select_related("document")
        said = "; ".join(f"{one.get_said_display().lower()} on {day(one.on)} ({one.document})" for one in kept)
        context = {
            "form": form,
            "heading": f"What the supervisor said about version {number} of {version.model.name}",
            "lead": f"On record: {said}." if said else NOTHING_YET,
            "submit": "Keep this",
            "back": back,
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)
