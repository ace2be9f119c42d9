"""What holds for a time: the register of it, one of it, ending it; stopping a model at once, and going back at once."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audits.workflows import services
from audits.workflows.contents.lists import ARRANGEMENTS
from audits.workflows.forms import ArrangementFilter, ReasonForm
from audits.workflows.models import Arrangement, ChangeRequest
from audits.workflows.services.kinds import KINDS
from audits.workflows.services.rollback import WayBack, version_to_return_to, way_back
from audits.workflows.services.suspension import why_not_suspend
from audits.workflows.services.terms import told_terms
from audits.workflows.states import ArrangementState
from inventory.views.scope import model_for
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, to_sign
from mrm.pages.answers import answer, answer_form, posted
from mrm.pages.filters import insist
from mrm.pages.wording import counted, day

# The kind of request that renews each, and whether it names what it renews.
RENEWED_BY = {
    Arrangement.Kind.APPROVAL: (ChangeRequest.Kind.APPROVAL, False),
    Arrangement.Kind.BREAK_GLASS: (ChangeRequest.Kind.APPROVAL, False),
    Arrangement.Kind.ROLLBACK: (ChangeRequest.Kind.APPROVAL, False),
    Arrangement.Kind.EXCEPTION: (ChangeRequest.Kind.EXCEPTION, True),
    Arrangement.Kind.OVERLAY: (ChangeRequest.Kind.OVERLAY, True),
    Arrangement.Kind.ACCEPTANCE: (ChangeRequest.Kind.RISK_ACCEPTANCE, True),
    Arrangement.Kind.SUSPENSION: (ChangeRequest.Kind.RESUMPTION, False),
    Arrangement.Kind.LEGAL_HOLD: (ChangeRequest.Kind.HOLD_RELEASE, False),
    Arrangement.Kind.ENVELOPE: (ChangeRequest.Kind.RETRAINING_ENVELOPE, True),
}


@require_safe
def arrangement_list(request):
    rows, form = _chosen(request)
    context = ARRANGEMENTS.shown(request, rows, csv="arrangements-csv") | {"form": form}
    return answer(
        request, "workflows/arrangement_list.html", context, part="workflows/arrangement_rows.html", status=form.status
    )


@require_safe
def arrangements_csv(request):
    """What the list shows, all of it, for a spreadsheet."""
    rows, form = _chosen(request)
    insist(form)
    return ARRANGEMENTS.spreadsheet(request, rows, "arrangements.csv")


def _chosen(request):
    form = ArrangementFilter(request.GET)
    return form.chosen(Arrangement.objects.visible_to(request.user).select_related("model", "version")), form


@require_safe
def arrangement(request, reference):
    """What holds, since when and until when, why, and what happens when it ends."""
    found = _arrangement_for(request, reference)
    may = request.user.permissions_in(found.model.workspace_id, found.model_slug)
    is_open = found.state in (ArrangementState.ACTIVE, ArrangementState.EXPIRED)
    context = {
        "arrangement": found,
        "model": found.model,
        "terms": told_terms(found.change) if found.change else [],
        "renewed_by": getattr(found, "renewal", None),
        "renewal_address": _renewal_address(found, may),
        "is_open": is_open,
        "why_not_end": services.why_not_end(found, request.user) if is_open else [],
    }
    return render(request, "workflows/arrangement.html", context)


@require_http_methods(["GET", "POST"])
def close(request, reference):
    """End it before its time, or put in order what has lapsed."""
    found = _arrangement_for(request, reference)
    form = ReasonForm(posted(request))

    def act(data):
        statement = to_sign(request, services.ARRANGEMENT_CLOSURE, found, data["reason"])
        return reverse("sign-arrangement-closure", args=[reference, statement])

    def show(status):
        lapsed = found.state == ArrangementState.EXPIRED
        context = {
            "form": form,
            "heading": f"Put {reference} in order" if lapsed else f"End {reference}",
            "lead": f"{found.title}. Say what shows that it is met, or no longer needed.",
            "submit": "Go on to sign",
            "back": reverse("arrangement", args=[reference]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_closure(request, reference, statement_id):
    """The signature that ends it."""
    found, back = _arrangement_for(request, reference), reverse("arrangement", args=[reference])
    page = {"heading": f"Sign the end of {reference}", "back": back, "then": lambda closed: back}
    return act_page(request, services.ARRANGEMENT_CLOSURE, found, statement_id, **page)


@require_http_methods(["GET", "POST"])
def suspend(request, slug):
    """Stop a model at once."""
    model = model_for(request, slug)
    form = ReasonForm(posted(request))

    def act(data):
        return reverse("sign-suspension", args=[slug, to_sign(request, services.SUSPENSION, model, data["reason"])])

    def show(status):
        why_not = why_not_suspend(model, request.user)
        context = {
            "form": form,
            "heading": f"Suspend {model.name}",
            "lead": why_not or "Its use stops at once, and so do the uses it serves. Lifting this takes two people.",
            "submit": "Go on to sign",
            "back": reverse("model", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_suspension(request, slug, statement_id):
    """The signature that stops it."""
    model, back = model_for(request, slug), reverse("model", args=[slug])

    def then(suspension):
        messages.warning(request, f"{model} is suspended. {suspension.reference} says why; two people lift it.")
        return back

    heading = f"Sign to suspend {model.name}"
    return act_page(request, services.SUSPENSION, model, statement_id, heading=heading, back=back, then=then)


@require_http_methods(["GET", "POST"])
def roll_back(request, slug):
    """Go back to the version before, at once."""
    model = model_for(request, slug)
    form = ReasonForm(posted(request))

    def act(data):
        version = version_to_return_to(model)
        return reverse("sign-roll-back", args=[slug, to_sign(request, services.ROLL_BACK, version, data["reason"])])

    def show(status):
        way, why_not = way_back(model), why_not_suspend(model, request.user)
        context = {
            "form": form,
            "heading": f"Roll back {model.name}",
            "lead": why_not or " ".join(way.reasons) or _what_rolling_back_does(way),
            "submit": "Go on to sign",
            "back": reverse("model", args=[slug]),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_roll_back(request, slug, statement_id):
    """The signature that puts the version before back into production."""
    model, back = model_for(request, slug), reverse("model", args=[slug])

    def then(rollback):
        messages.warning(request, f"{rollback.version} is in production again. {rollback.reference} says why.")
        return back

    page = {"heading": f"Sign to roll {model.name} back", "back": back, "then": then}
    return act_page(request, services.ROLL_BACK, version_to_return_to(model), statement_id, **page)


def _what_rolling_back_does(way: WayBack) -> str:
    until = day(way.ends_at - timedelta(microseconds=1))
    return (
        f"{way.version} goes into production at once, in place of the present one, under its approval "
        f"{way.approval.reference}: until {until}, unless it is approved again. A finding reports why."
        + (
            f" What is said against it, and is passed over, stays on record: {counted(len(way.passed_over), 'point')}."
            if way.passed_over
            else ""
        )
    )


def _arrangement_for(request, reference) -> Arrangement:
    rows = Arrangement.objects.visible_to(request.user).select_related(
        "model__owner",
        "model__workspace",
        "version",
        "change__requester",
        "validation",
        "renews",
        "use",
        "begun_by",
        "ended_by",
        "finding",
    )
    return get_object_or_404(rows, reference=reference)


def _renewal_address(found: Arrangement, may: set[Permission]) -> str:
    """Where to ask for its renewal, for a full approval in its place, or for the lifting of a suspension."""
    if found.kind not in RENEWED_BY or found.state not in (ArrangementState.ACTIVE, ArrangementState.EXPIRED):
        return ""
    kind, names_it = RENEWED_BY[found.kind]
    if KINDS[kind].asked_by not in may:
        return ""
    of_version = found.version is not None
    page = reverse("request-change", args=[found.model_slug, found.version.number]) if of_version else ""
    page = page or reverse("request-model-change", args=[found.model_slug])
    active = found.state == ArrangementState.ACTIVE
    of_use = f"&use={found.use.number}" if found.use else ""
    return f"{page}?kind={kind}" + (f"&renews={found.reference}" if names_it and active else "") + of_use
