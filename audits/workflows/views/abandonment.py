"""Abandoning what a retraining made: the reason, then the signature."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.models import Retraining
from inventory.views.scope import version_for
from mrm.accounts.views.signing import act_page, reason_page

ACT = services.RETRAINING_ABANDONMENT


@require_http_methods(["GET", "POST"])
def abandon(request, slug, number):
    found = _retraining_of(request, slug, number)
    page = {
        "heading": f"Abandon version {number}",
        "lead": "It is never promoted, and what is in production stays. Retraining may be asked for anew.",
        "back": reverse("version", args=[slug, number]),
    }
    return reason_page(request, ACT, found, to="sign-retraining-abandonment", args=[slug, number], **page)


@require_http_methods(["GET", "POST"])
def sign(request, slug, number, statement_id):
    found, back = _retraining_of(request, slug, number), reverse("version", args=[slug, number])

    def then(retraining):
        messages.success(request, f"{retraining.candidate} is abandoned.")
        return back

    page = {"heading": f"Sign that version {number} is not wanted", "back": back, "then": then}
    return act_page(request, ACT, found, statement_id, **page)


def _retraining_of(request, slug, number) -> Retraining:
    rows = Retraining.objects.select_related("change__model__workspace", "candidate__model")
    return get_object_or_404(rows, candidate=version_for(request, slug, number))
