"""Restricting or suspending one use of a model at once, or taking an approval for it back: reason, then signature."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audits.workflows import services
from audits.workflows.forms import ReasonForm
from audits.workflows.services.suspension import why_not_suspend
from inventory.views.scope import model_for, version_for
from mrm.accounts.services import Act
from mrm.accounts.views.signing import act_page, reason_page, to_sign
from mrm.pages.answers import answer_form, posted

RESTRICT = "Say within which limits it may go on. It stays so until another of the second line ends the restriction."
END = (
    "It may not serve this use any more. If it is in production the use is restricted at once, until another approval."
)
SUSPEND = "This use stops at once; the model and its other uses go on. Lifting it takes two people."


@require_http_methods(["GET", "POST"])
def restrict_use(request, slug, number):
    address, heading = "sign-use-restriction", "Restrict use {0} of {1}"
    return _ask(request, _use_for(request, slug, number), services.USE_RESTRICTION, address, heading, RESTRICT)


@require_http_methods(["GET", "POST"])
def sign_restriction(request, slug, number, statement_id):
    return _sign(request, _use_for(request, slug, number), services.USE_RESTRICTION, statement_id)


@require_http_methods(["GET", "POST"])
def suspend_use(request, slug, number):
    address, heading = "sign-use-suspension", "Suspend use {0} of {1}"
    return _ask(request, _use_for(request, slug, number), services.USE_SUSPENSION, address, heading, SUSPEND)


@require_http_methods(["GET", "POST"])
def sign_suspension(request, slug, number, statement_id):
    return _sign(request, _use_for(request, slug, number), services.USE_SUSPENSION, statement_id)


@require_http_methods(["GET", "POST"])
def end_approval(request, slug, number, version):
    use, approved = _use_for(request, slug, number), version_for(request, slug, version)
    page = {
        "heading": f"End the approval of version {version} for use {number}: {use.title}",
        "lead": why_not_suspend(use.model, request.user) or END,
        "back": _address_of(use),
    }
    args = [slug, number, version]
    return reason_page(request, services.approval_end(approved), use, to="sign-approval-end", args=args, **page)


@require_http_methods(["GET", "POST"])
def sign_approval_end(request, slug, number, version, statement_id):
    use, act = _use_for(request, slug, number), services.approval_end(version_for(request, slug, version))

    def then(approval):
        use.refresh_from_db()
        messages.warning(request, f"Version {version} is no longer approved for {use}, which is {use.state}.")
        return _address_of(use)

    heading = f"Sign that version {version} may no longer serve use {number} of {use.model.name}"
    return act_page(request, act, use, statement_id, heading=heading, back=_address_of(use), then=then)


def _ask(request, use, act: Act, address: str, heading: str, lead: str):
    form = ReasonForm(posted(request))

    def go_on(data):
        return reverse(address, args=[use.model_slug, use.number, to_sign(request, act, use, data["reason"])])

    def show(status):
        context = {
            "form": form,
            "heading": f"{heading.format(use.number, use.model.name)}: {use.title}",
            "lead": why_not_suspend(use.model, request.user) or lead,
            "submit": "Go on to sign",
            "back": _address_of(use),
        }
        return render(request, "components/form_page.html", context, status=status)

    return answer_form(request, form, act=go_on, show=show)


def _sign(request, use, act: Act, statement_id):
    def then(order):
        messages.warning(request, f"{order.use} is {order.use.state}. {order.reference} says why.")
        return _address_of(use)

    page = {"heading": f"Sign the order about use {use.number} of {use.model.name}", "back": _address_of(use)}
    return act_page(request, act, use, statement_id, **page, then=then)


def _use_for(request, slug, number):
    uses = model_for(request, slug).uses.select_related("model__workspace", "model__owner")
    return get_object_or_404(uses, number=number)


def _address_of(use) -> str:
    return f"{reverse('model-uses', args=[use.model_slug])}#use-{use.number}"
