"""How allauth behaves here."""

import logging

from allauth.account.adapter import DefaultAccountAdapter

from mrm.adapters import mail

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request):
        """Accounts are created by an administrator, never by whoever finds the page."""
        return False

    def send_mail(self, template_prefix, email, context):
        """A mail that is not taken changes nothing in the answer, which would tell that there is an account."""
        try:
            with mail.sending():
                super().send_mail(template_prefix, email, context)
        except mail.NotSent as failure:
            log.warning("The mail %s was not sent: %s", template_prefix, failure)
