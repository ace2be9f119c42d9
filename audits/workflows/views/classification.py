"""The class of a change: confirmed or raised by the second line, on a page of its own."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.forms import ChangeClassForm
from audits.workflows.views.changes import change_for
from mrm.errors import NotPermitted
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def classify(request, reference):
    """Is it material? Upwards only, with a reason."""
    change = change_for(request, reference)
    if request.method == "GET" and (reasons := services.why_not_classify(change, request.user)):
        raise NotPermitted(*reasons)
    classified = getattr(change, "classification", None)
    form = ChangeClassForm(posted(request), held=classified.change_class if classified else "")
    back = reverse("change", args=[reference])

    def act(data):
        services.confirm_class(change, **data, actor=request.user)
        messages.success(request, f"The class of {reference} is in the trail.")
        return back

    def show(status):
        context = {
            "form": form,
            "heading": f"Is {reference} a material change?",
            "lead": f"{change.title[:1].upper()}{change.title[1:]}. The criteria stand on the page of the request.",
            "submit": "Set the class",
            "back": back,
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)
