"""One breach: why, and what now?"""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from audits.assessments import services
from audits.assessments.contents.diagnosis import diagnosis_of
from audits.assessments.forms import ClosureForm, StepForm
from audits.assessments.models import Breach, BreachStep, Result
from audits.assessments.states import BreachState
from audits.assessments.views import figures
from audits.assessments.views.scope import breach_for
from inventory.states import Status
from inventory.views.scope import model_page
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import signing_page
from mrm.pages.answers import answer_form, posted

NO_ACTION = BreachStep.Decision.NO_ACTION
NOT_OF_THE_SECOND_LINE = "Only the second line closes a breach, and never on a model of its own."


@require_http_methods(["GET", "POST"])
def breach(request, breach_id):
    """What was measured when it opened and last, what else moved then, and what can be done; POST closes it."""
    breach = breach_for(request, breach_id)
    form = ClosureForm(posted(request))

    def act(data):
        if breach.state != BreachState.DECIDED:
            return _to_sign(request, breach, decision=NO_ACTION, text=data["reason"], closes=True)
        services.close_breach(breach, reason=data["reason"], actor=request.user)
        messages.success(request, "The breach is closed, with your reason in the trail.")
        return reverse("breach", args=[breach.pk])

    return answer_form(request, form, act=act, show=lambda status: _breach_page(request, breach, form, status))


@require_POST
def step(request, breach_id):
    """Take the next step of the investigation."""
    breach = breach_for(request, breach_id)
    if breach.state not in StepForm.ASKED:
        return redirect("breach", breach.pk)
    form = StepForm(request.POST, state=breach.state)

    def act(data):
        if "decision" in data:
            return _to_sign(request, breach, **data)
        services.take_step(breach, kind=form.kind, **data, actor=request.user)
        messages.success(request, "It is on record.")
        return reverse("breach", args=[breach.pk])

    def show(status):
        return _breach_page(request, breach, ClosureForm(), status, step_form=form)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign(request, breach_id, statement_id):
    """Sign what was decided, over the breach as it was shown."""
    found = breach_for(request, breach_id)
    back = reverse("breach", args=[found.pk])

    def act(proof):
        services.sign_decision(found, statement_id, proof=proof, actor=request.user)
        messages.success(request, "Your decision is signed, and on record.")
        return back

    return signing_page(request, statement_id, act=act, heading="Sign your decision on the breach", back=back)


def _to_sign(request, breach: Breach, **decision) -> str:
    statement = services.prepare_decision(breach, **decision, actor=request.user)
    return reverse("sign-breach-decision", args=[breach.pk, statement.pk])


def _breach_page(request, breach: Breach, form, status, *, step_form=None):
    why_not = _why_not_step(request, breach)
    if step_form is None and breach.state in StepForm.ASKED and not why_not:
        step_form = StepForm(state=breach.state)
    model = breach.version.model
    case = list(_of_case(breach))
    newest = case[-1] if case else None
    context = model_page(
        request,
        model,
        "monitoring",
        breach=breach,
        version=breach.version,
        first=next((result for result in case if result.run_id == breach.first_run_id), None),
        last=newest,
        trend=figures.trend(case),
        distribution=figures.distribution(newest) if newest else None,
        diagnosis=diagnosis_of(breach),
        themes=figures.THEMES,
        form=form,
        steps=breach.steps.select_related("person", "signature"),
        step_form=step_form,
        why_not_step=why_not,
        changes=breach.changes.all(),
        findings=breach.findings.visible_to(request.user),
    )
    may = context["may"]
    judges = Permission.CLOSE_FINDING in may
    context["why_not_close"] = services.why_not_judge(breach, request.user) if judges else NOT_OF_THE_SECOND_LINE
    context["may_act"] = breach.closed_at is None and model.status != Status.RETIRED
    return render(request, "assessments/breach.html", context, status=status)


def _why_not_step(request, breach: Breach) -> str:
    if breach.state not in StepForm.ASKED:
        return ""
    return services.why_not_step(breach, StepForm.ASKED[breach.state][0], request.user)


def _of_case(breach: Breach):
    """The measure of this case over time, oldest first."""
    return (
        Result.objects.filter(
            run__version=breach.version, measure=breach.measure, column=breach.column, segment=breach.segment
        )
        .select_related("run")
        .order_by("run__window_end", "run__queued_at")
    )
