"""Deciding about roles: the second person's approval or refusal, taking back, confirming again."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mrm.accounts import services
from mrm.accounts.forms import ReasonForm
from mrm.accounts.models import Recertification, RoleGrant
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, to_sign
from mrm.pages.answers import answer_form, posted


@require_POST
def approve_role(request, grant_id):
    """From agreeing to the statement that is signed."""
    statement = to_sign(request, services.ROLE_APPROVAL, _grant_for(request, grant_id))
    return redirect("sign-role", grant_id, statement)


@require_http_methods(["GET", "POST"])
def sign_role(request, grant_id, statement_id):
    grant, back = _grant_for(request, grant_id), reverse("people")

    def then(approved):
        messages.success(request, f"{approved}: in force from now on.")
        return back

    page = {"heading": "Sign to give a role", "back": back, "then": then}
    return act_page(request, services.ROLE_APPROVAL, grant, statement_id, **page)


@require_http_methods(["GET", "POST"])
def refuse_role(request, grant_id):
    grant = _grant_for(request, grant_id)
    form = ReasonForm(posted(request))

    def act(data):
        services.refuse_grant(grant, **data, actor=request.user)
        return reverse("people")

    def show(status):
        context = {"form": form, "heading": "Refuse a role", "lead": str(grant), "submit": "Refuse it"}
        return render(request, "components/form_page.html", context | {"back": reverse("people")}, status=status)

    return answer_form(request, form, act=act, show=show)


@require_POST
def revoke_role(request, grant_id):
    grant = _grant_for(request, grant_id)
    services.revoke_role(grant, actor=request.user)
    messages.success(request, f"{grant.person} is no longer {grant.get_role_display().lower()}.")
    return redirect("person", grant.person_id)


@require_POST
def confirm_role(request, recertification_id):
    services.require(request.user, Permission.READ_PEOPLE, None)
    row = get_object_or_404(Recertification, pk=recertification_id)
    row = services.confirm_role(row, actor=request.user)
    messages.success(request, f"{row.grant}: confirmed.")
    return redirect("people")


def _grant_for(request, grant_id) -> RoleGrant:
    services.require(request.user, Permission.READ_PEOPLE, None)
    return get_object_or_404(RoleGrant.objects.select_related("person", "workspace", "granted_by"), pk=grant_id)
