"""Change requests: asking, seeing what is at stake, deciding, taking back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.assessments.models import Breach
from audits.workflows import policies, services, tasks
from audits.workflows.contents.classification import class_shown
from audits.workflows.contents.lists import CHANGES
from audits.workflows.forms import ChangeFilter, ChangeForm, ConclusionForm, DecisionForm, WithdrawalForm
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.positions import roles_of
from audits.workflows.services.terms import awaits_words, told_terms
from audits.workflows.states import ChangeState
from inventory.models import ModelVersion
from inventory.views.scope import model_for, model_page, version_for
from mrm.accounts.policies import Permission
from mrm.accounts.services import require
from mrm.accounts.views.signing import act_page, signing_page, to_sign
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist
from mrm.queue import nudge


@require_safe
def change_list(request):
    changes, form = _chosen(request)
    context = CHANGES.shown(request, changes, csv="changes-csv") | {"form": form}
    return answer(request, "workflows/change_list.html", context, part="workflows/change_rows.html", status=form.status)


@require_safe
def changes_csv(request):
    """What the list shows, all of it, for a spreadsheet."""
    changes, form = _chosen(request)
    insist(form)
    return CHANGES.spreadsheet(request, changes, "changes.csv")


def _chosen(request):
    form = ChangeFilter(request.GET)
    changes = ChangeRequest.objects.visible_to(request.user).select_related(
        "model", "version", "requester", "retraining"
    )
    return form.chosen(changes), form


@require_safe
def model_changes(request, slug):
    model = model_for(request, slug)
    changes = model.changes.select_related("model", "version", "requester", "retraining")
    context = model_page(request, model, "changes", **CHANGES.shown(request, changes, csv="changes-csv", model=slug))
    return render(request, "workflows/model_changes.html", context)


@require_http_methods(["GET", "POST"])
def request_change(request, slug, number):
    """Ask for a change of one version."""
    version = version_for(request, slug, number)
    return _ask(request, version, version.model)


@require_http_methods(["GET", "POST"])
def request_model_change(request, slug):
    """Ask for a change of a model as a whole."""
    model = model_for(request, slug)
    return _ask(request, model, model)


@require_http_methods(["GET", "POST"])
def request_policy_change(request):
    """Ask for the approval of a policy that was drafted."""
    return _ask(request, None, None, kind=ChangeRequest.Kind.POLICY_CHANGE)


def _ask(request, subject, model, *, kind=""):
    """First which kind, with what each is for; then what that kind needs, said before anything is sent."""
    kind = kind or request.POST.get("kind") or request.GET.get("kind", "")
    about = ("version", "model") if subject is not model else ("model",)
    offered = {name: one for name, one in KINDS.items() if one.about in (about if model else ("policy",))}
    if kind not in offered:
        return _choose(request, subject, model, offered)
    breach, renews = _breach_of(request, subject), _renewed(request, model)
    draft = services.draft_change(kind, subject, renews=renews)
    initial = _initial(draft) | {f"terms.{name}": value for name, value in request.GET.items()}
    form = ChangeForm(posted(request), initial=initial, change=draft)

    def act(data):
        change = services.request_change(
            kind, subject, reason=data["reason"], terms=form.terms, breach=breach, renews=renews, actor=request.user
        )
        messages.success(request, f"{change.reference} was sent to those who decide.")
        return reverse("change", args=[change.reference])

    def show(status):
        asked = {"form": form, "draft": draft, "kind": offered[kind], "breach": breach, "renews": renews}
        asked["ruled_out"] = offered[kind].ruled_out(draft)
        return _asking_page(request, model, asked | {"awaits": awaits_words(draft)}, status=status)

    return answer_form(request, form, act=act, show=show)


def _choose(request, subject, model, offered):
    """What this person can ask for, and what for."""
    may = request.user.permissions_in(model.workspace_id, model.slug)
    if not may & {kind.asked_by for kind in offered.values()}:
        require(request.user, Permission.REQUEST_CHANGE, model.workspace_id, model_slug=model.slug)
    choices = [(services.draft_change(name, subject), kind) for name, kind in offered.items() if kind.asked_by in may]
    choices = [(draft, kind, awaits_words(draft), kind.ruled_out(draft)) for draft, kind in choices]
    return _asking_page(request, model, {"choices": choices, "subject": subject})


def _asking_page(request, model, context, *, status=200):
    if model is None:
        return render(request, "workflows/request_policy_change.html", context, status=status)
    page = model_page(request, model, "changes", **context)
    return render(request, "workflows/request_change.html", page, status=status)


def _initial(draft: ChangeRequest) -> dict:
    """What the form begins with: what is renewed, as it stands."""
    renewed = draft.renews.terms if draft.renews else {}
    return {"kind": draft.kind} | {f"terms.{name}": value for name, value in renewed.items() if name != "ends_on"}


@require_safe
def change(request, reference):
    """Should this happen? What changes, what fails, what is missing, what follows; then sign."""
    return _change_page(request, change_for(request, reference))


@require_POST
def decide(request, reference):
    """From what somebody decides to the statement they would sign."""
    change = change_for(request, reference)
    form = _decision_form(change, request.POST)

    def act(data):
        statement = services.prepare_decision(change, approved=form.approved, **data, actor=request.user)
        return reverse("sign-decision", args=[reference, statement.pk])

    return answer_form(request, form, act=act, show=lambda status: _change_page(request, change, form, status))


@require_POST
def conclude(request, reference):
    """The chair closes the committee's vote."""
    change = change_for(request, reference)
    form = ConclusionForm(request.POST)

    def act(data):
        statement = to_sign(request, services.VOTE_CONCLUSION, change, data["minutes"])
        return reverse("sign-conclusion", args=[reference, statement])

    def show(status):
        context = {
            "form": form,
            "heading": f"Conclude the vote on {reference}",
            "lead": str(change),
            "submit": "Go on to sign",
            "back": reverse("change", args=[reference]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_conclusion(request, reference, statement_id):
    """The chair's signature under the count of the votes."""
    change, back = change_for(request, reference), reverse("change", args=[reference])

    def then(concluded):
        nudge(tasks.dispatch_approved_retrainings)
        return back

    page = {"heading": f"Sign the conclusion of the vote on {reference}", "back": back, "then": then}
    return act_page(request, services.VOTE_CONCLUSION, change, statement_id, **page)


@require_http_methods(["GET", "POST"])
def sign_decision(request, reference, statement_id):
    change = change_for(request, reference)
    back = reverse("change", args=[reference])

    def act(proof):
        services.sign_decision(change, statement_id, proof=proof, actor=request.user)
        nudge(tasks.dispatch_approved_retrainings)
        messages.success(request, f"Your decision on {reference} is signed and in the trail.")
        return back

    return signing_page(request, statement_id, act=act, heading=f"Sign your decision on {reference}", back=back)


@require_http_methods(["GET", "POST"])
def withdraw(request, reference):
    change = change_for(request, reference)
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


def change_for(request, reference) -> ChangeRequest:
    changes = ChangeRequest.objects.visible_to(request.user).select_related(
        "envelope",
        "model__owner",
        "model__workspace",
        "version",
        "breach",
        "requester",
        "policy",
        "retraining__candidate",
        "retraining__abandoned_by",
    )
    return get_object_or_404(changes, reference=reference)


def _change_page(request, change, form=None, status=200):
    view = services.decision_view(change, person=request.user)
    change = view.change
    if form is None and not view.reasons_not_to:
        form = _decision_form(change, None, initial={"evidence_digest": change.evidence_digest})
    elif form is not None:
        form.data = form.data.copy()
        form.data["evidence_digest"] = change.evidence_digest  # Of what the page now shows.
    decisions = list(change.decisions.select_related("person"))
    filled = roles_of(change)["roles_filled"]
    still_open = policies.roles_open(change.roles_required, filled)
    evidence = change.evidence
    context = {
        "change": change,
        "model": change.model,
        "version": change.version,
        "evidence": evidence,
        "differences": _differences(evidence.get("replaces") or {}, evidence.get("version") or {}),
        "classified": class_shown(change),
        "why_not_classify": services.why_not_classify(change, request.user),
        "decisions": decisions,
        "roles": [*((role, True) for role in filled), *((role, False) for role in still_open)],
        "is_pending": change.state == ChangeState.PENDING,
        "kind": KINDS[change.kind],
        "terms": told_terms(change),
        "conditions_set": [condition for decision in decisions for condition in decision.conditions],
        "reasons_not_to": view.reasons_not_to,
        "role": policies.in_words(view.role) if view.role else "",
        "form": form,
        "retirement": getattr(change, "retirement", None),
        "retraining": getattr(change, "retraining", None),
        "on_behalf_of": view.on_behalf_of,
        "votes": services.votes_of(change),
        "has_committee": policies.COMMITTEE in change.roles_required,
        "why_not_conclude": services.why_not_conclude(change, person=request.user),
        "conclusion": ConclusionForm(),
        "approved_by": change.envelope.change.approvals() if change.envelope else (),
        "arrangements": change.arrangements.order_by("reference"),
        "may_withdraw": services.may_withdraw(change, request.user)
        and KINDS[change.kind].asked_by in request.user.permissions_in(change.workspace_id, change.model_slug),
    }
    return answer(request, "workflows/change.html", context, part="workflows/change_body.html", status=status)


def _decision_form(change, data, **kwargs) -> DecisionForm:
    conditional, voting = change.kind in services.CAN_BE_CONDITIONAL, policies.COMMITTEE in change.roles_required
    return DecisionForm(data, may_be_conditional=conditional, may_abstain=voting, **kwargs)


def _breach_of(request, subject) -> Breach | None:
    """The breach that gave rise to the request, where the address names one of this version."""
    named = request.GET.get("breach")
    return get_object_or_404(Breach, pk=named, version=subject) if named and isinstance(subject, ModelVersion) else None


def _renewed(request, model) -> Arrangement | None:
    named = request.GET.get("renews")
    return get_object_or_404(Arrangement, reference=named, model=model) if named else None


def _differences(before: dict, after: dict) -> list[tuple[str, str, str, bool]]:
    """The facts of both versions side by side, and whether they differ."""
    return [(name, before.get(name), value, before.get(name) != value) for name, value in after.items()]
