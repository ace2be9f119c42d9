"""Choosing one's own password, in place of the one that was handed over."""

from mrm.accounts.adapter import AccountAdapter
from mrm.accounts.services import choose_password


class PasswordAdapter(AccountAdapter):
    """What the library calls when somebody changes their password, or sets it by a link that was sent to them."""

    def set_password(self, user, password):
        choose_password(user, password)
