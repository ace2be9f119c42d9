"""A sealed report on its page: who signed it and who may, its signature, its publication."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from audits.trail.models import Action, Entry
from mrm.accounts.policies import Permission
from mrm.accounts.services import view_of_act
from mrm.accounts.views.signing import act_page, to_sign
from reports import services
from reports.models import Report
from reports.states import HANDED_OUT, ONCE_SEALED, report_after

TOLD = (Action.REPORT_SIGNED, Action.REPORT_PUBLISHED, Action.REPORT_SUPERSEDED)


@require_POST
def prepare(request, reference):
    """From the sealed report to the statement that is signed."""
    statement = to_sign(request, services.REPORT_SIGNATURE, report_for(request, reference))
    return redirect("sign-report", reference, statement)


@require_http_methods(["GET", "POST"])
def sign(request, reference, statement_id):
    found, back = report_for(request, reference), reverse("report", args=[reference])

    def then(report):
        messages.success(request, f"You signed {report.reference}.")
        return back

    page = {"heading": f"Sign {reference}", "back": back, "then": then}
    return act_page(request, services.REPORT_SIGNATURE, found, statement_id, **page)


@require_POST
def publish(request, reference):
    report = services.publish_report(report_for(request, reference), actor=request.user)
    messages.success(request, f"{report.reference} is published.")
    return redirect("report", reference)


def report_for(request, reference, **facts) -> Report:
    return get_object_or_404(Report.objects.visible_to(request.user).in_full(), reference=reference, **facts)


def page_of(request, report: Report) -> dict:
    """What the page of a report shows: its course with the entries, and what its reader may do about it."""
    if report.state not in ONCE_SEALED:
        return {"report": report}
    entries = list(Entry.objects.about(report).filter(action__in=TOLD))
    context = {
        "report": report,
        "signatures": [(kept, _entry_of(kept, entries)) for kept in report.signatures.all()],
        "published": next((entry for entry in entries if entry.action == Action.REPORT_PUBLISHED), None),
        "superseded": next((entry for entry in entries if entry.action == Action.REPORT_SUPERSEDED), None),
        "took_the_place_of": report.supersedes.all(),
    }
    if report_after(report.state, "sign"):
        signing = view_of_act(services.REPORT_SIGNATURE, report, person=request.user)
        context |= {"awaits_signature": True, "why_not_sign": signing["reasons_not_to"]}
    if report.state not in HANDED_OUT:
        may = Permission.PUBLISH_REPORT in request.user.permissions_in(report.model.workspace_id, report.model_slug)
        context |= {"may_publish": may, "why_not_publish": services.why_not_publish(report)}
    return context


def _entry_of(kept, entries: list[Entry]) -> Entry | None:
    told = (entry for entry in entries if entry.action == Action.REPORT_SIGNED)
    return next((one for one in told if one.details["signature"]["id"] == str(kept.signature_id)), None)
