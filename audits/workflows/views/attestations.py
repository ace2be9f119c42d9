"""Attestations: who is asked, since when, and the page on which an owner answers."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audits.workflows import services
from audits.workflows.contents.attestations import entry_shown
from audits.workflows.contents.lists import ATTESTATIONS
from audits.workflows.forms import AttestationFilter, AttestationForm
from audits.workflows.models import Attestation
from audits.workflows.states import AttestationState
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist


@require_safe
def attestation_list(request):
    form, today = AttestationFilter(request.GET), timezone.now().date()
    context = ATTESTATIONS.shown(request, _chosen(request, form), csv="attestations-csv") | {"form": form}
    context["rows"] = [(row, row.bucket(today)) for row in context["page"].rows]
    return answer(
        request, "workflows/attestation_list.html", context, part="workflows/attestation_rows.html", status=form.status
    )


@require_safe
def attestations_csv(request):
    """What the list shows, all of it, for a spreadsheet."""
    form = AttestationFilter(request.GET)
    insist(form)
    return ATTESTATIONS.spreadsheet(request, _chosen(request, form), f"attestations-{timezone.now().date()}.csv")


def _chosen(request, form: AttestationFilter):
    """The attestations that the filter asks for, among those one may see."""
    rows = Attestation.objects.visible_to(request.user).select_related("model__owner", "attested_by")
    if state := form.asked.get("state"):
        rows = rows.overdue(timezone.now().date()) if state == "overdue" else rows.filter(state=state)
    return form.chosen(rows)


@require_http_methods(["GET", "POST"])
def attestation(request, attestation_id):
    """What is asked, what changed since, and the owner's answer."""
    rows = Attestation.objects.visible_to(request.user).select_related(
        "model__owner", "model__workspace", "attested_by"
    )
    attestation = get_object_or_404(rows, pk=attestation_id)
    is_open = attestation.state == AttestationState.OPEN
    shown = entry_shown(attestation) if is_open else attestation
    form = AttestationForm(posted(request), initial={"evidence_digest": shown.digest} if is_open else None)

    def act(data):
        services.attest(attestation, **data, actor=request.user)
        messages.success(request, f"You attested to {attestation.model}.")
        return reverse("attestation", args=[attestation_id])

    def show(status):
        context = {
            "attestation": attestation,
            "model": attestation.model,
            "form": form,
            "changes": shown.changes,
            "may_attest": is_open and request.user.pk == attestation.model.owner_id,
            "bucket": attestation.bucket(timezone.now().date()),
        }
        return render(request, "workflows/attestation.html", context, status=status)

    return answer_form(request, form, act=act, show=show)
