"""How allauth behaves here."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings

from mrm.adapters import keys, mail

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Accounts are created by an administrator, never by whoever finds the page."""
        return False

    def send_mail(self, template_prefix, email, context):
        """A mail that is not taken changes nothing in the answer, which would tell that there is an account."""
        try:
            with mail.sending():
                super().send_mail(template_prefix, email, context | {"hours": settings.PASSWORD_RESET_TIMEOUT // 3600})
        except mail.NotSent as failure:
            log.warning("The mail %s was not sent: %s", template_prefix, failure)


class FactorAdapter(DefaultMFAAdapter):
    """The secrets of authenticator apps and recovery codes are hidden from whoever reads the database or a backup."""

    def encrypt(self, text: str) -> str:
        return keys.hiding().hide(text)

    def decrypt(self, encrypted_text: str) -> str:
        return keys.hiding().reveal(encrypted_text)
