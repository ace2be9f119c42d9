"""Enrolling and removing passkeys and authenticator apps: the library's pages, with what they do recorded."""

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from mrm.accounts.authentication.sign_on import signed_on_just_now
from mrm.accounts.services import change_factors, require_own_password


class Recorded:
    """What the library does with a form that is valid happens together with its entry, or not at all."""

    def form_valid(self, form):
        return change_factors(self.request.user, lambda: super(Recorded, self).form_valid(form))


class WithOwnPassword:
    """Only for whoever chose their password themselves; who has none signs in at their provider again."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            require_own_password(request.user)
            if not get_reauthentication_flows(request.user) and not signed_on_just_now(request):
                return redirect(f"{reverse('sign-on')}?{urlencode({'again': 1, 'next': request.path})}")
        return super().dispatch(request, *args, **kwargs)


class EnrolPasskey(WithOwnPassword, Recorded, AddWebAuthnView):
    pass


class RemovePasskey(Recorded, RemoveWebAuthnView):
    pass


class SetUpApp(WithOwnPassword, Recorded, ActivateTOTPView):
    pass


class TurnOffApp(Recorded, DeactivateTOTPView):
    pass


class RenewRecoveryCodes(Recorded, GenerateRecoveryCodesView):
    pass
