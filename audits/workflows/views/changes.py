"""Change requests: asking, seeing what is at stake, deciding, taking back."""

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.assessments.models import Breach
from audits.workflows import policies, services, tasks
from audits.workflows.forms import ChangeFilter, ChangeForm, DecisionForm, WithdrawalForm
from audits.workflows.models import ChangeRequest
from audits.workflows.states import ChangeState
from inventory.views.scope import model_for, model_page, version_for
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import signing_page
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.tables import numbered_page
from mrm.queue import nudge

CONSEQUENCES = {
    ChangeRequest.Kind.RETRAINING: (
        "After the last approval the same estimator is fitted again on the labelled window and registered as a "
        "candidate. What is in use stays in use until a promotion is decided.",
        "Nothing is retrained; the breach stays open and may ask again after the policy's waiting period.",
    ),
    ChangeRequest.Kind.PROMOTION: (
        "With the last approval this version goes into production and the one before it is superseded, at once.",
        "What is in use stays in use.",
    ),
    ChangeRequest.Kind.RETIREMENT: (
        "With the last approval the model and all its versions are retired; they stay in the register.",
        "The model stays as it is.",
    ),
}


@require_safe
def change_list(request):
    form = ChangeFilter(request.GET)
    form.is_valid()
    changes = ChangeRequest.objects.visible_to(request.user).select_related("model", "version", "requester")
    wanted = form.cleaned_data
    for name in ("state", "kind"):
        if wanted.get(name):
            changes = changes.filter(**{name: wanted[name]})
    if text := wanted.get("q"):
        changes = changes.filter(Q(model__name__icontains=text) | Q(reference__icontains=text))
    context = {"page": numbered_page(request, changes), "form": form}
    return answer(request, "workflows/change_list.html", context, part="workflows/change_rows.html")


@require_safe
def model_changes(request, slug):
    model = model_for(request, slug)
    changes = model.changes.select_related("model", "version", "requester")
    context = model_page(request, model, "changes", page=numbered_page(request, changes))
    return render(request, "workflows/model_changes.html", context)


@require_http_methods(["GET", "POST"])
def request_change(request, slug, number):
    version = version_for(request, slug, number)
    breach = _breach_of(request, version)
    kind = request.GET.get("kind", "")
    form = ChangeForm(posted(request), initial={"kind": kind})

    def act(data):
        change = services.request_change(
            data["kind"], version, reason=data["reason"], breach=breach, actor=request.user
        )
        messages.success(request, f"{change.reference} was sent to those who decide.")
        return reverse("change", args=[change.reference])

    def show(status):
        context = model_page(request, version.model, "changes", version=version, breach=breach, form=form)
        return render(request, "workflows/request_change.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_safe
def change(request, reference):
    """Should this happen? What changes, what fails, what is missing, what follows; then sign."""
    return _change_page(request, _change_for(request, reference))


@require_POST
def decide(request, reference):
    """From what somebody decides to the statement they would sign."""
    change = _change_for(request, reference)
    form = DecisionForm(request.POST)

    def act(data):
        statement = services.prepare_decision(change, approved=form.approved, **data, actor=request.user)
        return reverse("sign-decision", args=[reference, statement.pk])

    return answer_form(request, form, act=act, show=lambda status: _change_page(request, change, form, status))


@require_http_methods(["GET", "POST"])
def sign_decision(request, reference, statement_id):
    change = _change_for(request, reference)
    back = reverse("change", args=[reference])

    def act(proof):
        services.sign_decision(change, statement_id, proof=proof, actor=request.user)
        nudge(tasks.dispatch_approved_retrainings)
        messages.success(request, f"Your decision on {reference} is signed and in the trail.")
        return back

    return signing_page(request, statement_id, act=act, heading=f"Sign your decision on {reference}", back=back)


@require_http_methods(["GET", "POST"])
def withdraw(request, reference):
    change = _change_for(request, reference)
    form = WithdrawalForm(posted(request))

    def act(data):
        services.withdraw(change, reason=data["reason"], actor=request.user)
        return reverse("change", args=[reference])

    def show(status):
        context = {
            "form": form,
            "heading": f"Withdraw {reference}",
            "lead": str(change),
            "submit": "Withdraw the request",
            "back": reverse("change", args=[reference]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


def _change_for(request, reference) -> ChangeRequest:
    changes = ChangeRequest.objects.visible_to(request.user).select_related(
        "model__owner", "model__workspace", "version", "breach", "requester", "policy"
    )
    return get_object_or_404(changes, reference=reference)


def _change_page(request, change, form=None, status=200):
    view = services.decision_view(change, person=request.user)
    change = view.change
    if form is None and not view.reasons_not_to:
        form = DecisionForm(initial={"evidence_digest": change.evidence_digest})
    elif form is not None:
        form.data = form.data.copy()
        form.data["evidence_digest"] = change.evidence_digest  # Of what the page now shows.
    decisions = list(change.decisions.select_related("person"))
    filled = [decision.role for decision in decisions if decision.approved and decision.voided_at is None]
    evidence = change.evidence
    context = {
        "change": change,
        "model": change.model,
        "version": change.version,
        "evidence": evidence,
        "differences": _differences(evidence.get("replaces") or {}, evidence.get("version") or {}),
        "decisions": decisions,
        "roles": [(policies.in_words(role), role in filled) for role in change.roles_required],
        "awaits": [policies.in_words(role) for role in policies.roles_open(change.roles_required, filled)],
        "is_pending": change.state == ChangeState.PENDING,
        "consequences": CONSEQUENCES[change.kind],
        "reasons_not_to": view.reasons_not_to,
        "role": policies.in_words(view.role) if view.role else "",
        "form": form,
        "retraining": getattr(change, "retraining", None),
        "may_withdraw": request.user.pk in (change.requester_id, change.model.owner_id)
        and Permission.REQUEST_CHANGE in request.user.permissions_in(change.model.workspace_id),
    }
    return answer(request, "workflows/change.html", context, part="workflows/change_body.html", status=status)


def _breach_of(request, version) -> Breach | None:
    """The breach that gave rise to the request, where the address names one of this version."""
    named = request.GET.get("breach")
    return get_object_or_404(Breach, pk=named, version=version) if named else None


def _differences(before: dict, after: dict) -> list[tuple[str, str, str, bool]]:
    """The facts of both versions side by side, and whether they differ."""
    return [(name, before.get(name), value, before.get(name) != value) for name, value in after.items()]
