"""Verifying a report: drop a PDF, read every check."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from mrm.pages.answers import answer, posted
from reports import services
from reports.contents.standing import standing_of
from reports.forms import VerifyForm
from reports.models import Report


@require_http_methods(["GET", "POST"])
def verify_report(request):
    form = VerifyForm(posted(request), request.FILES or None)
    if request.method != "POST":
        return render(request, "reports/verify.html", {"form": form})
    if not form.is_valid():
        return answer(request, "reports/verify.html", {"form": form}, part="reports/verify_part.html", status=400)
    file = form.cleaned_data["file"]
    verification = services.verify(file.read())
    known = Report.objects.visible_to(request.user).in_full().filter(pdf_sha256=verification.sha256).first()
    context = {
        "form": VerifyForm(),
        "verification": verification,
        "name": file.name,
        "known": known,
        "standing": standing_of(known) if known else [],
    }
    return answer(request, "reports/verify.html", context, part="reports/verify_part.html")
