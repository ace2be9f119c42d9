"""Findings: raised by the second line, answered by the first, closed by the second."""

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.assessments.models import Breach
from audits.workflows import services
from audits.workflows.forms import AnswerForm, FindingFilter, FindingForm, ReasonForm
from audits.workflows.models import Finding
from audits.workflows.states import FindingState
from inventory.models import Model
from inventory.views.scope import model_for, model_page
from mrm.accounts.policies import Permission
from mrm.pages import wording
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.tables import numbered_page


@require_safe
def finding_list(request):
    form = FindingFilter(request.GET)
    form.is_valid()
    findings = _visible(request).select_related("model")
    wanted = form.cleaned_data
    for name in ("state", "severity"):
        if wanted.get(name):
            findings = findings.filter(**{name: wanted[name]})
    if text := wanted.get("q"):
        findings = findings.filter(
            Q(model__name__icontains=text) | Q(reference__icontains=text) | Q(title__icontains=text)
        )
    context = {"page": numbered_page(request, findings), "form": form}
    return answer(request, "workflows/finding_list.html", context, part="workflows/finding_rows.html")


@require_safe
def model_findings(request, slug):
    model = model_for(request, slug)
    findings = model.findings.select_related("model")
    context = model_page(request, model, "findings", page=numbered_page(request, findings))
    return render(request, "workflows/model_findings.html", context)


@require_http_methods(["GET", "POST"])
def raise_finding(request, slug):
    model = model_for(request, slug)
    breach = _breach_of(request, model)
    form = FindingForm(posted(request), initial=_proposal(breach))

    def act(data):
        version = breach.version if breach else None
        finding = services.raise_finding(model, version=version, breach=breach, **data, actor=request.user)
        messages.success(request, f"{finding.reference} was raised with {model.owner}.")
        return reverse("finding", args=[finding.reference])

    def show(status):
        context = {
            "form": form,
            "heading": f"Raise a finding on {model.name}",
            "lead": f"About the {breach}." if breach else f"{model.owner} owns the model and will be asked to answer.",
            "submit": "Raise the finding",
            "back": reverse("breach", args=[breach.pk]) if breach else reverse("model-findings", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def finding(request, reference):
    return _finding_page(request, _finding_for(request, reference))


@require_POST
def respond(request, reference):
    """The answer, kept; with `submit` also handed over for closure."""
    finding, form = _finding_for(request, reference), AnswerForm(request.POST)

    def act(data):
        service = services.submit_finding if "submit" in request.POST else services.respond_to_finding
        service(finding, response=data["response"], actor=request.user)
        return reverse("finding", args=[reference])

    return answer_form(request, form, act=act, show=lambda status: _finding_page(request, finding, form, status))


@require_POST
def judge(request, reference):
    """The second line's answer to the answer: closed, or handed back, both with a reason."""
    finding, form = _finding_for(request, reference), ReasonForm(request.POST)

    def act(data):
        service = services.close_finding if "close" in request.POST else services.return_finding
        service(finding, reason=data["reason"], actor=request.user)
        return reverse("finding", args=[reference])

    return answer_form(request, form, act=act, show=lambda status: _finding_page(request, finding, form, status))


def _visible(request):
    return Finding.objects.filter(model__in=Model.objects.visible_to(request.user))


def _finding_for(request, reference) -> Finding:
    findings = _visible(request).select_related(
        "model__owner", "version", "breach__version", "raised_by", "submitted_by", "closed_by"
    )
    return get_object_or_404(findings, reference=reference)


def _finding_page(request, finding, form=None, status=200):
    may = request.user.permissions_in(finding.model.workspace_id)
    answers = finding.state == FindingState.OPEN and Permission.ANSWER_FINDING in may
    is_involved = request.user.pk in (finding.model.owner_id, finding.submitted_by_id)
    judges = finding.state == FindingState.SUBMITTED and Permission.CLOSE_FINDING in may and not is_involved
    if form is None and answers:
        form = AnswerForm(initial={"response": finding.response})
    elif form is None and judges:
        form = ReasonForm()
    context = {"finding": finding, "model": finding.model, "form": form, "answers": answers, "judges": judges}
    return render(request, "workflows/finding.html", context, status=status)


def _breach_of(request, model) -> Breach | None:
    named = request.GET.get("breach")
    return get_object_or_404(Breach, pk=named, version__model=model) if named else None


def _proposal(breach: Breach | None) -> dict:
    """What the form starts with where a breach gave rise to it."""
    if breach is None:
        return {}
    about = wording.sentence(wording.case(breach.measure, breach.column, breach.segment))
    seen = wording.counted(breach.occurrences, "run")
    return {
        "title": f"{about} beyond its limit",
        "severity": Finding.Severity.HIGH if breach.verdict == "red" else Finding.Severity.MEDIUM,
        "observation": f"{about} of {breach.version} is {breach.verdict}, "
        f"seen in {seen} since {breach.opened_at:%d %B %Y}.",
    }
