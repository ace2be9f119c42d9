"""Findings: all of them, those of one model, one as a story with what it awaits; and writing one."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audits.assessments.models import Breach
from audits.trail.models import Entry
from audits.workflows import services
from audits.workflows.contents.findings import FIRST, is_for, next_step
from audits.workflows.contents.lists import FINDINGS, ranked
from audits.workflows.forms import FindingFilter, FindingForm
from audits.workflows.models import Arrangement, Finding
from audits.workflows.services.findings.risks import CAN_BE_ACCEPTED
from audits.workflows.states import ENDED_FINDINGS, FindingState
from inventory.contents.stories import lines_of
from inventory.models import Policy
from inventory.policies import criteria
from inventory.views.scope import model_for, model_page
from mrm.accounts.models import Person
from mrm.accounts.policies import Permission
from mrm.accounts.services import holders_of
from mrm.pages import wording
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist


@require_safe
def finding_list(request):
    findings, form = _chosen(request)
    context = FINDINGS.shown(request, findings, csv="findings-csv") | {"form": form}
    return answer(
        request, "workflows/finding_list.html", context, part="workflows/finding_rows.html", status=form.status
    )


@require_safe
def findings_csv(request):
    """What the list shows, all of it, for a spreadsheet."""
    findings, form = _chosen(request)
    insist(form)
    return FINDINGS.spreadsheet(request, findings.select_related("version"), "findings.csv")


@require_safe
def model_findings(request, slug):
    model = model_for(request, slug)
    findings = Finding.objects.visible_to(request.user).filter(model=model).select_related("model", "owner")
    listed = FINDINGS.shown(request, ranked(findings), csv="findings-csv", model=slug)
    context = model_page(request, model, "findings", **listed)
    return render(request, "workflows/model_findings.html", context)


@require_http_methods(["GET", "POST"])
def raise_finding(request, slug):
    """Write a finding, and issue it or keep it as a draft."""
    model = model_for(request, slug)
    breach = _breach_of(request, model)
    form = finding_form(model, posted(request), initial=_proposal(breach))

    def act(data):
        service = services.draft_finding if "draft" in request.POST else services.raise_finding
        finding = service(model, breach=breach, **data, actor=request.user)
        told = "is kept as a draft." if finding.state == FindingState.DRAFT else f"was raised with {finding.owner}."
        messages.success(request, f"{finding.reference} {told}")
        return reverse("finding", args=[finding.reference])

    def show(status):
        context = {
            "form": form,
            "heading": f"Raise a finding on {model.name}",
            "lead": f"About the {breach}." if breach else f"{model.owner} owns the model and will be asked to answer.",
            "submit": "Raise the finding",
            "may_draft": True,
            "back": reverse("breach", args=[breach.pk]) if breach else reverse("model-findings", args=[slug]),
        }
        return render(request, "workflows/finding_form.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def finding(request, reference):
    """What is wrong, what is done about it, and the single next thing."""
    finding = finding_for(request, reference)
    step, person = next_step(finding), request.user
    may = person.permissions_in(finding.model.workspace_id, finding.model_slug)
    asking = reverse("request-model-change", args=[finding.model_slug])
    context = {
        "finding": finding,
        "model": finding.model,
        "step": step,
        "is_mine": step is not None and is_for(step, finding, person) and not _kept_from(step, finding, person),
        "criterion": criterion_of(finding),
        "suggested": services.suggested_severity(
            effect_percent=finding.effect_percent, class_change_percent=finding.class_change_percent
        ),
        "extension": f"{asking}?kind=extension&finding={finding.reference}"
        if _may_ask(finding, may) and not finding.is_overdue
        else "",
        "acceptance": f"{asking}?kind=risk_acceptance&finding={finding.reference}"
        if _may_ask(finding, may) and finding.severity != Finding.Severity.CRITICAL
        else "",
        "acceptances": finding.arrangements.filter(kind=Arrangement.Kind.ACCEPTANCE).order_by("-starts_at"),
        "story": lines_of(Entry.objects.about(finding).order_by("position"), of_one=True, reader=request.user),
    }
    return render(request, "workflows/finding.html", context)


def _kept_from(step, finding: Finding, person) -> list[str]:
    """Why, by the whole history, this person does not judge what the first line did; empty if they may."""
    judges = step.of != FIRST and finding.state != FindingState.DRAFT
    return services.why_not_judge(finding, person) if judges else []


def finding_for(request, reference) -> Finding:
    return get_object_or_404(Finding.objects.visible_to(request.user).in_full(), reference=reference)


def finding_form(model, data, **kwargs) -> FindingForm:
    """The form of a finding on this model, with the clauses of the policy in force and who could answer for it."""
    document = Policy.objects.in_force().document
    return FindingForm(data, criteria=criteria(document), owners=first_line_of(model), owner=model.owner, **kwargs)


def first_line_of(model):
    """People who answer findings on this model."""
    holders = holders_of(Permission.ANSWER_FINDING, model.workspace_id, model.slug)
    return Person.objects.filter(pk__in=[person.pk for person in holders])


def criterion_of(finding: Finding) -> str:
    """The clause in words, of the policy that bound the finding when it was issued."""
    return criteria(finding.rules).get(finding.criterion, wording.sentence(finding.criterion.replace(".", ": ")))


def _may_ask(finding: Finding, may) -> bool:
    return Permission.REQUEST_CHANGE in may and finding.state in CAN_BE_ACCEPTED


def _chosen(request):
    form = FindingFilter(request.GET)
    findings, asked = Finding.objects.visible_to(request.user).select_related("model", "owner"), form.asked
    if state := asked.get("state"):
        unfinished = findings.exclude(state__in=ENDED_FINDINGS)
        findings = unfinished if state == "unfinished" else findings.filter(state=state)
    if asked.get("overdue"):
        findings = findings.overdue(timezone.localdate())
    return form.chosen(ranked(findings)), form


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
        "criterion": f"limits.{breach.measure}",
        "evidence": f"breach {breach.pk}\nrun {breach.last_run_id}",
        "observation": f"{about} of {breach.version} is {breach.verdict}, "
        f"seen in {seen} since {breach.opened_at:%d %B %Y}.",
    }
