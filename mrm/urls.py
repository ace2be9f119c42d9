"""Every address, app by app."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from drf_spectacular.views import SpectacularAPIView

from mrm.accounts.authentication import sign_on
from mrm.accounts.views import factors, passwords
from mrm.http import icon, not_found
from mrm.reference import reference

handler400 = "mrm.http.malformed"
handler403 = "mrm.http.not_permitted"
handler404 = "mrm.http.not_found"
handler429 = "mrm.http.too_many_requests"  # Of allauth.
handler500 = "mrm.http.server_error"


class ReferenceConverter(StringConverter):
    """CR-2026-0001; what does not look like a reference names nothing."""

    regex = "[A-Z]{1,3}-[0-9]{4}-[0-9]{4,8}"


register_converter(ReferenceConverter, "reference")

urlpatterns = [
    path("", include("registry.urls")),  # First, because it is called most and addresses are tried in this order.
    path("", include("inventory.urls")),
    path("", include("audits.assessments.urls")),
    path("", include("audits.workflows.urls")),
    path("", include("reports.urls")),
    path("", include("audits.trail.urls")),
    path("", include("mrm.accounts.urls")),
    path("accounts/sign-on/", sign_on.sign_on, name="sign-on"),
    path("accounts/sign-on/connection/", sign_on.connect, name="connect-sign-on"),
    path("accounts/sign-on/disconnection/", sign_on.disconnect, name="disconnect-sign-on"),
    path("accounts/oidc/<str:provider>/login/", not_found),  # Ours takes less from an address.
    path("accounts/oidc/sign-on/login/callback/", sign_on.come_back, name="sign-on-callback"),
    path("accounts/password/reset/", passwords.reset_password),
    path("accounts/password/reset/done/", passwords.reset_password_done),
    path("accounts/3rdparty/", not_found),  # Both would do without an entry what the page “My sign-ins” does with one.
    path("accounts/3rdparty/signup/", not_found),  # What the provider says makes an account, or none; nobody is asked.
    path("accounts/sessions/", not_found),
    path("accounts/email/", not_found),  # An address is what an account is known by; people do not change their own.
    path("accounts/2fa/webauthn/add/", factors.EnrolPasskey.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", factors.RemovePasskey.as_view(), name="mfa_remove_webauthn"),
    path("accounts/2fa/totp/activate/", factors.SetUpApp.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/totp/deactivate/", factors.TurnOffApp.as_view(), name="mfa_deactivate_totp"),
    path(
        "accounts/2fa/recovery-codes/generate/",
        factors.RenewRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("accounts/", include("allauth.urls")),
    path("favicon.ico", icon, name="icon"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", reference, name="api-docs"),
]
