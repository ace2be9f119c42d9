"""Choosing one's own password, in place of the one that was handed over; and signing in with it."""

from allauth.account.internal.flows.login import get_authentication_records

from mrm.accounts.adapter import AccountAdapter
from mrm.accounts.services import choose_password, chosen_since, renew_hash, require_recorded_password
from mrm.errors import NotPermitted


class PasswordAdapter(AccountAdapter):
    """What the library calls when somebody changes their password, sets it by a link sent to them, or gives it."""

    def set_password(self, user, password):
        choose_password(user, password)

    def login(self, request, user):
        """The last step of a sign-in, which may have waited for the second factor while the password was changed."""
        proofs = get_authentication_records(request, user)
        first = [one for one in proofs if one["method"] in ("password", "socialaccount") or one.get("passwordless")]
        if first and first[-1]["method"] == "password" and chosen_since(user, first[-1]["at"]):
            raise NotPermitted("Your password was changed after you gave it here. Sign in again with the new one.")
        super().login(request, user)

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user and "password" in credentials:
            require_recorded_password(user)
            renew_hash(user, credentials["password"])
        return user
