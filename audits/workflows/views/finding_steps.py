"""Each step that a finding takes between the two lines: a page of its own with one form, answered by one service."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.contents.findings import rebut_by
from audits.workflows.forms import (
    ActionPlanForm,
    ActionPlanReviewForm,
    AnswerForm,
    ConfirmForm,
    JudgementForm,
    OutcomeForm,
    ReasonForm,
    RebuttalForm,
    ReperformanceForm,
    SignOffForm,
    SubmissionForm,
)
from audits.workflows.models import Finding
from audits.workflows.services.findings.plans import MOST_ITEMS
from audits.workflows.services.findings.reperformance import runs_since
from audits.workflows.states import FindingState
from audits.workflows.views.findings import finding_for, finding_form, first_line_of
from mrm.accounts.services import view_of_act
from mrm.accounts.views.signing import act_page, to_sign
from mrm.pages.answers import answer_form, posted

ROWS_OF_A_PLAN = 4
DRAFTED = ("title", "observation", "criterion", "impact", "effect_percent", "class_change_percent", "severity",
           "severity_reason", "required_outcome", "due_at")  # fmt: skip
METHODS = ["GET", "POST"]


@require_http_methods(METHODS)
def revise(request, reference):
    """A draft, written anew."""
    finding = finding_for(request, reference)
    said = {name: getattr(finding, name) for name in DRAFTED}
    said["evidence"] = "\n".join(f"{one['kind']} {one['reference']}" for one in finding.evidence)
    form = finding_form(finding.model, posted(request), initial=said | {"owner": finding.owner_id})

    def act(data):
        services.revise_draft(finding, **data, actor=request.user)

    page = {"heading": f"Revise the draft {reference}", "submit": "Keep it", "template": "workflows/finding_form.html"}
    return _step(request, finding, form, act, **page)


@require_http_methods(METHODS)
def issue(request, reference):
    finding = finding_for(request, reference)
    form = ConfirmForm(posted(request))

    def act(data):
        services.issue_finding(finding, actor=request.user)
        messages.success(request, f"{reference} is issued; {finding.owner} is asked to answer.")

    lead = f"“{finding.title}”, {finding.severity}. {finding.owner} sees it from now on, and its days begin."
    return _step(request, finding, form, act, heading=f"Issue {reference}", lead=lead, submit="Issue it")


@require_http_methods(METHODS)
def drop(request, reference):
    """From why nothing comes of it to the statement that says so."""
    finding, form = finding_for(request, reference), ReasonForm(posted(request))

    def act(data):
        return _to_drop(request, finding, data["reason"])

    lead = "It is kept with your reason, and nothing follows from it."
    return _step(request, finding, form, act, heading=f"Drop {reference}", lead=lead, submit="Go on to sign")


@require_http_methods(METHODS)
def sign_drop(request, reference, statement_id):
    def then(finding):
        messages.success(request, f"{reference} is dropped.")

    return _sign(request, services.FINDING_DROP, reference, statement_id, then)


@require_http_methods(METHODS)
def respond(request, reference):
    finding, form = finding_for(request, reference), AnswerForm(posted(request))

    def act(data):
        services.respond_to_finding(finding, **data, actor=request.user)

    until = f" It can be disputed until {rebut_by(finding):%-d %B %Y}, once." if finding.issued_at else ""
    lead = f"{finding.title}. Say whether it stands.{until}"
    return _step(request, finding, form, act, heading=f"Answer {reference}", lead=lead, submit="Send the answer")


@require_http_methods(METHODS)
def answer_rebuttal(request, reference):
    finding, form = finding_for(request, reference), RebuttalForm(posted(request))

    def act(data):
        if not data["upheld"]:
            return _to_drop(request, finding, data["reason"])
        services.uphold_finding(finding, reason=data["reason"], actor=request.user)
        return None

    lead = f"{finding.rebutted_by} disputes it: {finding.response}" if finding.rebutted_by else finding.title
    heading = f"Answer the rebuttal of {reference}"
    return _step(request, finding, form, act, heading=heading, lead=lead, submit="Send the answer")


@require_http_methods(METHODS)
def plan(request, reference):
    finding = finding_for(request, reference)
    asked = request.GET.get("rows", "")
    rows = min(int(asked), MOST_ITEMS) if asked.isascii() and asked.isdecimal() and asked[:4] == asked else 0
    rows = max(rows, ROWS_OF_A_PLAN)
    latest = None if finding.is_overdue else finding.due_at
    form = ActionPlanForm(
        posted(request), rows=rows, owners=first_line_of(finding.model), owner=finding.owner_id, latest=latest
    )

    def act(data):
        services.submit_plan(finding, items=data["items"], actor=request.user)
        messages.success(request, f"The plan for {reference} was sent to the second line.")

    page = {
        "heading": f"Plan for {reference}",
        "lead": finding.required_outcome,
        "submit": "Hand in the plan",
        "template": "workflows/plan_form.html",
        "more": f"?rows={rows + ROWS_OF_A_PLAN}" if rows < MOST_ITEMS else "",
    }
    return _step(request, finding, form, act, **page)


@require_http_methods(METHODS)
def review_plan(request, reference):
    finding, form = finding_for(request, reference), ActionPlanReviewForm(posted(request))

    def act(data):
        services.review_plan(finding, **data, actor=request.user)

    page = {"heading": f"Review the plan for {reference}", "submit": "Send the review"}
    return _step(request, finding, form, act, **page, plan=finding.plan(), template="workflows/plan_review.html")


@require_http_methods(METHODS)
def complete_item(request, reference, number):
    finding, form = finding_for(request, reference), OutcomeForm(posted(request))
    newest = finding.plan()
    item = newest and newest.items.filter(number=number).select_related("plan__finding__model").first()
    if not item:
        raise Http404

    def act(data):
        services.complete_action_item(item, outcome=data["outcome"], actor=request.user)

    return _step(request, finding, form, act, heading=f"Done: {item.what}", submit="It is done")


@require_http_methods(METHODS)
def submit(request, reference):
    finding, form = finding_for(request, reference), SubmissionForm(posted(request))

    def act(data):
        services.submit_finding(finding, **data, actor=request.user)
        messages.success(request, f"{reference} was handed over to the second line.")

    page = {"heading": f"Submit {reference} for closure", "lead": finding.required_outcome}
    return _step(request, finding, form, act, **page, submit="Submit for closure")


@require_http_methods(METHODS)
def reperform(request, reference):
    finding = finding_for(request, reference)
    form = ReperformanceForm(posted(request), runs=runs_since(finding))

    def act(data):
        services.record_reperformance(finding, **data, actor=request.user)

    lead = "Measure again on the page of the run or the plan; what was measured since the submission is offered here."
    page = {"heading": f"The test of {reference}, done again", "lead": lead, "submit": "Record it"}
    return _step(request, finding, form, act, **page)


@require_http_methods(METHODS)
def judge(request, reference):
    """The second line's answer to a submission: closed, or handed back, both with a reason."""
    finding, form = finding_for(request, reference), JudgementForm(posted(request))

    def act(data):
        if data["close"] == "no":
            services.return_finding(finding, reason=data["reason"], actor=request.user)
            return None
        statement = to_sign(request, services.FINDING_CLOSURE, finding, data["reason"])
        return reverse("sign-finding-closure", args=[reference, statement])

    submission = finding.submission()
    lead = f"{submission.submitted_by} says: {submission.told}" if submission else finding.title
    page = {"heading": f"Is {reference} put right?", "lead": lead, "submit": "Send the judgement"}
    return _step(request, finding, form, act, **page)


@require_http_methods(METHODS)
def prepare_sign_off(request, reference):
    """From agreeing to the statement that is signed; or back to the first line."""
    finding, form = finding_for(request, reference), SignOffForm(posted(request))

    def act(data):
        if data["outcome"] == "return":
            services.return_finding(finding, reason=data["comment"], actor=request.user)
            return None
        statement = to_sign(request, services.FINDING_SIGN_OFF, finding, data["comment"])
        return reverse("sign-off-finding", args=[reference, statement])

    page = {"heading": f"Sign off the closure of {reference}", "submit": "Go on", "template": "workflows/sign_off.html"}
    view = view_of_act(services.FINDING_SIGN_OFF, finding, person=request.user)
    return _step(request, finding, form, act, **page, view=view)


@require_http_methods(METHODS)
def sign_closure(request, reference, statement_id):
    def then(finding):
        done = "closed" if finding.state == FindingState.CLOSED else "validated; another person signs it off"
        messages.success(request, f"{reference} is {done}. Your signature is in the trail.")

    return _sign(request, services.FINDING_CLOSURE, reference, statement_id, then)


@require_http_methods(METHODS)
def sign_off(request, reference, statement_id):
    def then(finding):
        messages.success(request, f"{reference} is closed; your signature is in the trail.")

    return _sign(request, services.FINDING_SIGN_OFF, reference, statement_id, then)


def _sign(request, act, reference, statement_id, then):
    """Where an act about a finding is signed; afterwards the finding's own page."""
    finding, back = finding_for(request, reference), reverse("finding", args=[reference])
    heading = f"Sign the {'dropping' if act is services.FINDING_DROP else 'closure'} of {reference}"
    return act_page(
        request, act, finding, statement_id, heading=heading, back=back, then=lambda done: then(done) or back
    )


def _to_drop(request, finding: Finding, reason: str) -> str:
    statement = to_sign(request, services.FINDING_DROP, finding, reason)
    return reverse("sign-finding-drop", args=[finding.reference, statement])


def _step(request, finding: Finding, form, act, *, template: str = "components/form_page.html", **page):
    """A page with one form; afterwards the finding's own page, unless `act` names another."""
    back = reverse("finding", args=[finding.reference])

    def show(status):
        context = {"form": form, "finding": finding, "model": finding.model, "back": back, **page}
        return render(request, template, context, status=status)

    return answer_form(request, form, act=lambda data: act(data) or back, show=show)
