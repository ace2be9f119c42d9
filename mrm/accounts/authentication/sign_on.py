"""Single sign-on by OpenID Connect. Whoever comes for the first time gets an account, and no role.

The library does the protocol: state, PKCE, the exchange of the code. Two things are stricter here. The signature of the
ID token is always verified, also where TLS would do, and what it says is all that counts. And an account that exists is
never taken over by an address: its owner connects it, having signed in and asked for it with a form of ours.
"""

import time

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_POST

from mrm.accounts.models import Person
from mrm.accounts.services import create_person
from mrm.errors import NotPermitted

PROVIDER = "sign-on"
ASKED_TO_CONNECT = "asked_to_connect_sign_on"
TIME_TO_GO_ON = 120  # seconds
ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}


class Provider(OpenIDConnectOAuth2Adapter):
    """The identity provider of the firm, as the settings name it."""

    def _decode_id_token(self, app, id_token):
        try:
            if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
                raise OAuth2Error("The ID token is not signed with a key that can be verified.")
            return jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as fault:
            raise OAuth2Error("The ID token does not hold.") from fault


class SignOnAdapter(DefaultSocialAccountAdapter):
    """What happens with whoever the identity provider vouches for."""

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing or sociallogin.state.get("process") == "connect":
            return
        claims = _claims(sociallogin)
        if not claims.get("email"):
            raise ImmediateHttpResponse(_refusal(request, "Your identity provider did not say your e-mail address."))
        if Person.objects.filter(email__iexact=claims["email"]).exists():
            raise ImmediateHttpResponse(
                _refusal(
                    request,
                    f"There is already an account for {claims['email']}. Sign in to it with its password, then connect "
                    "single sign-on on the page “My sign-ins”.",
                )
            )

    def is_open_for_signup(self, request, sociallogin):
        return True

    def save_user(self, request, sociallogin, form=None):
        claims = _claims(sociallogin)
        name = claims.get("name") or claims["email"]
        sociallogin.user = create_person(claims["email"], name[:200], origin="single sign-on", actor=None)
        sociallogin.save(request)
        return sociallogin.user


@login_not_required
def sign_on(request):
    """Off to the identity provider; to connect an account only where its owner has just asked for it."""
    if request.GET.get("process") == "connect":
        asked_at = request.session.pop(ASKED_TO_CONNECT, 0)
        if not request.user.is_authenticated or time.time() - asked_at > TIME_TO_GO_ON:
            raise NotPermitted("Ask for it on the page “My sign-ins” first.")
    return _step(request, OAuth2LoginView)


@require_POST
def connect(request):
    """Remember that the owner of this account asked, in a form nobody else can send, to connect single sign-on."""
    request.session[ASKED_TO_CONNECT] = time.time()
    return render(request, "accounts/connect.html", {"name": settings.OIDC_NAME})


@login_not_required
def come_back(request):
    """From the identity provider, with a code to exchange."""
    return _step(request, OAuth2CallbackView)


def _step(request, view):
    if not settings.SOCIALACCOUNT_PROVIDERS:
        raise Http404("There is no single sign-on here.")
    return view.adapter_view(Provider(request, PROVIDER))(request)


def _claims(sociallogin) -> dict:
    return sociallogin.account.extra_data["id_token"]


def _refusal(request, reason: str):
    context = {"title": "You are not signed in", "reasons": [reason]}
    return render(request, "errors/refusal.html", context, status=409)
