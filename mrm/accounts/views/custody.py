"""The organisation's keys: by what each is known, and who signed that they keep it."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mrm.accounts import services
from mrm.accounts.policies import Permission
from mrm.accounts.services.custody import keys_kept
from mrm.accounts.views.signing import act_page, to_sign

SIGNS = {"seal": "Reports", "checkpoints": "Checkpoints of the trail"}


@require_safe
def keys(request):
    keeps = Permission.KEEP_KEYS in request.user.permissions_in(None, "")
    if not keeps:
        services.require(request.user, Permission.READ_PEOPLE, None)
    rows = [(SIGNS[use], fingerprint, entry) for use, (fingerprint, entry) in keys_kept().items()]
    return render(request, "accounts/keys.html", {"rows": rows, "keeps": keeps})


@require_POST
def keep_keys(request):
    """From the fingerprints to the statement that a custodian signs over them."""
    return redirect("sign-custody", to_sign(request, services.KEY_CUSTODY, request.user))


@require_http_methods(["GET", "POST"])
def sign_custody(request, statement_id):
    back = reverse("keys")

    def then(custodian):
        messages.success(request, "It is in the trail that you keep these keys.")
        return back

    page = {"heading": "Sign that you keep the keys", "back": back, "then": then}
    return act_page(request, services.KEY_CUSTODY, request.user, statement_id, **page)
