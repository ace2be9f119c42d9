"""Single sign-on by OpenID Connect. Whoever comes for the first time gets an account, and no role.

The library does the protocol: state, PKCE, the exchange of the code. Three things are stricter here. The signature of
the ID token is always verified, also where TLS would do, and what it says is all that counts. It answers what this
browser asked (`nonce`), so that none that was handed out before signs anybody in again. And an account that exists is
never taken over by an address: its owner connects it, once, having signed in and asked for it with a form of ours.

Whoever has no password here proves who they are by signing in there again (`max_age=0`), before they enrol anything.
"""

import secrets
import time

import jwt
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from audits.trail.services import governed
from mrm.accounts.models import Person
from mrm.accounts.services import connect_sign_on, create_person, disconnect_sign_on, is_recorded, record_enrolment
from mrm.errors import NotPermitted

PROVIDER = "sign-on"
ASKED_TO_CONNECT, ASKED_AGAIN = "asked_to_connect_sign_on", "asked_to_sign_on_again"
SIGNED_ON_AT = "signed_on_at"
NONCES = "sign_on_nonces"  # Of the last questions of this browser, which may have several tabs open.
MOST_NONCES = 5
TIME_TO_GO_ON = 120  # seconds
TIME_TO_ENROL = 300
ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}


class Provider(OpenIDConnectOAuth2Adapter):
    """The identity provider of the firm, as the settings name it."""

    sociallogin = None  # Whom it vouched for in this request.

    def complete_login(self, request, app, token, **kwargs):
        self.sociallogin = super().complete_login(request, app, token, **kwargs)
        return self.sociallogin

    def _decode_id_token(self, app, id_token):
        try:
            if jwt.get_unverified_header(id_token).get("alg") not in ALGORITHMS:
                raise OAuth2Error("The ID token is not signed with a key that can be verified.")
            claims = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as fault:
            raise OAuth2Error("The ID token does not hold.") from fault
        asked = self.request.session.get(NONCES, [])
        if not isinstance(claims.get("name") or "", str):
            raise OAuth2Error("The ID token does not hold.")
        if claims.get("nonce") not in asked:
            raise OAuth2Error("The ID token answers nothing that this browser asked.")
        self.request.session[NONCES] = [nonce for nonce in asked if nonce != claims["nonce"]]
        if claims.get("email_verified") == "true":  # Some providers say it as a text.
            claims["email_verified"] = True
        return claims


class SignOnAdapter(DefaultSocialAccountAdapter):
    """What happens with whoever the identity provider vouches for."""

    def pre_social_login(self, request, sociallogin):
        if sociallogin.is_existing:
            if not is_recorded(sociallogin.account, sociallogin.user):
                raise ImmediateHttpResponse(_refusal(request, "Nothing says that you connected this sign-on yourself."))
            return
        if sociallogin.state.get("process") == "connect":
            raise ImmediateHttpResponse(_connected(request, sociallogin.account))
        if reason := _why_no_account(_claims(sociallogin)):
            raise ImmediateHttpResponse(_refusal(request, reason))

    def is_open_for_signup(self, request, sociallogin):
        return True

    def save_user(self, request, sociallogin, form=None):
        claims = _claims(sociallogin)
        name = str(claims.get("name") or "").strip() or claims["email"]
        with governed():
            sociallogin.user = create_person(claims["email"], name[:200], origin="single sign-on", actor=None)
            sociallogin.save(request)
            record_enrolment(sociallogin.account, actor=sociallogin.user)
        return sociallogin.user


@login_not_required
def sign_on(request):
    """Off to the identity provider; to connect an account only where its owner has just asked for it."""
    asked = {}  # Of what stands in the address, nothing else goes on to the provider.
    if request.GET.get("process") == "connect":
        asked_at = request.session.pop(ASKED_TO_CONNECT, 0)
        if not request.user.is_authenticated or time.time() - asked_at > TIME_TO_GO_ON:
            raise NotPermitted("Ask for it on the page “My sign-ins” first.")
        asked["process"] = "connect"
    nonce = secrets.token_urlsafe()
    request.session[NONCES] = [*request.session.get(NONCES, []), nonce][-MOST_NONCES:]
    further = {"nonce": nonce}
    if "again" in request.GET:
        request.session[ASKED_AGAIN] = True
        further |= {"prompt": "login", "max_age": 0}
    asked["auth_params"] = urlencode(further)
    if "next" in request.GET:
        asked["next"] = request.GET["next"]
    request.GET = QueryDict(urlencode(asked))
    return _step(request, OAuth2LoginView, Provider(request, PROVIDER))


def signed_on_just_now(request) -> bool:
    """Whether this person signed in at the identity provider itself within the last minutes."""
    return 0 <= time.time() - request.session.get(SIGNED_ON_AT, 0) <= TIME_TO_ENROL


@require_POST
@reauthentication_required
def connect(request):
    """Remember that the owner of this account asked, in a form nobody else can send, to connect single sign-on."""
    request.session[ASKED_TO_CONNECT] = time.time()
    return render(request, "accounts/connect.html", {"name": settings.OIDC_NAME})


@require_POST
@reauthentication_required
def disconnect(request):
    """The password alone opens this account again."""
    disconnect_sign_on(request.user)
    messages.success(request, f"{settings.OIDC_NAME} no longer opens your account.")
    return redirect("my-sessions")


@login_not_required
def come_back(request):
    """From the identity provider, with a code to exchange."""
    asked_again = request.session.pop(ASKED_AGAIN, False)
    provider = Provider(request, PROVIDER)
    answer = _step(request, OAuth2CallbackView, provider)
    if provider.sociallogin and provider.sociallogin.user == request.user:
        signed_on_at = _claims(provider.sociallogin).get("auth_time")
        if isinstance(signed_on_at, int) and signed_on_at <= time.time():
            request.session[SIGNED_ON_AT] = signed_on_at
        if asked_again and not signed_on_just_now(request):
            reason = f"{settings.OIDC_NAME} did not say that you have just signed in there. Nothing can be enrolled."
            return _refusal(request, reason, title="Who is there?")
    return answer


def _step(request, view, provider: Provider):
    if not settings.SOCIALACCOUNT_PROVIDERS:
        raise Http404("There is no single sign-on here.")
    return view.adapter_view(provider)(request)


def _connected(request, account):
    if is_reauthentication_required(request, app="allauth.socialaccount"):
        reason = "It took too long. Ask for it on the page “My sign-ins” again."
        return _refusal(request, reason, title="Nothing was connected")
    connect_sign_on(account, request.user)
    messages.success(request, f"{settings.OIDC_NAME} opens your account from now on.")
    return redirect("my-sessions")


def _why_no_account(claims: dict) -> str:
    """Why whoever comes for the first time gets no account by what the provider says of them; empty if they do.

    An administrator gives roles to an address, so nobody comes under one that is not theirs.
    """
    email = claims.get("email")
    if not email:
        return "Your identity provider did not say your e-mail address."
    try:
        Person._meta.get_field("email").run_validators(str(email))
    except ValidationError:
        return "What your identity provider gave as your e-mail address is none."
    if claims.get("email_verified", True) is not True:
        return f"Your identity provider has not verified that {email} is your address. Have it do so, then sign in."
    if Person.objects.filter(email__iexact=email).exists():
        return (
            f"There is already an account for {email}. Sign in to it with its password, then connect single sign-on "
            "on the page “My sign-ins”."
        )
    return ""


def _claims(sociallogin) -> dict:
    return sociallogin.account.extra_data["id_token"]


def _refusal(request, reason: str, *, title: str = "You are not signed in"):
    context = {"title": title, "reasons": [reason]}
    return render(request, "errors/refusal.html", context, status=409)
