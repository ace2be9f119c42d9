"""What the supervisor was told and said about a version."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.forms import SupervisionForm
from inventory.attributes import ROWS, why_not_change
from inventory.views.scope import version_for
from mrm.accounts.views.signing import act_page, to_sign
from mrm.pages.answers import answer_form, posted


@require_http_methods(["GET", "POST"])
def record_supervision(request, slug, number):
    version = version_for(request, slug, number)
    form = SupervisionForm(posted(request), model=version.model)
    back = reverse("version", args=[slug, number])

    def act(data):
        word = services.supervisory_word(data["said"], on=data["on"], document=data["document"])
        return reverse("sign-supervision", args=[slug, number, to_sign(request, word, version, data["remark"])])

    def show(status):
        context = {
            "form": form,
            "version": version,
            "kept": version.supervision.select_related("document", "recorded_by"),
            "why_not": services.why_not_record(version, request.user),
            "has_documents": form.fields["document"].queryset.exists(),
            "why_not_attach": why_not_change(ROWS["documents"], request.user.roles_in(version.model.workspace_id)),
            "heading": f"What the supervisor said about version {number} of {version.model.name}",
            "submit": "Go on to sign",
            "back": back,
        }
        return render(request, "workflows/supervision.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_supervision(request, slug, number, statement_id):
    version, back = version_for(request, slug, number), reverse("version", args=[slug, number])

    def then(kept):
        messages.success(request, "What the supervisor was told or said is kept, and the gate knows.")
        return back

    word = services.word_shown(version, statement_id, signer=request.user)
    heading = f"Sign what the supervisor said about version {number} of {version.model.name}"
    return act_page(request, word, version, statement_id, heading=heading, back=back, then=then)
