"""Enrolling and removing passkeys and authenticator apps: the library's pages, with what they do recorded."""

from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView

from mrm.accounts.services import change_factors, require_own_password


class Recorded:
    """What the library does with a form that is valid happens together with its entry, or not at all."""

    def form_valid(self, form):
        return change_factors(self.request.user, lambda: super(Recorded, self).form_valid(form))


class WithOwnPassword:
    """Only for whoever chose their password themselves."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            require_own_password(request.user)
        return super().dispatch(request, *args, **kwargs)


class EnrolPasskey(WithOwnPassword, Recorded, AddWebAuthnView):
    pass


class RemovePasskey(Recorded, RemoveWebAuthnView):
    pass


class SetUpApp(WithOwnPassword, Recorded, ActivateTOTPView):
    pass


class TurnOffApp(Recorded, DeactivateTOTPView):
    pass
