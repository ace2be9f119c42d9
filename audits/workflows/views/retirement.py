"""An approved retirement on its way: the checklist, who verifies it, the signature that ends the model, the archive."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.workflows import services
from audits.workflows.forms import ArchiveForm, ItemEvidenceForm, RetirementSignatureForm
from audits.workflows.gates import blockers_for_retirement
from audits.workflows.models import Retirement
from audits.workflows.services.agreements import OPEN, why_not_agree
from audits.workflows.services.retirement import least_retained, why_not_abandon, why_not_sign, why_not_verify
from audits.workflows.states import RetirementState
from inventory.views.scope import model_page
from mrm.accounts.forms import ReasonForm
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, reason_page, to_sign
from mrm.pages.answers import answer_form, posted

AGREEMENT_ID = "id_agreement_%s"


@require_safe
def retirement(request, reference):
    return _page(request, _retirement_for(request, reference))


@require_POST
def complete(request, reference, place):
    """What shows that one thing on the list is done."""
    found = _retirement_for(request, reference)
    row = get_object_or_404(found.items, place=place)
    form = ItemEvidenceForm(request.POST, prefix=_prefix_of(row))

    def act(data):
        services.complete_item(found, row.item, evidence=data["evidence"], actor=request.user)
        return reverse("retirement", args=[reference]) + f"#{_prefix_of(row)}"

    return answer_form(request, form, act=act, show=lambda status: _page(request, found, form, status))


@require_POST
def agree(request, reference):
    """From the impact that is shown to the statement by which the owner agrees."""
    found = _retirement_for(request, reference)
    form = RetirementSignatureForm(request.POST, auto_id=AGREEMENT_ID)

    def act(data):
        return reverse("sign-agreement", args=[reference, to_sign(request, services.AGREEMENT, found, data["comment"])])

    def show(status):
        return _page(request, found, form, status, agreement_form=form)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign_agreement(request, reference, statement_id):
    found, back = _retirement_for(request, reference), reverse("retirement", args=[reference])

    def then(retirement):
        messages.success(request, f"You agreed to the end of {found.change.model}.")
        return back

    heading = f"Sign that {found.change.model} ends"
    return act_page(request, services.AGREEMENT, found, statement_id, heading=heading, back=back, then=then)


@require_POST
def verify(request, reference):
    found = _retirement_for(request, reference)
    form = RetirementSignatureForm(request.POST)

    def act(data):
        services.verify_retirement(found, actor=request.user)
        messages.success(request, "You verified it. Once its owner agrees, the second line signs the end of the model.")
        return reverse("retirement", args=[reference])

    return answer_form(request, form, act=act, show=lambda status: _page(request, found, form, status))


@require_POST
def prepare(request, reference):
    """From what is verified to the statement that ends the model."""
    found = _retirement_for(request, reference)
    form = RetirementSignatureForm(request.POST)

    def act(data):
        return reverse(
            "sign-retirement", args=[reference, to_sign(request, services.RETIREMENT_END, found, data["comment"])]
        )

    def show(status):
        return _page(request, found, form, status, signature_form=form)

    return answer_form(request, form, act=act, show=show)


@require_http_methods(["GET", "POST"])
def sign(request, reference, statement_id):
    found, back = _retirement_for(request, reference), reverse("retirement", args=[reference])

    def then(retirement):
        messages.success(request, f"{found.change.model} is retired.")
        return back

    heading = f"Sign the end of {found.change.model}"
    return act_page(request, services.RETIREMENT_END, found, statement_id, heading=heading, back=back, then=then)


@require_http_methods(["GET", "POST"])
def send_back(request, reference):
    found, form = _retirement_for(request, reference), ReasonForm(posted(request))

    def act(data):
        services.return_retirement(found, reason=data["reason"], actor=request.user)
        return reverse("retirement", args=[reference])

    lead = "Say what is missing. The checklist is worked on, and verified, again."
    context = {"form": form, "heading": "Send it back", "lead": lead, "submit": "Send it back"}
    return answer_form(request, form, act=act, show=lambda status: _form_page(request, found, context, status))


@require_http_methods(["GET", "POST"])
def abandon(request, reference):
    found = _retirement_for(request, reference)
    page = {
        "heading": "Give the retirement up",
        "lead": "The model stays. Whoever wants to end it later asks anew.",
        "back": reverse("retirement", args=[reference]),
    }
    return reason_page(request, services.RETIREMENT_ABANDONMENT, found, to="sign-abandonment", args=[reference], **page)


@require_http_methods(["GET", "POST"])
def sign_abandonment(request, reference, statement_id):
    found, back = _retirement_for(request, reference), reverse("retirement", args=[reference])

    def then(retirement):
        messages.success(request, f"{found.change.model} stays; its retirement is given up.")
        return back

    page = {"heading": f"Sign that {found.change.model} stays", "back": back, "then": then}
    return act_page(request, services.RETIREMENT_ABANDONMENT, found, statement_id, **page)


@require_http_methods(["GET", "POST"])
def archive(request, reference):
    found = _retirement_for(request, reference)
    form = ArchiveForm(posted(request), initial={"retained_until": least_retained(found)})

    def act(data):
        services.archive_retirement(found, **data, actor=request.user)
        return reverse("retirement", args=[reference])

    lead = f"{found.change.model} is retired. Say where its records lie, and until when they are kept."
    context = {"form": form, "heading": "Archive the records", "lead": lead, "submit": "Archived"}
    return answer_form(request, form, act=act, show=lambda status: _form_page(request, found, context, status))


def _form_page(request, found: Retirement, context: dict, status: int):
    back = {"back": reverse("retirement", args=[found.change.reference])}
    return render(request, "components/form_page.html", context | back, status=status)


def _retirement_for(request, reference) -> Retirement:
    seen = request.user.sees("change__model__workspace", "change__model__slug")
    rows = Retirement.objects.filter(seen) if seen else Retirement.objects.all()
    rows = rows.select_related(
        "change__model__owner",
        "change__model__workspace",
        "change__policy",
        "change__requester",
        "verified_by",
        "archived_by",
        "signature__person",
        "agreement__person",
    ).prefetch_related("items__done_by")
    return get_object_or_404(rows, change__reference=reference)


def _page(request, found: Retirement, bound=None, status: int = 200, **forms):
    """`bound` is the form that comes back with why not, where one does; `forms` what takes a fresh one's place."""
    change, person = found.change, request.user
    may = person.permissions_in(change.workspace_id, change.model_slug)
    works = found.state == RetirementState.EXECUTING and Permission.CARRY_OUT_RETIREMENT in may
    rows = [(row, _form_of(row, bound) if works else None) for row in found.items.all()]
    context = {
        "retirement": found,
        "change": change,
        "rows": rows,
        "refused": None if isinstance(bound, ItemEvidenceForm) else bound,
        "done": sum(bool(row.evidence) for row, _ in rows),
        "awaits_owner": found.why_not_agreed if found.state in OPEN else "",
        "why_not_agree": why_not_agree(found, person),
        "why_not_verify": why_not_verify(found, person=person) if found.state == RetirementState.EXECUTING else [],
        "why_not_sign": why_not_sign(found, person=person) if found.state == RetirementState.VERIFIED else [],
        "blockers": blockers_for_retirement(change.model) if change.completed_at is None else [],
        "agreement_form": RetirementSignatureForm(auto_id=AGREEMENT_ID),
        "signature_form": RetirementSignatureForm(),
        "may_archive": found.state == RetirementState.RETIRED
        and Permission.CLOSE_FINDING in may
        and person.pk not in (change.model.owner_id, change.requester_id),
        "may_abandon": found.state in OPEN and not why_not_abandon(found, person=person),
    }
    page = model_page(request, change.model, "changes", **context | forms)
    return render(request, "workflows/retirement.html", page, status=status)


def _prefix_of(row) -> str:
    return f"item-{row.place}"


def _form_of(row, bound) -> ItemEvidenceForm:
    if isinstance(bound, ItemEvidenceForm) and bound.prefix == _prefix_of(row):
        return bound
    return ItemEvidenceForm(prefix=_prefix_of(row), initial={"evidence": row.evidence or row.planned})
