"""Choosing one's own password, in place of the one that was handed over; and signing in with it."""

from mrm.accounts.adapter import AccountAdapter
from mrm.accounts.services import choose_password, renew_hash, require_recorded_password


class PasswordAdapter(AccountAdapter):
    """What the library calls when somebody changes their password, sets it by a link sent to them, or gives it."""

    def set_password(self, user, password):
        choose_password(user, password)

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user and "password" in credentials:
            require_recorded_password(user)
            renew_hash(user, credentials["password"])
        return user
