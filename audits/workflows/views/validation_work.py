"""What validators and the first line do in a validation: parts, plan, evidence, challenges, and what is signed."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.workflows.forms import (
    AssignmentForm,
    ChallengeForm,
    ConclusionOfItemForm,
    EvidenceForm,
    OpinionForm,
    PlanForm,
    ReasonForm,
    ReviewForm,
    SayingForm,
)
from audits.workflows.services import validations as services
from audits.workflows.services.validations.plans import CONCLUDED_IN, PLANNED_IN
from audits.workflows.services.validations.scope import assignment_of
from audits.workflows.views.validations import validation_for, validation_page
from mrm.accounts.models import Person
from mrm.accounts.views.signing import signing_page
from mrm.pages.answers import answer_form, posted


@require_POST
def assign(request, reference):
    found = validation_for(request, reference)
    form = AssignmentForm(request.POST, people=Person.objects.filter(kind=Person.Kind.HUMAN, is_active=True))

    def act(data):
        services.assign_validator(found, **data, actor=request.user)
        return _back(reference)

    return answer_form(request, form, act=act, show=lambda status: _again(request, found, status, assignment_form=form))


@require_http_methods(["GET", "POST"])
def release(request, reference, assignment_id):
    found = validation_for(request, reference)
    assignment = get_object_or_404(found.assignments.select_related("person"), pk=assignment_id)
    form = ReasonForm(posted(request))

    def act(data):
        services.release_validator(assignment, reason=data["reason"], actor=request.user)
        return _back(reference)

    def show(status):
        context = {
            "form": form,
            "heading": f"Release {assignment.person} from {reference}",
            "lead": "Who attested to independence stays known as a validator of the version.",
            "submit": "Release",
            "back": _back(reference),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_POST
def attest(request, reference):
    """From the text of the attestation to its signature."""
    found = validation_for(request, reference)
    statement = services.prepare_attestation(found, actor=request.user)
    return redirect("sign-attestation", reference, statement.pk)


@require_http_methods(["GET", "POST"])
def sign_attestation(request, reference, statement_id):
    return _sign(request, reference, statement_id, services.sign_attestation, "Attest to your independence")


@require_safe
def item(request, reference, component):
    """One component: what it must show, what it rests on, what was concluded."""
    return _item_page(request, *_item_for(request, reference, component))


@require_POST
def plan(request, reference, component):
    found, item = _item_for(request, reference, component)
    form = PlanForm(request.POST)

    def act(data):
        services.plan_item(item, **data, actor=request.user)
        return _back(reference)

    return answer_form(
        request, form, act=act, show=lambda status: _item_page(request, found, item, status=status, plan_form=form)
    )


@require_POST
def conclude(request, reference, component):
    found, item = _item_for(request, reference, component)
    form = ConclusionOfItemForm(request.POST)

    def act(data):
        services.conclude_item(item, **data, actor=request.user)
        return _back(reference)

    return answer_form(
        request,
        form,
        act=act,
        show=lambda status: _item_page(request, found, item, status=status, conclusion_form=form),
    )


@require_POST
def link(request, reference, component):
    found, item = _item_for(request, reference, component)
    form = EvidenceForm(request.POST, offered=services.linkable_evidence(found))

    def act(data):
        kind, _, key = data["evidence"].partition(":")
        services.link_evidence(item, kind=kind, key=key, actor=request.user)
        return reverse("validation-item", args=[reference, component])

    return answer_form(
        request, form, act=act, show=lambda status: _item_page(request, found, item, status=status, evidence_form=form)
    )


@require_POST
def unlink(request, reference, component, evidence_id):
    _, item = _item_for(request, reference, component)
    evidence = get_object_or_404(item.evidence.select_related("item__request"), pk=evidence_id)
    services.withdraw_evidence(evidence, actor=request.user)
    return redirect("validation-item", reference, component)


@require_POST
def challenge(request, reference):
    found = validation_for(request, reference)
    items = {item.component: item for item in found.items.filter(is_planned=True)}
    form = ChallengeForm(request.POST, components=[(name, item.name) for name, item in items.items()])

    def act(data):
        about = items.get(data["component"])
        services.raise_challenge(found, text=data["text"], item=about, actor=request.user)
        return f"{_back(reference)}#challenges"

    return answer_form(request, form, act=act, show=lambda status: _again(request, found, status, challenge_form=form))


@require_POST
def respond(request, reference, number):
    return _say(request, reference, number, services.respond_to_challenge)


@require_POST
def resolve(request, reference, number):
    """Settled, or asked on: which of the two buttons was pressed."""
    return _say(
        request, reference, number, services.resolve_challenge, is_resolved=request.POST.get("resolved") == "yes"
    )


@require_POST
def opine(request, reference):
    found = validation_for(request, reference)
    form = OpinionForm(request.POST, validation=found)

    def act(data):
        statement = services.prepare_opinion(found, **data, actor=request.user)
        return reverse("sign-opinion", args=[reference, statement.pk])

    return answer_form(request, form, act=act, show=lambda status: _again(request, found, status, opinion_form=form))


@require_http_methods(["GET", "POST"])
def sign_opinion(request, reference, statement_id):
    return _sign(request, reference, statement_id, services.sign_opinion, "Sign your opinion")


@require_POST
def review(request, reference):
    found = validation_for(request, reference)
    form = ReviewForm(request.POST)

    def act(data):
        said = data | {"agreed": data["agreed"] == "yes"}
        statement = services.prepare_review(found, **said, actor=request.user)
        return reverse("sign-review", args=[reference, statement.pk])

    return answer_form(request, form, act=act, show=lambda status: _again(request, found, status, review_form=form))


@require_http_methods(["GET", "POST"])
def sign_review(request, reference, statement_id):
    return _sign(request, reference, statement_id, services.sign_review, "Sign your decision")


def _sign(request, reference, statement_id, service, heading):
    found = validation_for(request, reference)

    def act(proof):
        service(found, statement_id, proof=proof, actor=request.user)
        messages.success(request, f"What you signed about {reference} is in the trail.")
        return _back(reference)

    return signing_page(request, statement_id, act=act, heading=f"{heading}: {reference}", back=_back(reference))


def _say(request, reference, number, service, **how):
    found = validation_for(request, reference)
    challenge = get_object_or_404(found.challenges.select_related("request__model"), number=number)
    form = SayingForm(request.POST)

    def act(data):
        service(challenge, text=data["text"], **how, actor=request.user)
        return f"{_back(reference)}#challenges"

    return answer_form(
        request, form, act=act, show=lambda status: _again(request, found, status, saying_form=form, said_in=number)
    )


def _item_for(request, reference, component):
    found = validation_for(request, reference)
    item = found.items.filter(component=component).select_related("concluded_by").first()
    if item is None:
        raise Http404
    item.request = found
    return found, item


def _item_page(request, found, item, *, status=200, **forms):
    mine = assignment_of(found, request.user)
    works = mine is not None and mine.attested_at is not None
    said = {"is_planned": item.is_planned, "expectation": item.expectation, "deviation_reason": item.deviation_reason}
    concluded = {"outcome": item.outcome, "conclusion": item.conclusion}
    context = {
        "validation": found,
        "model": found.model,
        "item": item,
        "evidence": item.evidence.standing().select_related("run", "result", "linked_by"),
        "challenges": found.challenges.filter(item=item).prefetch_related("entries"),
        "may_plan": works and mine.role == "lead" and found.state in PLANNED_IN,
        "may_conclude": works and item.is_planned and found.state in CONCLUDED_IN,
        "plan_form": PlanForm(initial=said),
        "conclusion_form": ConclusionOfItemForm(initial=concluded),
        "evidence_form": EvidenceForm(offered=services.linkable_evidence(found)),
        **forms,
    }
    return render(request, "workflows/validation_item.html", context, status=status)


def _again(request, found, status, **forms):
    found.refresh_from_db()
    return validation_page(request, found, status=status, **forms)


def _back(reference) -> str:
    return reverse("validation", args=[reference])
