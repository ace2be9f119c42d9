from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from mrm.accounts.models import Person


class Command(BaseCommand):
    help = (
        "Where no mail is sent: the link by which somebody who forgot their password chooses another, once. Hand it "
        "over in person; whoever has it can choose in their place."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, email: str, **options):
        person = Person.objects.filter(email__iexact=email, is_active=True, kind=Person.Kind.HUMAN).first()
        if person is None:
            raise CommandError(f"Nobody who signs in has the address {email}.")
        key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(person)
        place = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        self.stdout.write(f"{person} chooses another password within {hours} hours at:\n{settings.PUBLIC_URL}{place}")
