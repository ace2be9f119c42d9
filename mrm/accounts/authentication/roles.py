"""Whoever holds no role, because none was given yet or all have ended, finds that said, and nothing else."""

from django.conf import settings
from django.shortcuts import redirect, render

from mrm.accounts.contents import access_of

# About themselves: their roles, sign-ins, password, second factor and passkeys.
OWN = {"my-access", "my-sessions", "end-session", "connect-sign-on"}
OWN_BEGINNINGS = ("account_", "mfa_")


class RolesMiddleware:
    """Pages, for people who are signed in; calls with a token and of the API are asked where they are authenticated."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        is_for_everybody = not getattr(view, "login_required", True)
        if is_for_everybody or not request.user.is_authenticated or request.user.all_roles():
            return None
        name = request.resolver_match.url_name or ""
        if name in OWN or name.startswith(OWN_BEGINNINGS):
            return None
        if request.path == settings.LOGIN_REDIRECT_URL:
            return redirect("my-access")
        return render(request, "accounts/access.html", access_of(request.user), status=403)
