"""Reports: asked for, watched while they are made, downloaded."""

from datetime import timedelta

from django.http import FileResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from inventory.models import Model
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import Permission
from mrm.adapters import storage
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist
from mrm.queue import nudge
from reports import services, tasks
from reports.contents.lists import REPORTS
from reports.forms import ReportFilter, ReportForm
from reports.models import Report
from reports.states import ONCE_SEALED
from reports.views import signing
from reports.views.signing import report_for

RECENT = 6


@require_safe
def report_list(request):
    form = ReportFilter(request.GET)
    context = REPORTS.shown(request, form.chosen(_visible(request)), csv="reports-csv") | {
        "form": form,
        "may_issue": Permission.ISSUE_REPORT in request.user.permissions_in(None),
    }
    return answer(request, "reports/report_list.html", context, part="reports/report_rows.html", status=form.status)


@require_safe
def reports_csv(request):
    """What the list shows, all of it, for a spreadsheet."""
    form = ReportFilter(request.GET)
    insist(form)
    return REPORTS.spreadsheet(request, form.chosen(_visible(request)), "reports.csv")


@require_safe
def recent_reports(request):
    """The newest sealed reports, as a part of the home page."""
    sealed = _visible(request).filter(state__in=ONCE_SEALED).order_by("-requested_at")[:RECENT]
    return render(request, "reports/recent.html", {"reports": sealed})


@require_safe
def model_reports(request, slug):
    model = model_for(request, slug)
    reports = _visible(request).filter(model=model)
    context = model_page(request, model, "reports", **REPORTS.shown(request, reports, csv="reports-csv", model=slug))
    return render(request, "reports/model_reports.html", context)


@require_http_methods(["GET", "POST"])
def request_report(request):
    """Ask for a report of one model over a period, by default the last 90 days."""
    models = Model.objects.visible_to(request.user)
    today = timezone.localdate()
    chosen = models.filter(slug=request.GET.get("model", "")).first()
    initial = {"model": chosen, "period_start": today - timedelta(days=90), "period_end": today} | {
        name: request.GET[name] for name in ("period_start", "period_end") if name in request.GET
    }
    form = ReportForm(posted(request), models=models, initial=initial)

    def act(data):
        report = services.request_report(data.pop("model"), **data, actor=request.user)
        nudge(tasks.issue_report, str(report.pk))
        return reverse("report", args=[report.reference])

    def show(status):
        context = {
            "form": form,
            "heading": "Ask for a monitoring report",
            "lead": "It states policy, evidence and gaps of the period, carries its own proofs, and is sealed.",
            "submit": "Ask for the report",
            "back": reverse("report-list"),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def report(request, reference):
    """One report; while it is made, htmx asks for its body again and again."""
    context = signing.page_of(request, report_for(request, reference))
    return answer(request, "reports/report.html", context, part="reports/report_body.html")


@require_safe
def download(request, reference):
    report = report_for(request, reference, state__in=ONCE_SEALED)
    file = storage.local_path(report.pdf_sha256).open("rb")
    return FileResponse(file, as_attachment=True, filename=f"{report.reference}.pdf", content_type="application/pdf")


def _visible(request):
    return Report.objects.visible_to(request.user).in_full()
