"""Deciding about roles: the second person's approval or refusal, taking back, confirming again."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from mrm.accounts import services
from mrm.accounts.models import Recertification, RoleGrant
from mrm.accounts.policies import Permission
from mrm.accounts.views.signing import act_page, reason_page, to_sign


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
    page = {"heading": "Refuse a role", "lead": str(grant), "back": reverse("people")}
    return reason_page(request, services.ROLE_REFUSAL, grant, to="sign-role-refusal", args=[grant.pk], **page)


@require_http_methods(["GET", "POST"])
def sign_role_refusal(request, grant_id, statement_id):
    grant, back = _grant_for(request, grant_id), reverse("people")

    def then(refused):
        messages.success(request, f"{refused}: refused.")
        return back

    page = {"heading": "Sign that a role is refused", "back": back, "then": then}
    return act_page(request, services.ROLE_REFUSAL, grant, statement_id, **page)


@require_http_methods(["GET", "POST"])
def revoke_role(request, grant_id):
    grant = _grant_for(request, grant_id)
    page = {"heading": "Take a role back", "lead": f"{grant}. It ends at once.", "back": _page_of(grant)}
    return reason_page(request, services.ROLE_REVOCATION, grant, to="sign-role-revocation", args=[grant.pk], **page)


@require_http_methods(["GET", "POST"])
def sign_role_revocation(request, grant_id, statement_id):
    grant = _grant_for(request, grant_id)

    def then(revoked):
        messages.success(request, f"{revoked.person} is no longer {revoked.get_role_display().lower()}.")
        return _page_of(revoked)

    page = {"heading": "Sign that a role is taken back", "back": _page_of(grant), "then": then}
    return act_page(request, services.ROLE_REVOCATION, grant, statement_id, **page)


@require_POST
def confirm_role(request, recertification_id):
    services.require(request.user, Permission.READ_PEOPLE, None)
    row = get_object_or_404(Recertification, pk=recertification_id)
    row = services.confirm_role(row, actor=request.user)
    messages.success(request, f"{row.grant}: confirmed.")
    return redirect("people")


def _page_of(grant: RoleGrant) -> str:
    return reverse("person", args=[grant.person_id])


def _grant_for(request, grant_id) -> RoleGrant:
    services.require(request.user, Permission.READ_PEOPLE, None)
    return get_object_or_404(RoleGrant.objects.select_related("person", "workspace", "granted_by"), pk=grant_id)
