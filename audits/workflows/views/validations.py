"""Validations: the list, one request with its plan and opinion, and asking for one."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.workflows.contents.lists import VALIDATIONS, as_listed
from audits.workflows.contents.validations import due_of
from audits.workflows.forms import (
    AssignmentForm,
    ChallengeForm,
    OpinionForm,
    ReasonForm,
    ReviewForm,
    SayingForm,
    ValidationFilter,
    ValidationForm,
)
from audits.workflows.models import ValidationOpinion, ValidationRequest
from audits.workflows.services import validations as services
from audits.workflows.services.validations.independence import why_not_independent
from audits.workflows.services.validations.scope import SIGNED, assignment_of
from audits.workflows.states import VALIDATION_TRANSITIONS
from audits.workflows.states import ValidationState as State
from inventory.states import Stage
from inventory.views.scope import model_for, model_page
from mrm.accounts.models import Person
from mrm.accounts.policies import ALLOWED, Permission
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist


@require_safe
def validation_list(request):
    rows, form = _filtered(request)
    context = VALIDATIONS.shown(request, rows, csv="validations-csv") | {"form": form}
    return answer(
        request, "workflows/validation_list.html", context, part="workflows/validation_rows.html", status=form.status
    )


@require_safe
def validations_csv(request):
    """The rows that the list shows, all pages of them."""
    rows, form = _filtered(request)
    insist(form)
    return VALIDATIONS.spreadsheet(request, rows, "validations.csv")


@require_safe
def model_validations(request, slug):
    """When the model is due, what holds, and every validation so far."""
    model = model_for(request, slug)
    rows = as_listed(ValidationRequest.objects.filter(model=model))
    today = timezone.now().date()
    due = due_of([model]).get(model.pk)
    listed = VALIDATIONS.shown(request, rows, csv="validations-csv", model=slug)
    context = model_page(
        request,
        model,
        "validations",
        **listed,
        due=due,
        days_overdue=due.days_overdue(today) if due else 0,
        in_force=ValidationOpinion.objects.in_force(today)
        .filter(request__model=model)
        .select_related("request__version"),
        not_fit=ValidationOpinion.objects.not_fit().filter(request__model=model).select_related("request__version"),
    )
    return render(request, "workflows/model_validations.html", context)


@require_http_methods(["GET", "POST"])
def request_validation(request, slug):
    model = model_for(request, slug)
    versions = model.versions.exclude(stage__in=(Stage.SUPERSEDED, Stage.RETIRED)).order_by("-number")
    by_number = {str(one.number): one for one in versions}
    choices = [(number, f"Version {number}, {one.stage}") for number, one in by_number.items()]
    form = ValidationForm(posted(request), versions=choices, initial=request.GET.dict())

    def act(data):
        subject = by_number.get(data["version"], model)
        asked = services.request_validation(subject, kind=data["kind"], trigger=data["trigger"], actor=request.user)
        messages.success(request, f"{asked.reference} is open; the head of validation assigns who validates.")
        return reverse("validation", args=[asked.reference])

    def show(status):
        context = {
            "form": form,
            "heading": f"Ask for a validation of {model.name}",
            "lead": "The plan follows from the type and the tier; independent validators take it from there.",
            "submit": "Ask for it",
            "back": reverse("model-validations", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def validation(request, reference):
    """What is validated, how far it is, what is missing, and what was concluded."""
    return validation_page(request, validation_for(request, reference))


@require_POST
def begin(request, reference):
    return _step(request, reference, services.begin_validation)


@require_POST
def resume(request, reference):
    return _step(request, reference, services.resume_validation)


@require_http_methods(["GET", "POST"])
def hold(request, reference):
    return _with_reason(request, reference, services.hold_validation, "Let it wait", "What does it wait for?")


@require_http_methods(["GET", "POST"])
def cancel(request, reference):
    return _with_reason(request, reference, services.cancel_validation, "Cancel it", "Why is it not wanted any more?")


def validation_for(request, reference) -> ValidationRequest:
    rows = ValidationRequest.objects.visible_to(request.user).select_related(
        "model__owner", "model__workspace", "version__model", "policy", "requested_by"
    )
    return get_object_or_404(rows, reference=reference)


def validation_page(request, found, *, status=200, **forms):
    """The page of one request; `forms` are those that were sent and refused."""
    if found.state in SIGNED:
        found = services.refresh_validation(found)
    person, items = request.user, list(found.items.prefetch_related("evidence__run", "evidence__result"))
    planned = [item for item in items if item.is_planned]
    challenges = list(found.challenges.select_related("item").prefetch_related("entries__said_by"))
    opinions = list(found.opinions.select_related("person", "signature").prefetch_related("reviews__person"))
    mine = assignment_of(found, person)
    may = person.permissions_in(found.model.workspace_id, found.model_slug)
    works = mine is not None and mine.attested_at is not None
    is_lead = works and mine.role == "lead"
    seen = {"content_digest": services.digest_of_content(found)}
    for form in forms.values():
        if hasattr(form, "data") and "content_digest" in form.fields:
            form.data = form.data.copy() | seen  # Of what the page now shows.
    open_numbers = {one.number for one in found.challenges.open()}
    context = {
        "validation": found,
        "model": found.model,
        "items": planned,
        "left_out": [item for item in items if not item.is_planned and item.is_required],
        "optional": [item for item in items if not item.is_planned and not item.is_required],
        "done": sum(item.is_done for item in planned),
        "challenges": [(one, one.number in open_numbers) for one in challenges],
        "opinions": opinions,
        "standing": next((one for one in opinions if one.voided_at is None), None),
        "assignments": found.assignments.select_related("person", "signature"),
        "mine": mine,
        "works": works,
        "is_lead": is_lead,
        "attestation": services.ATTESTATION,
        "events": {event for (state, event) in VALIDATION_TRANSITIONS if state == found.state},
        "missing": services.why_not_give_opinion(found) if found.state == State.IN_PROGRESS else [],
        "why_not_begin": services.why_not_begin(found) if found.state == State.PLANNING else [],
        "why_not_review": services.why_not_review(found, person) if found.state in SIGNED else [],
        "may_assign": Permission.ASSIGN_VALIDATOR in may and found.is_open and not why_not_independent(found, person),
        "may_answer": Permission.ANSWER_FINDING in may and mine is None,
        "arrangements": found.arrangements.order_by("reference"),
        "assignment_form": AssignmentForm(people=_validators(found)),
        "challenge_form": ChallengeForm(components=[(item.component, item.name.capitalize()) for item in planned]),
        "saying_form": SayingForm(),
        "opinion_form": OpinionForm(initial=seen, validation=found),
        "review_form": ReviewForm(initial=seen),
        **forms,
    }
    return render(request, "workflows/validation.html", context, status=status)


def _validators(found: ValidationRequest):
    roles = ALLOWED[Permission.VALIDATE_MODEL]
    people = Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True, grants__role__in=roles)
    return people.exclude(pk=found.model.owner_id).distinct().order_by("display_name")


def _step(request, reference, service):
    found = validation_for(request, reference)
    service(found, actor=request.user)
    return redirect("validation", reference)


def _with_reason(request, reference, service, heading, lead):
    found = validation_for(request, reference)
    form = ReasonForm(posted(request))
    back = reverse("validation", args=[reference])

    def act(data):
        service(found, reason=data["reason"], actor=request.user)
        return back

    def show(status):
        context = {"form": form, "heading": f"{heading}: {reference}", "lead": lead, "submit": heading, "back": back}
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _filtered(request):
    form = ValidationFilter(request.GET)
    rows, asked = as_listed(ValidationRequest.objects.visible_to(request.user)), form.asked
    if state := asked.get("state"):
        rows = rows.open() if state == "open" else rows.filter(state=state)
    if opinion := asked.get("opinion"):
        rows = rows.filter(pk__in=ValidationOpinion.objects.standing().filter(outcome=opinion).values("request"))
    return form.chosen(rows), form
